#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "interrupt.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/net/http_server.hpp"
#include "wire.hpp"

#include <csignal>

using namespace libexec;
using namespace libexec::cli;
using namespace std::chrono_literals;
using Kind = HttpOutcome::Kind;

namespace {

/// Answers by path.
class CannedHandler final : public HttpHandler {
public:
    Task<void> handle(HttpExchange& exchange) override {
        const std::string path(exchange.request().path);
        requests += 1;
        if (path == "/echo") {
            HttpResponse response(202, std::string(exchange.request().body));
            response.with("Retry-After", "7").with("Idempotent-Replay", "true");
            exchange.respond(std::move(response));
        } else if (path == "/stream") {
            HttpResponse head(200, "data: one\n\n", "text/event-stream");
            exchange.start_stream(std::move(head));
            std::string piece = "data: two\n\n";
            co_await exchange.write_chunk(std::move(piece));
        } else if (path == "/hang") {
            HttpResponse head(200, {}, "text/event-stream");
            exchange.start_stream(std::move(head));
            const auto timers = make_timers(exchange.executor().context());
            while (exchange.is_open()) co_await timers->sleep_for(10ms);
        } else {
            HttpResponse response(503, std::string(9 * 1024 * 1024, 'x'));
            exchange.respond(std::move(response));
        }
    }
    std::atomic<int> requests{0};
};

struct ServedWire {
    ServedWire() { server.start(); }
    ~ServedWire() { server.stop("done"); }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + path;
    }
    HttpOutcome get(const std::string& path, HttpSink* sink = nullptr,
                    std::chrono::milliseconds timeout = 10s) {
        HttpCall call;
        call.url = url(path);
        call.timeout = timeout;
        return wire->exchange(call, sink);
    }

    CannedHandler handler;
    SystemClock clock;
    std::unique_ptr<Log> log = make_silent_log();
    HttpServer server{HttpServerConfig{}, handler, *log, clock};
    Interrupt interrupt;
    std::unique_ptr<Wire> wire = make_curl_wire(interrupt);
};

class Collector final : public HttpSink {
public:
    bool take(std::string_view piece) override {
        text += piece;
        return text.find(until) == std::string::npos;
    }
    void tick() override {
        ticks += 1;
        if (on_tick) on_tick();
    }
    std::string text;
    std::string until = "never";
    int ticks = 0;
    std::function<void()> on_tick;
};

}  // namespace

TEST_SUITE("cli/curl_wire") {
    TEST_CASE_FIXTURE(ServedWire, "a request arrives whole, and so does its answer") {
        HttpCall call;
        call.method = "POST";
        call.url = url("/echo");
        call.body = "{\"amount\":\"1\"}";
        const HttpOutcome outcome = wire->exchange(call);
        REQUIRE(outcome.kind == Kind::answered);
        CHECK(outcome.answer.status == 202);
        CHECK(outcome.answer.body == call.body);
        CHECK(outcome.answer.retry_after == 7s);
        CHECK(outcome.answer.replayed);
    }

    TEST_CASE_FIXTURE(ServedWire,
                      "a stream that just ends counts as lost, one that was read to the end as answered") {
        Collector all;
        CHECK(get("/stream", &all).kind == Kind::lost);
        CHECK(all.text == "data: one\n\ndata: two\n\n");
        Collector enough;
        enough.until = "one";
        CHECK(get("/stream", &enough).kind == Kind::answered);
    }

    TEST_CASE_FIXTURE(ServedWire, "a quiet stream ticks, and ends when its time is over") {
        Collector collector;
        CHECK(get("/hang", &collector, 450ms).kind == Kind::timed_out);
        CHECK(collector.ticks >= 2);
    }

    TEST_CASE_FIXTURE(ServedWire, "a plain call without an answer in time is lost, not refused") {
        HttpOutcome outcome = get("/hang", nullptr, 300ms);
        CHECK(outcome.kind == Kind::lost);
        CHECK(outcome.sent);
    }

    TEST_CASE_FIXTURE(ServedWire, "an answer without bounds is not taken") {
        CHECK(get("/huge").kind == Kind::lost);
    }

    TEST_CASE_FIXTURE(ServedWire, "Ctrl-C ends a wait") {
        Collector collector;
        collector.on_tick = [] { std::raise(SIGINT); };
        CHECK(get("/hang", &collector).kind == Kind::interrupted);
        CHECK(interrupt.raised());
        CHECK_FALSE(wire->pause(10s));
    }

    TEST_CASE("nobody listening means nothing was sent") {
        Interrupt interrupt;
        const auto wire = make_curl_wire(interrupt);
        HttpCall call;
        call.url = "http://127.0.0.1:1/";
        const HttpOutcome outcome = wire->exchange(call);
        CHECK(outcome.kind == Kind::not_sent);
        CHECK_FALSE(outcome.sent);
        CHECK_FALSE(outcome.trouble.empty());
        CHECK(wire->pause(1ms));
    }
}
