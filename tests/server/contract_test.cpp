#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

std::string code_of(const ApiAnswer& answer) { return answer.json()["code"].text(); }

/// Header lines without those that differ from request to request.
std::string stable_head(const ApiAnswer& answer) {
    std::string head;
    std::size_t from = 0;
    for (std::size_t end = answer.head.find("\r\n"); end != std::string::npos;
         from = end + 2, end = answer.head.find("\r\n", from)) {
        const std::string line = answer.head.substr(from, end - from);
        if (!line.starts_with("Date: ") && !line.starts_with("X-Request-Id: ") &&
            !line.starts_with("traceparent: ")) {
            head += line + "\n";
        }
    }
    return head;
}

}  // namespace

TEST_SUITE("server/contract") {
    TEST_CASE("an order is submitted and cancelled under either name") {
        ApiServer api;
        const ApiAnswer answer =
            api.call("POST", "/api/orders", "Content-Type: application/json\r\n", ten_sol);
        CHECK(answer.status == 202);
        const std::string path = answer.header("Location");
        CHECK(path == "/api/orders/" + answer.json()["orderId"].text());
        CHECK(api.call("DELETE", path).status == 200);
        CHECK(api.call("POST", path + "/cancel").status == 200);
        api.service.cancel_answer = CancelAnswer{CancelAnswer::Kind::cancel_requested};
        CHECK(api.call("DELETE", path).json()["cancelRequested"].is_true());
        api.service.cancel_answer = reject(Reason::too_late_to_cancel, "it has ended");
        CHECK(api.call("DELETE", path).status == 409);
        CHECK(api.call("DELETE", "/api/orders/7").status == 404);
    }

    TEST_CASE("HEAD answers what GET answers, without the body") {
        ApiServer api;
        const std::string order = "/api/orders/" + api.service.place().to_string();
        for (const std::string& path : {std::string("/api/orders"),
                                        order,
                                        order + "/events",
                                        order + "/routing",
                                        order + "/attempts",
                                        order + "/stream",
                                        std::string("/api/orders/ws"),
                                        std::string("/api/orders/execute"),
                                        std::string("/api/stream"),
                                        std::string("/api/venues"),
                                        std::string("/api/tokens"),
                                        std::string("/api/queue/metrics"),
                                        std::string("/livez"),
                                        std::string("/readyz?verbose"),
                                        std::string("/version"),
                                        std::string("/problems/no_route"),
                                        std::string("/problems/none"),
                                        std::string("/api/quote?tokenIn=SOL"),
                                        std::string("/nothing"),
                                        std::string("/health")}) {
            CAPTURE(path);
            const ApiAnswer get = api.get(path);
            const ApiAnswer head = api.call("HEAD", path);
            CHECK(head.status == get.status);
            CHECK(head.body.empty());
            // A problem names the request, whose id has the same length each time.
            CHECK(stable_head(head) == stable_head(get));
            CHECK(!get.header("Content-Length").empty());
        }
        const ApiAnswer stream = api.call("HEAD", order + "/events", "Accept: text/event-stream\r\n");
        CHECK(stream.status == 200);
        CHECK(stream.header("Content-Type") == "text/event-stream");
        CHECK(stream.body.empty());
    }

    TEST_CASE("a method that a path does not have is answered with those it has") {
        ApiServer api;
        const std::string order = "/api/orders/" + api.service.place().to_string();
        const auto allowed = [&](const std::string& method, const std::string& path) {
            const ApiAnswer answer = api.call(method, path);
            CHECK(answer.status == 405);
            CHECK(code_of(answer) == "method_not_allowed");
            return answer.header("Allow");
        };
        CHECK(allowed("PUT", "/api/orders/execute") == "POST, GET, HEAD, OPTIONS");
        CHECK(allowed("PATCH", "/api/orders") == "GET, HEAD, POST, OPTIONS");
        CHECK(allowed("POST", order) == "GET, HEAD, DELETE, OPTIONS");
        CHECK(allowed("GET", order + "/cancel") == "POST, OPTIONS");
        CHECK(allowed("GET", "/api/quotes") == "POST, OPTIONS");
        CHECK(allowed("POST", "/api/orders/ws") == "GET, HEAD, OPTIONS");
        CHECK(allowed("DELETE", "/api/stream") == "GET, HEAD, OPTIONS");
        CHECK(allowed("TRACE", "/livez") == "GET, HEAD, OPTIONS");
        const ApiAnswer options = api.call("OPTIONS", "/api/orders");
        CHECK(options.status == 204);
        CHECK(options.header("Allow") == "GET, HEAD, POST, OPTIONS");
        CHECK(api.call("OPTIONS", "/nothing").status == 404);
        CHECK(api.call("OPTIONS", "*").status == 204);
    }

    TEST_CASE("what Accept excludes is not sent, and what it excludes is not done") {
        ApiServer api;
        for (const char* accept :
             {"text/html", "application/json;q=0, */*;q=0", "image/*", "application/json;q=0"}) {
            CAPTURE(accept);
            const std::string header = std::string("Accept: ") + accept + "\r\n";
            CHECK(code_of(api.get("/api/tokens", header)) == "not_acceptable");
            CHECK(api.submit(ten_sol, header).status == 406);
        }
        CHECK(api.service.requests.empty());
        for (const char* accept : {"*/*", "application/*", "application/json", "text/html, */*;q=0.1", ""}) {
            CAPTURE(accept);
            CHECK(api.get("/api/tokens", std::string("Accept: ") + accept + "\r\n").status == 200);
        }
        CHECK(api.get("/livez", "Accept: application/json\r\n").status == 406);
        CHECK(api.get("/livez", "Accept: text/*\r\n").status == 200);
    }

    TEST_CASE("events come as a stream to those who name it, else as JSON") {
        ApiServer api;
        const auto id = api.service.place();
        api.service.confirm(id);
        const std::string path = "/api/orders/" + id.to_string() + "/events";
        const auto type = [&](const std::string& accept) {
            return api.get(path, "Accept: " + accept + "\r\n").header("Content-Type");
        };
        CHECK(type("*/*") == "application/json");
        CHECK(type("text/event-stream") == "text/event-stream");
        CHECK(type("text/event-stream, */*") == "text/event-stream");
        CHECK(type("text/event-stream;q=0.5, application/json") == "application/json");
        CHECK(type("text/event-stream;q=0, */*") == "application/json");
        CHECK(type("text/*") == "text/event-stream");
        CHECK(api.get(path, "Accept: text/html\r\n").status == 406);
    }

    TEST_CASE("a body that is no plain JSON is not looked at") {
        ApiServer api;
        for (const char* path : {"/api/orders/execute", "/api/orders", "/api/quotes"}) {
            CAPTURE(path);
            CHECK(api.call("POST", path, "Content-Type: text/plain\r\n", ten_sol).status == 415);
            const ApiAnswer packed = api.call(
                "POST", path, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", ten_sol);
            CHECK(packed.status == 415);
            CHECK(packed.json()["detail"].text().find("Content-Encoding") != std::string::npos);
        }
        CHECK(api.service.requests.empty());
        CHECK(api.service.quote_requests.empty());
    }

    TEST_CASE("a path that speaks WebSocket says so") {
        ApiServer api;
        for (const char* path : {"/api/orders/ws", "/api/orders/execute", "/api/stream?topics=orders"}) {
            CAPTURE(path);
            const ApiAnswer answer = api.get(path);
            CHECK(answer.status == 426);
            CHECK(answer.header("Upgrade") == "websocket");
            CHECK(code_of(answer) == "upgrade_required");
        }
    }

    TEST_CASE("every code has a page that says what to do, for programs and for people") {
        ApiServer api;
        for (const ProblemType& type : problem_types()) {
            CAPTURE(type.code);
            const ApiAnswer page = api.get("/problems/" + std::string(type.code));
            CHECK(page.status == 200);
            CHECK(page.header("Content-Type") == "application/json");
            CHECK(page.header("Vary") == "Accept");
            CHECK(page.json()["code"].text() == type.code);
            CHECK(page.json()["status"].whole() == static_cast<std::uint64_t>(type.status));
            CHECK(page.json()["help"].text() == type.help);
            CHECK(!type.help.empty());
            const ApiAnswer text = api.get("/problems/" + std::string(type.code), "Accept: text/plain\r\n");
            CHECK(text.header("Content-Type") == "text/plain; charset=utf-8");
            CHECK(text.body.starts_with(type.title));
            CHECK(text.body.find(type.help) != std::string::npos);
        }
        const ApiAnswer none = api.get("/problems/rate_limit");
        CHECK(none.status == 404);
        const std::string detail = none.json()["detail"].text();
        CHECK(detail.find("did you mean 'rate_limited'?") != std::string::npos);
        for (const ProblemType& type : problem_types()) CHECK(detail.find(type.code) != std::string::npos);
    }

    TEST_CASE("a query that cannot be decoded is refused, not guessed") {
        ApiServer api;
        const std::string order = "/api/orders/" + api.service.place().to_string();
        for (const std::string& path :
             {order + "/events?after=%zz", std::string("/api/orders?cursor=%"), std::string("/readyz?%4")}) {
            CAPTURE(path);
            const ApiAnswer answer = api.get(path);
            CHECK(answer.status == 400);
            CHECK(code_of(answer) == "invalid_parameter");
        }
        CHECK(refused(api, "/api/stream?topics=%6").status == 400);
    }

    TEST_CASE("every answer to a submission says how many more may come") {
        server::RoutesConfig config = ApiServer::usual();
        config.rate_limit = 30;
        config.queue_limit = 7;
        ApiServer api(config);
        const auto limits = [](const ApiAnswer& answer) {
            return answer.header("RateLimit-Policy") + " | " + answer.header("RateLimit");
        };
        CHECK(limits(api.submit(ten_sol)) == "\"submissions\";q=30;w=60 | \"submissions\";r=29;t=2");
        CHECK(limits(api.submit("{}")) == "\"submissions\";q=30;w=60 | \"submissions\";r=28;t=2");
        CHECK(limits(api.submit(ten_sol, "Idempotency-Key: a b\r\n")) ==
              "\"submissions\";q=30;w=60 | \"submissions\";r=27;t=2");
        // What is refused unseen costs nothing.
        CHECK(limits(api.call("POST", "/api/orders", "Content-Type: text/plain\r\n", "x")) ==
              "\"submissions\";q=30;w=60 | \"submissions\";r=27;t=2");
        api.service.is_draining = true;
        const ApiAnswer draining = api.submit(ten_sol);
        CHECK(draining.status == 503);
        CHECK(code_of(draining) == "draining");
        CHECK(draining.header("Retry-After") == draining.json()["retryAfter"].text());
        CHECK(limits(draining) == "\"submissions\";q=30;w=60 | \"submissions\";r=27;t=2");
        api.service.is_draining = false;

        api.service.submit_error = reject(Reason::queue_full, "7 orders are waiting or running");
        const ApiAnswer full = api.submit(ten_sol);
        CHECK(full.status == 429);
        CHECK(code_of(full) == "queue_full");
        CHECK(full.header("Retry-After") == full.json()["retryAfter"].text());
        CHECK(limits(full) ==
              "\"submissions\";q=30;w=60, \"queue\";q=7 | \"submissions\";r=26;t=2, \"queue\";r=0");
        api.service.submit_error.reset();

        for (int i = 0; i < 26; ++i) CHECK(api.submit(ten_sol).status == 202);
        const ApiAnswer refusal = api.submit(ten_sol);
        CHECK(refusal.status == 429);
        CHECK(code_of(refusal) == "rate_limited");
        CHECK(refusal.header("Retry-After") == "2");
        CHECK(refusal.json()["retryAfter"].text() == "2");
        CHECK(limits(refusal) == "\"submissions\";q=30;w=60 | \"submissions\";r=0;t=2");
        api.clock.pass(std::chrono::seconds(2));
        CHECK(api.submit(ten_sol).status == 202);
        CHECK(api.get("/api/orders").header("RateLimit").empty());
    }

    TEST_CASE("without a limit nothing is said about one, but a full queue still is") {
        ApiServer api;
        CHECK(api.submit(ten_sol).header("RateLimit").empty());
        api.service.submit_error = reject(Reason::queue_full, "full");
        CHECK(api.submit(ten_sol).header("RateLimit") == "\"queue\";r=0");
    }
}
