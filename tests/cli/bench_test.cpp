#include <doctest/doctest.h>

#include <atomic>

#include "bench_command.hpp"
#include "bench_stream.hpp"
#include "commands.hpp"
#include "libexec/json/value.hpp"
#include "libexec/net/http_server.hpp"
#include "scripted_wire.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;

namespace {

/// Accepts orders, but now and then says that its queue is full, or something worse.
class CountingHandler final : public HttpHandler {
public:
    Task<void> handle(HttpExchange& exchange) override {
        if (exchange.request().method != "POST") {
            exchange.respond(HttpResponse(200, R"({"version":"9.9","metrics":{"waiting":0}})"));
        } else if (limited) {
            exchange.respond(HttpResponse(429, R"({"code":"rate_limited"})"));
        } else if (++asked % 10 == 0) {
            exchange.respond(HttpResponse(429, R"({"code":"queue_full"})"));
        } else if (broken > 0) {
            broken -= 1;
            exchange.respond(HttpResponse(503, R"({"code":"draining"})"));
        } else {
            accepted += 1;
            exchange.respond(HttpResponse(202, R"({"orderId":"01890a5d-ac96-774b-bcce-b302099a8057"})"));
        }
        co_return;
    }
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<int> broken{0};
    std::atomic<bool> limited{false};
};

struct Fixture {
    Fixture() {
        server.start();
        global.output = Output::json;
        global.server = "http://127.0.0.1:" + std::to_string(server.port());
        plan.mode = BenchPlan::Mode::accept;
        plan.limit.turns = 300;
        plan.connections = 7;
        plan.seed = 1;
    }
    ~Fixture() { server.stop("done"); }
    ExitCode bench(const BenchFile& file = {}) {
        const Context context{wire, global, recorded.console, clock};
        return run_guarded(context, [&] { return bench_command(context, plan, file); });
    }
    JsonValue report() const { return JsonValue::parse(recorded.out.str()).value(); }

    BenchPlan plan;
    Options global;
    ScriptedWire wire;
    CountingHandler handler;
    SystemClock clock;
    std::unique_ptr<Log> log = make_silent_log();
    HttpServer server{HttpServerConfig{}, handler, *log, clock};
    RecordedConsole recorded;
};

}  // namespace

TEST_SUITE("cli/bench") {
    TEST_CASE_FIXTURE(Fixture, "every order is accepted once, a full queue is waited for") {
        plan.warmup.turns = 20;
        plan.runs = 2;
        REQUIRE(bench() == ExitCode::done);
        const JsonValue json = report();
        CHECK(json["version"].text() == "9.9");
        CHECK(json["parameters"]["warmupOrders"].whole() == 20U);
        REQUIRE(json["runs"].items().size() == 2);
        std::uint64_t busy = 0;
        for (const JsonValue& run : json["runs"].items()) {
            CHECK(run["accepted"].whole() == 300U);
            busy += run["queueFullAnswers"].whole().value();
        }
        CHECK(busy > 0);
        CHECK(json["figures"]["accepted"]["median"].whole() == 300U);
        CHECK(handler.accepted.load() == 640);
    }

    TEST_CASE_FIXTURE(Fixture, "an offered rate is kept to") {
        plan.limit.turns = 50;
        plan.connections = 4;
        plan.rate = 1'000;
        const auto began = std::chrono::steady_clock::now();
        REQUIRE(bench() == ExitCode::done);
        CHECK(std::chrono::steady_clock::now() - began >= 49ms);
        const JsonValue run = report()["runs"].items().front();
        CHECK(run["offeredPerSecond"].whole() == 1'000U);
        CHECK(run["lateBy10Ms"].whole().value() <= run["lateBy1Ms"].whole().value());
    }

    TEST_CASE_FIXTURE(Fixture, "a rate limit is reported instead of measured") {
        handler.limited = true;
        CHECK(bench() == ExitCode::refused);
        CHECK(recorded.err.str().find("--rate-limit 0") != std::string::npos);
    }

    TEST_CASE_FIXTURE(Fixture, "refusals are counted by status and make the run fail") {
        handler.broken = 3;
        CHECK(bench() == ExitCode::unexpected);
        const JsonValue run = report()["runs"].items().front();
        CHECK(run["errors"]["503"].whole() == 3U);
        CHECK(run["refused"].whole() == 3U);
        CHECK(run["accepted"].whole() == 297U);
        CHECK(recorded.err.str().find("status 503 draining") != std::string::npos);
    }

    TEST_CASE_FIXTURE(Fixture, "Ctrl-C gives the figures so far") {
        plan.limit = BenchLimit{0, 1h};
        plan.rate = 100;
        wire.interrupt_pause(2);
        CHECK(bench() == ExitCode::interrupted);
        CHECK(report()["interrupted"].is_true());
        CHECK(report()["runs"].items().front()["accepted"].whole() == handler.accepted.load());
    }

    TEST_CASE_FIXTURE(Fixture, "a server that is gone is told of") {
        global.server = "http://127.0.0.1:1";
        CHECK(bench() == ExitCode::unreachable);
    }

    TEST_CASE("an event is read out of its envelope") {
        const BenchEvent first = read_bench_event(event(1, "pending"));
        CHECK(first.order.to_string() == order_id);
        CHECK(first.seq == 1);
        CHECK_FALSE(first.ends);
        const BenchEvent last = read_bench_event(event(6, "confirmed"));
        CHECK(last.ends);
        CHECK(last.confirmed);
        CHECK(to_rfc3339(last.at) == "2026-01-02T03:04:06.250000Z");
        CHECK_FALSE(read_bench_event(event(7, "failed", "{}", "in_doubt")).ends);
        CHECK_FALSE(read_bench_event(event(7, "expired")).confirmed);
        CHECK_THROWS_AS(read_bench_event("{}"), std::runtime_error);
    }

    TEST_CASE("chunks and frames are taken apart wherever they are cut") {
        const std::string chunks = "3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n";
        const std::string frames = std::string("\x81\x02hi\x89\x01p\x01\x01") + "A" +
                                   std::string("\x80\x7e\x01\x00", 4) + std::string(256, 'b') + "\x88" +
                                   std::string(1, '\0');
        for (std::size_t cut = 0; cut <= chunks.size(); ++cut) {
            ChunkReader reader;
            std::string payload = reader.feed(chunks.substr(0, cut));
            payload += reader.feed(chunks.substr(cut));
            CAPTURE(cut);
            CHECK(payload == "abc0123456789");
            CHECK(reader.over());
        }
        for (std::size_t cut = 0; cut <= frames.size(); ++cut) {
            FrameReader reader;
            FrameReader::Frame frame;
            std::string seen;
            for (const std::string& part : {frames.substr(0, cut), frames.substr(cut)}) {
                reader.feed(part);
                while (reader.next(frame)) seen += std::to_string(frame.opcode) + frame.payload + ";";
            }
            CAPTURE(cut);
            CHECK(seen == "1hi;9p;1A" + std::string(256, 'b') + ";8;");
        }
        ChunkReader broken;
        CHECK_THROWS_AS(broken.feed("xyz\r\n"), std::runtime_error);
    }
}
