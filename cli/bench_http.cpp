#include <stdexcept>

#include "bench_lane.hpp"
#include "bench_stream.hpp"
#include "libexec/json/value.hpp"

namespace libexec::cli {
namespace {

std::string body_of(const BenchOrder& order) {
    std::string amount = std::to_string(order.thousandths % 1'000);
    amount.insert(0, 3 - amount.size(), '0');
    std::string body = R"({"type":"market",)";
    body += order.sell_sol ? R"("tokenIn":"SOL","tokenOut":"USDC")" : R"("tokenIn":"USDC","tokenOut":"SOL")";
    return body + R"(,"amountIn":")" + std::to_string(order.thousandths / 1'000) + "." + amount + R"("})";
}

class HttpLane final : public BenchLane {
public:
    HttpLane(asio::io_context& io, BenchAddress address) : connection_(io, std::move(address)) {}

    Task<BenchAnswer> submit(BenchOrder order) override {
        const std::string body = body_of(order);
        co_await connection_.exchange("POST /api/orders/execute", "", body);
        const BenchAnswer answer = judge(202);
        if (answer == BenchAnswer::done) {
            constexpr std::string_view mark = R"("orderId":")";
            constexpr std::size_t id_size = 36;
            const std::string_view text = connection_.body();
            const std::size_t at = text.find(mark);
            const auto id = at == std::string_view::npos
                                ? std::nullopt
                                : Uuid::parse(text.substr(at + mark.size(), id_size));
            if (!id) throw std::runtime_error("the server accepted an order without telling its id");
            accepted = *id;
        }
        co_return answer;
    }

    Task<BenchAnswer> get(Uuid order) override {
        const std::string line = "GET /api/orders/" + order.to_string();
        co_await connection_.exchange(line, "", "");
        co_return judge(200);
    }

    Task<BenchAnswer> list() override {
        co_await connection_.exchange("GET /api/orders?limit=20", "", "");
        co_return judge(200);
    }

    Task<BenchAnswer> quote(BenchOrder order) override {
        const std::string body = body_of(order);
        co_await connection_.exchange("POST /api/quotes", "", body);
        co_return judge(200);
    }

    Task<BenchCounts> counts() override {
        co_await connection_.exchange("GET /api/queue/metrics", "", "");
        const Result<JsonValue> parsed = JsonValue::parse(connection_.body());
        if (connection_.status() != 200 || !parsed)
            throw std::runtime_error("the server does not tell its queue's metrics");
        const JsonValue metrics = parsed.value()["metrics"];
        BenchCounts counts;
        for (const char* const name : {"waiting", "active", "delayed"})
            counts.live += metrics[name].whole().value_or(0);
        co_return counts;
    }

    Task<std::optional<BenchEvent>> end_of(Uuid order) override {
        const std::string line = "GET /api/orders/" + order.to_string() + "/events";
        co_await connection_.exchange(line, "Accept: application/json\r\n", "");
        const Result<JsonValue> parsed = JsonValue::parse(connection_.body());
        if (connection_.status() != 200 || !parsed)
            throw std::runtime_error("the events of an order cannot be read: " + connection_.trouble());
        std::optional<BenchEvent> end;
        const std::vector<JsonValue> events = parsed.value()["events"].items();
        if (events.empty()) co_return end;
        const BenchEvent last = read_bench_event(events.back().json());
        if (last.ends) end = last;
        co_return end;
    }

    Task<std::string> version() override {
        co_await connection_.exchange("GET /version", "", "");
        const Result<JsonValue> parsed = JsonValue::parse(connection_.body());
        const std::string version = parsed ? parsed.value()["version"].text() : std::string();
        co_return version.empty() ? std::string("unknown") : version;
    }

private:
    BenchAnswer judge(int wanted) {
        const int status = connection_.status();
        if (status == wanted) return BenchAnswer::done;
        refusal = connection_.refusal();
        trouble = connection_.trouble();
        const std::string code = connection_.code();
        if (code == "queue_full") return BenchAnswer::busy;
        return code == "rate_limited" ? BenchAnswer::limited : BenchAnswer::failed;
    }

    BenchConnection connection_;
};

class HttpTarget final : public BenchTarget {
public:
    explicit HttpTarget(const Options& options)
        : address_(parse_bench_address(options)), server_(options.server) {}

    std::unique_ptr<BenchLane> open_lane(asio::io_context& io) override {
        return std::make_unique<HttpLane>(io, address_);
    }
    Task<std::unique_ptr<BenchStream>> follow(asio::io_context& io, Uuid order) override {
        return follow_by_sse(io, address_, order);
    }
    Task<std::unique_ptr<BenchStream>> follow_all(asio::io_context& io) override {
        return follow_by_socket(io, address_);
    }
    std::string name() const override { return server_; }
    std::string database() const override { return "the server's"; }

private:
    BenchAddress address_;
    std::string server_;
};

}  // namespace

std::unique_ptr<BenchTarget> make_http_target(const Options& options) {
    return std::make_unique<HttpTarget>(options);
}

}  // namespace libexec::cli
