#include <doctest/doctest.h>

#include <atomic>

#include "bench_command.hpp"
#include "bench_report.hpp"
#include "commands.hpp"
#include "libexec/json/value.hpp"
#include "libexec/net/http_server.hpp"
#include "scripted_wire.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;

namespace {

/// Accepts orders and counts each as confirmed at once, but now and then says that its queue is full.
class CountingHandler final : public HttpHandler {
public:
    Task<void> handle(HttpExchange& exchange) override {
        const bool submit = exchange.request().method == "POST";
        if (!submit) {
            exchange.respond(HttpResponse(
                200, R"({"metrics":{"waiting":0,"active":0,"delayed":0,"failed":5,"completed":)" +
                         std::to_string(accepted.load()) + "}}"));
        } else if (limited) {
            exchange.respond(HttpResponse(429, R"({"code":"rate_limited"})"));
        } else if (++asked % 10 == 0) {
            exchange.respond(HttpResponse(429, R"({"code":"queue_full"})"));
        } else {
            accepted += 1;
            exchange.respond(HttpResponse(202, R"({"orderId":"x"})"));
        }
        co_return;
    }
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<bool> limited{false};
};

struct Fixture {
    Fixture() { server.start(); }
    ~Fixture() { server.stop("done"); }
    ExitCode bench(BenchOptions options) {
        Options global;
        global.output = Output::json;
        global.server = "http://127.0.0.1:" + std::to_string(server.port());
        ScriptedWire unused;
        const Context context{unused, global, recorded.console, clock};
        return run_guarded(context, [&] { return bench_command(global, options, recorded.console); });
    }

    CountingHandler handler;
    SystemClock clock;
    std::unique_ptr<Log> log = make_silent_log();
    HttpServer server{HttpServerConfig{}, handler, *log, clock};
    RecordedConsole recorded;
};

}  // namespace

TEST_SUITE("cli/bench") {
    TEST_CASE("a percentile is a value that was measured") {
        std::vector<std::chrono::nanoseconds> sorted;
        CHECK(percentile(sorted, 500) == 0ns);
        for (int i = 1; i <= 200; ++i) sorted.emplace_back(i);
        CHECK(percentile(sorted, 500) == 100ns);
        CHECK(percentile(sorted, 950) == 190ns);
        CHECK(percentile(sorted, 990) == 198ns);
        CHECK(percentile(sorted, 1'000) == 200ns);
        CHECK(percentile({7ns}, 1) == 7ns);
    }

    TEST_CASE("a report for programs is one document") {
        BenchReport report;
        report.target = "a \"place\"";
        report.accepted = 2;
        report.confirmed = 2;
        report.accepting = 1s;
        report.executing = 2s;
        report.latencies = {2ms, 1ms};
        const JsonValue json = JsonValue::parse(report_json(report)).value();
        CHECK(json["target"].text() == "a \"place\"");
        CHECK(json["acceptedPerSecond"].text() == "2.0");
        CHECK(json["executedPerSecond"].text() == "1.0");
        CHECK(json["acceptMs"]["p50"].text() == "1.000");
        CHECK(json["acceptMs"]["max"].text() == "2.000");
        report.mode = BenchOptions::Mode::accept;
        CHECK_FALSE(JsonValue::parse(report_json(report)).value().has("executedPerSecond"));
        CHECK(report_table(report).find("2.0 orders/s") != std::string::npos);
    }

    TEST_CASE_FIXTURE(Fixture, "every order is accepted once, a full queue is waited for") {
        BenchOptions options;
        options.orders = 300;
        options.connections = 7;
        options.seed = 1;
        REQUIRE(bench(options) == ExitCode::done);
        const JsonValue report = JsonValue::parse(recorded.out.str()).value();
        CHECK(report["accepted"].whole() == 300u);
        CHECK(report["confirmed"].whole() == 300u);
        CHECK(report["failed"].whole() == 0u);
        CHECK(report["queueFullAnswers"].whole() == handler.asked.load() - 300);
        CHECK(handler.accepted.load() == 300);
    }

    TEST_CASE_FIXTURE(Fixture, "an offered rate is kept to") {
        BenchOptions options;
        options.mode = BenchOptions::Mode::accept;
        options.orders = 50;
        options.connections = 4;
        options.rate = 1'000;
        const auto began = std::chrono::steady_clock::now();
        REQUIRE(bench(options) == ExitCode::done);
        CHECK(std::chrono::steady_clock::now() - began >= 49ms);
    }

    TEST_CASE_FIXTURE(Fixture, "a rate limit is reported instead of measured") {
        handler.limited = true;
        CHECK(bench(BenchOptions{}) == ExitCode::unreachable);
        CHECK(recorded.err.str().find("--rate-limit 0") != std::string::npos);
    }
}
