#include <map>
#include <sstream>

#include "engine_fixture.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// An engine that writes its log where the test can read it.
struct Logged : EngineFixture {
    explicit Logged(EngineConfig given = {}) : EngineFixture(given) {
        log = make_stream_log(out, LogLevel::debug, LogFormat::json, time);
        restart();
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::istringstream text(out.str());
        for (std::string line; std::getline(text, line);) all.push_back(line);
        return all;
    }
    /// The lines of one event.
    std::vector<std::string> lines_of(const std::string& event) const {
        std::vector<std::string> some;
        for (const std::string& line : lines()) {
            if (line.find("\"event\":\"" + event + "\"") != std::string::npos) some.push_back(line);
        }
        return some;
    }
    OrderId submit_as(SubmitOptions options, OrderRequest wanted = request()) {
        const Result<Submitted> answer = try_submit(std::move(wanted), std::move(options));
        REQUIRE(answer);
        return answer.value().order;
    }

    std::ostringstream out;
};

SubmitOptions marked() {
    SubmitOptions options;
    options.correlation_id = "req-7";
    options.trace_id = "0af7651916cd43dd8448eb211c80319c";
    return options;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The value of one series; -1 when it is not served.
double value_of(const Metrics& metrics, const std::string& series) {
    const std::string text = "\n" + metrics.text();
    const std::size_t at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
}

/// All series of a name, added up.
double sum_of(const Metrics& metrics, const std::string& name) {
    double sum = 0;
    std::istringstream text(metrics.text());
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with(name + "{") || line.starts_with(name + " "))
            sum += std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
}

}  // namespace

TEST_SUITE("engine/telemetry") {
    TEST_CASE("every event and every log line of an order carries its correlation and trace id") {
        Logged world;
        const OrderId id = world.submit_as(marked());
        world.time.pass(10s);
        REQUIRE(world.status(id) == OrderStatus::confirmed);
        for (const CommittedEvent& event : world.row(id).events) {
            CHECK(event->correlation_id == "req-7");
            CHECK(event->trace_id == "0af7651916cd43dd8448eb211c80319c");
        }
        std::size_t about = 0;
        for (const std::string& line : world.lines()) {
            if (!has(line, id.to_string())) continue;
            ++about;
            CAPTURE(line);
            CHECK(has(line, R"("correlation_id":"req-7")"));
            CHECK(has(line, R"("trace_id":"0af7651916cd43dd8448eb211c80319c")"));
        }
        CHECK(about >= 2);
    }

    TEST_CASE("one line sums an ended order up, with the time it spent in each stage") {
        Logged world;
        const Time submitted = world.time.now();
        const OrderId id = world.submit_as(marked());
        world.time.pass(10s);
        const auto lines = world.lines_of("order.done");
        REQUIRE(lines.size() == 1);
        const std::string& line = lines.front();
        CAPTURE(line);
        CHECK(has(line, R"("orderId":")" + id.to_string() + "\""));
        CHECK(has(line, R"("status":"confirmed")"));
        CHECK(has(line, R"("dex":"meteora")"));
        CHECK(has(line, R"("attempts":1)"));
        CHECK(has(line, R"("error_code":"")"));
        CHECK(has(line, R"("queue_wait_ms":0)"));
        CHECK(has(line, R"("routing_ms":200)"));
        const auto whole =
            std::chrono::duration_cast<std::chrono::milliseconds>(world.row(id).order.updated_at - submitted);
        CHECK(has(line, R"("duration_ms":)" + std::to_string(whole.count()) + "}"));
        CHECK(has(line, R"("submitted_ms":)" + std::to_string(whole.count() - 200) + ","));
    }

    TEST_CASE("the times of all attempts are added up") {
        EngineConfig config;
        config.retry.jitter = 0ms;
        Logged world(config);
        int asked = 0;
        world.set_venues({{"meteora", [&asked](const QuoteRequest& request) -> Result<Quote> {
                               if (++asked < 3) return reject(Reason::venue_error, "busy");
                               return quotes(1'500)(request);
                           }}});
        const OrderId id = world.submit_as(marked());
        world.time.pass(20s);
        REQUIRE(world.status(id) == OrderStatus::confirmed);
        const auto lines = world.lines_of("order.done");
        REQUIRE(lines.size() == 1);
        CHECK(has(lines.front(), R"("attempts":3)"));
        CHECK(has(lines.front(), R"("routing_ms":600)"));
        CHECK(value_of(world.metrics, R"(libexec_order_retries_total{reason="venue_error"})") == 2);
        CHECK(value_of(world.metrics, R"(libexec_quotes_total{outcome="venue_error",venue="meteora"})") == 2);
        CHECK(value_of(world.metrics, R"(libexec_quotes_total{outcome="ok",venue="meteora"})") == 1);
    }

    TEST_CASE("an order whose end was written although the answer was lost is counted and summed up once") {
        Logged world;
        bool lost = false;
        world.store.trouble = [&lost](const std::string& what) {
            if (what != "terminal" || lost) return MemoryStore::Trouble::none;
            lost = true;
            return MemoryStore::Trouble::answer_lost;
        };
        const OrderId id = world.submit_as(marked());
        world.time.pass(20s);
        REQUIRE(world.status(id) == OrderStatus::confirmed);
        CHECK(lost);
        CHECK(world.lines_of("order.done").size() == 1);
        CHECK(value_of(world.metrics, R"(libexec_orders_total{status="confirmed"})") == 1);
        CHECK(world.engine->live_orders() == 0);
    }

    TEST_CASE("what a client calls itself cannot forge a line, and no label ever holds it") {
        Logged world;
        const std::string hostile =
            "x\"} 1\nforged{a=\"b\"} 2\r\x1b[2J\xe2\x80\xae" + std::string("\0end", 4);
        const std::size_t before = world.lines().size();
        SubmitOptions options = marked();
        options.correlation_id = hostile;
        OrderRequest wanted = EngineFixture::request();
        wanted.client_id = hostile;
        wanted.client_order_id = hostile;
        const OrderId id = world.submit_as(options, wanted);
        world.time.pass(10s);
        REQUIRE(is_terminal(world.status(id)));
        const auto lines = world.lines();
        CHECK(lines.size() > before);
        for (const std::string& line : lines) {
            CAPTURE(line);
            CHECK(line.starts_with("{\"ts\":"));
            CHECK(line.ends_with("}"));
            for (const char c : line) CHECK(static_cast<unsigned char>(c) >= 0x20);
            CHECK_FALSE(has(line, "\xe2\x80\xae"));
        }
        const std::string text = world.metrics.text();
        CHECK_FALSE(has(text, "forged"));
        CHECK_FALSE(has(text, id.to_string()));
        CHECK_FALSE(has(text, world.row(id).order.tx_hash));
        CHECK_FALSE(has(text, wanted.token_in.mint.to_string()));
        CHECK_FALSE(has(text, wanted.token_out.mint.to_string()));
    }

    TEST_CASE("signed bytes are never logged") {
        Logged world;
        const OrderId id = world.submit_as(marked());
        world.time.pass(500ms);
        REQUIRE(world.status(id) == OrderStatus::submitted);
        const Bytes signed_bytes = world.row(id).attempts.front().signed_bytes;
        REQUIRE_FALSE(signed_bytes.empty());
        const std::string secret(signed_bytes.begin(), signed_bytes.end());
        world.time.pass(10s);
        CHECK_FALSE(has(world.out.str(), secret));
    }

    TEST_CASE("the counters agree with what happened") {
        Logged world;
        constexpr int orders = 40;
        int asked = 0;
        world.set_venues({{"meteora", [&asked](const QuoteRequest& request) -> Result<Quote> {
                               if (++asked % 4 == 0) return reject(Reason::no_route, "not traded here");
                               return quotes(1'500)(request);
                           }}});
        SubmitOptions options;
        options.idempotency_key = "again";
        for (int i = 0; i < orders - 1; ++i) world.submit();
        world.submit_as(options);
        world.submit_as(options);  // the same one
        world.time.pass(10min);

        std::map<OrderStatus, int> ends;
        for (const auto& [id, row] : world.store.rows) ++ends[row.order.status];
        REQUIRE(world.store.rows.size() == orders);
        CHECK(ends[OrderStatus::failed] > 5);
        CHECK(ends[OrderStatus::confirmed] > 20);
        const Metrics& metrics = world.metrics;
        CHECK(value_of(metrics, "libexec_orders_accepted_total") == orders);
        CHECK(value_of(metrics, "libexec_idempotent_replays_total") == 1);
        CHECK(sum_of(metrics, "libexec_orders_total") == orders);
        for (const OrderStatus status : order_statuses) {
            if (!is_terminal(status)) continue;
            const std::string word(to_string(status));
            CHECK(value_of(metrics, "libexec_orders_total{status=\"" + word + "\"}") == ends[status]);
        }
        CHECK(value_of(metrics, R"(libexec_order_failures_total{reason="no_route"})") ==
              ends[OrderStatus::failed]);
        CHECK(value_of(metrics, "libexec_order_duration_seconds_count") == orders);
        CHECK(value_of(metrics, "libexec_queue_wait_seconds_count") == orders);
        CHECK(value_of(metrics, R"(libexec_execution_duration_seconds_count{venue="meteora"})") ==
              ends[OrderStatus::confirmed]);
        CHECK(value_of(metrics, R"(libexec_execution_slippage_ratio_count{venue="meteora"})") ==
              ends[OrderStatus::confirmed]);
        CHECK(value_of(metrics, R"(libexec_route_selected_total{venue="meteora"})") ==
              ends[OrderStatus::confirmed]);
        CHECK(sum_of(metrics, "libexec_quotes_total") == asked);
        CHECK(value_of(metrics, R"(libexec_quote_duration_seconds_count{venue="meteora"})") == asked);
        CHECK(world.lines_of("order.done").size() == orders);
    }
}
