#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

std::string code_of(const ApiAnswer& answer) { return answer.json()["code"].text(); }

}  // namespace

TEST_SUITE("server/orders") {
    TEST_CASE("a good order is accepted with its id, its address and every dialect's words") {
        ApiServer api;
        const ApiAnswer answer = api.submit(ten_sol, "X-Request-Id: trace-7\r\n");
        CHECK(answer.status == 202);
        const std::string id = answer.json()["orderId"].text();
        CHECK(answer.header("Location") == "/api/orders/" + id);
        CHECK(answer.header("X-Request-Id") == "trace-7");
        CHECK(answer.header("Idempotent-Replay").empty());
        CHECK(answer.json()["status"].text() == "pending");
        CHECK(answer.json()["success"].is_true());
        REQUIRE(api.service.requests.size() == 1);
        CHECK(api.service.requests[0].amount == Amount(10'000'000'000));
        CHECK(api.service.options[0].correlation_id == "trace-7");
    }

    TEST_CASE("a request without an id of its own gets one") {
        ApiServer api;
        const std::string first = api.submit(ten_sol).header("X-Request-Id");
        CHECK(Uuid::parse(first));
        CHECK(api.submit(ten_sol, "X-Request-Id: two words\r\n").header("X-Request-Id") != "two words");
        CHECK(api.get("/nothing").json()["requestId"].text().size() == 36);
    }

    TEST_CASE("the same key and order in any spelling is the same order, another order is a conflict") {
        ApiServer api;
        const std::string key = "Idempotency-Key: k-1\r\n";
        const ApiAnswer first = api.submit(ten_sol, key);
        const ApiAnswer again =
            api.submit(R"({"amountIn":1e1,"tokenOut":"USDC","tokenIn":"SOL","slippage":0.01})", key);
        CHECK(again.status == 202);
        CHECK(again.header("Idempotent-Replay") == "true");
        CHECK(again.body == first.body);
        const ApiAnswer other = api.submit(R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"11"})", key);
        CHECK(other.status == 409);
        CHECK(code_of(other) == "idempotency_conflict");
        const ApiAnswer bad = api.submit(ten_sol, "Idempotency-Key: " + std::string(256, 'x') + "\r\n");
        CHECK(bad.status == 400);
        CHECK(code_of(bad) == "invalid_parameter");
        CHECK(bad.json()["errors"].items()[0]["pointer"].text() == "Idempotency-Key");
    }

    TEST_CASE("a bad body is answered with everything that is wrong with it") {
        ApiServer api;
        const ApiAnswer answer = api.submit(R"({"tokenIn":"SOL","tokenOut":"SOL","amountIn":"-1","size":1})");
        CHECK(answer.status == 400);
        CHECK(answer.header("Content-Type") == "application/problem+json");
        CHECK(code_of(answer) == "invalid_body");
        CHECK(answer.json()["errors"].items().size() == 3);
        CHECK(answer.json()["instance"].text() == "/api/orders/execute");
        CHECK(code_of(api.submit(R"({"tokenIn":"SOL","tokenOut":"NOPE","amountIn":"1"})")) ==
              "unknown_token");
        CHECK(code_of(api.submit("")) == "invalid_body");
        CHECK(api.service.requests.empty());
    }

    TEST_CASE("a body that says it is no JSON is not looked at") {
        ApiServer api;
        for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
            CAPTURE(type);
            const ApiAnswer answer = api.call("POST", "/api/orders/execute",
                                              std::string("Content-Type: ") + type + "\r\n", ten_sol);
            CHECK(answer.status == 415);
            CHECK(code_of(answer) == "unsupported_media_type");
        }
        for (const char* type :
             {"application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"}) {
            CAPTURE(type);
            CHECK(api.call("POST", "/api/orders/execute", std::string("Content-Type: ") + type + "\r\n",
                           ten_sol)
                      .status == 202);
        }
        CHECK(api.call("POST", "/api/orders/execute", "", ten_sol).status == 202);
    }

    TEST_CASE("what the engine says no to has its own status, and says when to come back") {
        struct Row {
            Reason reason;
            int status;
            bool pause;
        };
        ApiServer api;
        for (const Row& row :
             {Row{Reason::queue_full, 429, true}, Row{Reason::draining, 503, true},
              Row{Reason::service_unavailable, 503, true}, Row{Reason::outcome_unknown, 503, true},
              Row{Reason::idempotency_conflict, 409, false}, Row{Reason::timeout, 503, false},
              Row{Reason::internal, 500, false}}) {
            CAPTURE(to_string(row.reason));
            api.service.submit_error = reject(row.reason, "why");
            const ApiAnswer answer = api.submit(ten_sol);
            CHECK(answer.status == row.status);
            CHECK(code_of(answer) == to_string(row.reason));
            CHECK(answer.json()["detail"].text() == "why");
            CHECK(answer.header("Retry-After").empty() == !row.pause);
            CHECK(answer.json().has("retryAfter") == row.pause);
        }
    }

    TEST_CASE("a server that drains takes no orders and still shows those it has") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.routes.drain();
        const ApiAnswer answer = api.submit(ten_sol);
        CHECK(answer.status == 503);
        CHECK(code_of(answer) == "draining");
        CHECK(api.service.requests.empty());
        CHECK(api.get("/api/orders/" + id.to_string()).status == 200);
    }

    TEST_CASE("an address that submits too fast is told when it may go on") {
        server::RoutesConfig config = ApiServer::usual();
        config.rate_limit = 2;
        ApiServer api(config);
        CHECK(api.submit(ten_sol).status == 202);
        CHECK(api.submit("{}").status == 400);
        const ApiAnswer refused = api.submit(ten_sol);
        CHECK(refused.status == 429);
        CHECK(code_of(refused) == "rate_limited");
        CHECK(refused.header("Retry-After") == "30");
        CHECK(refused.json()["retryAfter"].text() == "30");
        CHECK(refused.header("RateLimit-Policy") == "\"submissions\";q=2;w=60");
        CHECK(refused.header("RateLimit") == "\"submissions\";r=0;t=30");
        api.clock.pass(std::chrono::seconds(30));
        CHECK(api.submit(ten_sol).status == 202);
    }

    TEST_CASE("an order can be read, also by those who know it by its flat fields") {
        ApiServer api;
        const OrderId id = api.service.place();
        RoutingDecision decision;
        VenueAnswer answer;
        answer.venue = "orca";
        answer.silence = reject(Reason::venue_timeout, "no answer");
        decision.answers.push_back(answer);
        api.service.happen(id, OrderStatus::routing,
                           QuotesData{std::make_shared<const RoutingDecision>(decision)}, EventKind::quotes);
        const ApiAnswer read = api.get("/api/orders/" + id.to_string());
        CHECK(read.status == 200);
        CHECK(read.json()["order"]["id"].text() == id.to_string());
        CHECK(read.json()["order_id"].text() == id.to_string());
        CHECK(read.json()["order"]["routing"]["quotes"].items()[0]["venue"].text() == "orca");

        const JsonValue routing = api.get("/api/orders/" + id.to_string() + "/routing").json();
        CHECK(routing["decisions"].items().size() == 1);
        const JsonValue attempts = api.get("/api/orders/" + id.to_string() + "/attempts").json();
        CHECK(attempts["attempts"].items().empty());
    }

    TEST_CASE("events come from the one after the last seen") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.service.happen(id, OrderStatus::routing);
        api.service.confirm(id);
        const std::string path = "/api/orders/" + id.to_string() + "/events";
        CHECK(api.get(path).json()["events"].items().size() == 3);
        const JsonValue rest = api.get(path + "?after=1").json();
        CHECK(rest["events"].items().size() == 2);
        CHECK(rest["events"].items()[0]["seq"].text() == "2");
        CHECK(rest["lastSeq"].text() == "3");
        CHECK(api.get(path + "?after=9").json()["events"].items().empty());
        for (const char* after : {"x", "-1", "1.5", "99999999999"}) {
            CAPTURE(after);
            CHECK(code_of(api.get(path + "?after=" + after)) == "invalid_parameter");
        }
    }

    TEST_CASE("a long history is read to its end") {
        ApiServer api;
        const OrderId id = api.service.place();
        for (int i = 0; i < 1'200; ++i) api.service.happen(id, OrderStatus::pending, RetryData{});
        CHECK(api.get("/api/orders/" + id.to_string() + "/events").json()["events"].items().size() == 1'201);
    }

    TEST_CASE("an order nobody placed is not found, wherever it is asked for") {
        ApiServer api;
        const std::string unknown = "/api/orders/01890a5d-ac96-774b-bcce-b302099a8057";
        for (const std::string& path :
             {unknown, unknown + "/events", unknown + "/routing", unknown + "/attempts",
              std::string("/api/orders/7"), std::string("/api/orders/x/events"), std::string("/nothing"),
              std::string("/")}) {
            CAPTURE(path);
            const ApiAnswer answer = api.get(path);
            CHECK(answer.status == 404);
            CHECK(code_of(answer) == "not_found");
            CHECK(answer.json()["instance"].text() == path);
        }
    }

    TEST_CASE("a wrong method is told the right ones") {
        ApiServer api;
        const std::string order = "/api/orders/" + api.service.place().to_string();
        CHECK(api.call("PUT", order).status == 405);
        CHECK(api.call("PUT", order).header("Allow") == "GET, HEAD, DELETE, OPTIONS");
        CHECK(code_of(api.call("PUT", order)) == "method_not_allowed");
        CHECK(api.get(order + "/cancel").header("Allow") == "POST, OPTIONS");
        CHECK(api.call("PUT", "/api/orders/execute").header("Allow") == "POST, GET, HEAD, OPTIONS");
        CHECK(api.call("OPTIONS", order).status == 204);
        CHECK(api.call("HEAD", order).status == 200);
        CHECK(api.call("HEAD", order).body.empty());
    }

    TEST_CASE("a cancellation ends the order, waits for its transaction, or comes too late") {
        ApiServer api;
        const OrderId id = api.service.place();
        const std::string path = "/api/orders/" + id.to_string() + "/cancel";
        api.service.happen(id, OrderStatus::cancelled, NoteData{"on request"});
        const ApiAnswer ended = api.call("POST", path);
        CHECK(ended.status == 200);
        CHECK(ended.json()["order"]["status"].text() == "cancelled");

        CancelAnswer waits;
        waits.kind = CancelAnswer::Kind::cancel_requested;
        api.service.cancel_answer = waits;
        const ApiAnswer waiting = api.call("POST", path);
        CHECK(waiting.status == 202);
        CHECK(waiting.json()["cancelRequested"].is_true());

        api.service.cancel_answer = reject(Reason::too_late_to_cancel, "confirmed");
        CHECK(api.call("POST", path).status == 409);
        api.service.cancel_answer = reject(Reason::not_found, "unknown");
        CHECK(api.call("POST", path).status == 404);
        CHECK(api.call("POST", "/api/orders/x/cancel").status == 404);
    }

    TEST_CASE("a store that cannot be read is not an empty one") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.service.read_error = reject(Reason::service_unavailable, "the disk is gone");
        CHECK(api.get("/api/orders/" + id.to_string()).status == 503);
    }

    TEST_CASE("orders are listed page by page") {
        ApiServer api;
        for (int i = 0; i < 5; ++i) api.service.place();
        const JsonValue first = api.get("/api/orders?limit=2").json();
        CHECK(first["items"].items().size() == 2);
        const JsonValue second = api.get("/api/orders?limit=2&cursor=" + first["nextCursor"].text()).json();
        CHECK(second["items"].items().size() == 2);
        const JsonValue last = api.get("/api/orders?limit=2&cursor=" + second["nextCursor"].text()).json();
        CHECK(last["items"].items().size() == 1);
        CHECK(last["nextCursor"].is_null());
        CHECK(first["items"].items()[1]["id"].text() > second["items"].items()[0]["id"].text());
    }

    TEST_CASE("a list takes its filters, and names those it cannot take") {
        ApiServer api;
        CHECK(api.get("/api/orders?status=failed&pair=SOL/"
                      "USDC&venue=orca&clientId=a%20b&since=2026-01-02T03:04:05Z")
                  .status == 200);
        REQUIRE(api.service.filters.size() == 1);
        const OrderFilter& filter = api.service.filters.front();
        CHECK(filter.status == OrderStatus::failed);
        CHECK(filter.token_in == wrapped_sol_mint().to_string());
        CHECK(filter.venue == "orca");
        CHECK(filter.client_id == "a b");
        CHECK(to_rfc3339(filter.since.value()) == "2026-01-02T03:04:05.000000Z");
        CHECK(filter.limit == 51);

        const ApiAnswer bad =
            api.get("/api/orders?status=done&pair=SOL&since=today&limit=0&cursor=x&statis=x");
        CHECK(bad.status == 400);
        CHECK(bad.json()["errors"].items().size() == 6);
        CHECK(bad.body.find("did you mean status?") != std::string::npos);
    }

    TEST_CASE("what never became a request is answered as a problem too") {
        ApiServer api;
        const ApiAnswer bad = api.send("GET / HTTP/1.1\r\n\r\n");
        CHECK(bad.status == 400);
        CHECK(code_of(bad) == "bad_request");
        const ApiAnswer big = api.call("POST", "/api/orders/execute", "", std::string(70'000, ' '));
        CHECK(big.status == 413);
        CHECK(code_of(big) == "body_too_large");
        const ApiAnswer long_head = api.get("/", "X: " + std::string(20'000, 'x') + "\r\n");
        CHECK(long_head.status == 431);
        CHECK(code_of(long_head) == "headers_too_large");
    }

    TEST_CASE("an order that did not fill is placed anew, as it was, under a new id") {
        ApiServer api;
        for (const OrderStatus end : {OrderStatus::failed, OrderStatus::expired, OrderStatus::cancelled}) {
            CAPTURE(to_string(end));
            OrderRequest asked;
            asked.token_in = *api.service.tokens().find("SOL");
            asked.token_out = *api.service.tokens().find("USDC");
            asked.amount = Amount(7);
            asked.slippage = Bps::of(50).value();
            asked.client_id = "desk";
            asked.client_order_id = "o-1";
            const OrderId first = api.service.place(asked);
            api.service.happen(first, end);
            const std::string path = "/api/orders/" + first.to_string() + "/retry";
            const ApiAnswer answer = api.call("POST", path);
            REQUIRE(answer.status == 202);
            CHECK(answer.json()["retryOf"].text() == first.to_string());
            const std::string id = answer.json()["orderId"].text();
            CHECK(id != first.to_string());
            CHECK(answer.header("Location") == "/api/orders/" + id);
            CHECK_FALSE(answer.json().has("clientOrderId"));
            OrderRequest expected = asked;
            expected.client_order_id.clear();
            expected.retry_of = first;
            CHECK(api.service.requests.back() == expected);

            CHECK(api.get("/api/orders/" + id).json()["order"]["retryOf"].text() == first.to_string());
            CHECK(api.get("/api/orders/" + first.to_string()).json()["order"]["retryOf"].is_null());
            CHECK(api.get("/api/orders").json()["items"].items()[0]["retryOf"].text() == first.to_string());

            const std::string json = "Content-Type: application/json\r\n";
            CHECK(api.call("POST", path, json, R"({"slippageBps":300})").status == 202);
            CHECK(api.service.requests.back().slippage == Bps::of(300).value());
        }
    }

    TEST_CASE("a retry is a submission: key, limits and draining hold for it") {
        server::RoutesConfig config = ApiServer::usual();
        config.rate_limit = 3;
        ApiServer api(config);
        const OrderId first = api.service.place();
        api.service.happen(first, OrderStatus::failed);
        const std::string path = "/api/orders/" + first.to_string() + "/retry";
        const ApiAnswer once = api.call("POST", path, "Idempotency-Key: r-1\r\n");
        const ApiAnswer twice = api.call("POST", path, "Idempotency-Key: r-1\r\n");
        CHECK(once.status == 202);
        CHECK(once.header("RateLimit") == "\"submissions\";r=2;t=20");
        CHECK(twice.header("Idempotent-Replay") == "true");
        CHECK(twice.body == once.body);
        const ApiAnswer other =
            api.call("POST", path, "Idempotency-Key: r-1\r\nContent-Type: application/json\r\n",
                     R"({"slippageBps":300})");
        CHECK(code_of(other) == "idempotency_conflict");
        CHECK(code_of(api.call("POST", path)) == "rate_limited");
        api.clock.pass(std::chrono::minutes(1));
        CHECK(code_of(api.call("POST", path, "Idempotency-Key: a b\r\n")) == "invalid_parameter");
        api.service.submit_error = reject(Reason::queue_full, "full");
        CHECK(code_of(api.call("POST", path)) == "queue_full");
        api.routes.drain();
        CHECK(code_of(api.call("POST", path)) == "draining");
    }

    TEST_CASE("only an order that ended without a fill is retried, and the refusal says what to do") {
        ApiServer api;
        const OrderId order = api.service.place();
        const std::string path = "/api/orders/" + order.to_string() + "/retry";
        const ApiAnswer alive = api.call("POST", path);
        CHECK(alive.status == 409);
        CHECK(code_of(alive) == "not_failed");
        CHECK(alive.json()["detail"].text().find("is pending") != std::string::npos);
        CHECK(alive.json()["detail"].text().find("/cancel") != std::string::npos);
        api.service.confirm(order);
        const ApiAnswer done = api.call("POST", path);
        CHECK(code_of(done) == "not_failed");
        CHECK(done.json()["detail"].text().find("new order") != std::string::npos);
        CHECK(code_of(api.call("POST", "/api/orders/7/retry")) == "not_found");
        CHECK(code_of(api.call("POST", "/api/orders/0197a3c2-0000-7000-8000-000000000000/retry")) ==
              "not_found");
        CHECK(api.get(path).status == 405);
        CHECK(api.service.requests.empty());
    }

    TEST_CASE("a retry may change the tolerance and nothing else") {
        ApiServer api;
        const OrderId order = api.service.place();
        api.service.happen(order, OrderStatus::failed);
        const std::string path = "/api/orders/" + order.to_string() + "/retry";
        const std::string json = "Content-Type: application/json\r\n";
        struct Row {
            const char* body;
            const char* pointer;
            const char* part;
        };
        for (const Row& row :
             {Row{R"({"amountIn":"1"})", "/amountIn", "is not a field of a retry"},
              Row{R"({"slippageBp":1})", "/slippageBp", "did you mean slippageBps?"},
              Row{R"({"slippageBps":10001})", "/slippageBps", "whole number from 0 to 10000"},
              Row{R"({"slippageBps":"100"})", "/slippageBps", "without quotes"},
              Row{R"({"slippageBps":1,"slippageBps":1})", "/slippageBps", "is given twice"},
              Row{"[]", "", "send nothing, or an object"}, Row{"{", "", "the body is"}}) {
            CAPTURE(row.body);
            const ApiAnswer answer = api.call("POST", path, json, row.body);
            CHECK(answer.status == 400);
            CHECK(code_of(answer) == "invalid_body");
            REQUIRE(answer.json()["errors"].items().size() == 1);
            CHECK(answer.json()["errors"].items()[0]["pointer"].text() == row.pointer);
            CHECK(answer.json()["errors"].items()[0]["message"].text().find(row.part) != std::string::npos);
        }
        CHECK(api.call("POST", path, "Content-Type: text/plain\r\n", "{}").status == 415);
        CHECK(api.service.requests.empty());
        for (const char* body : {"{}", " ", R"({"slippageBps":null})"}) {
            CAPTURE(body);
            CHECK(api.call("POST", path, json, body).status == 202);
        }
    }

    TEST_CASE("orders are found by the first characters of their ids") {
        ApiServer api;
        const auto range = [&](const std::string& prefix) {
            CHECK(api.get("/api/orders?limit=2&id=" + prefix).status == 200);
            const OrderFilter& filter = api.service.filters.back();
            return filter.id_from.value().to_string() + " " + filter.id_to.value().to_string();
        };
        const std::string wide = "0197a3c2-0000-0000-0000-000000000000 0197a3c2-ffff-ffff-ffff-ffffffffffff";
        CHECK(range("0197a3c2") == wide);
        CHECK(range("0197A3C2-") == wide);
        CHECK(range("0197a3") == "0197a300-0000-0000-0000-000000000000 0197a3ff-ffff-ffff-ffff-ffffffffffff");
        CHECK(range("0197a3c2b5") == range("0197a3c2-b5"));
        const std::string whole = "0197a3c2-b5d4-7e6f-8a9b-0c1d2e3f4a5b";
        CHECK(range(whole) == whole + " " + whole);
        CHECK(range("0197a3c2b5d47e6f8a9b0c1d2e3f4a5b") == whole + " " + whole);
        for (const char* bad : {"0197a", "0197a3-c2", "0197g3c2", "01-97a3c2", "0197a3c2--b5", "%20197a3c2",
                                "0197a3c2-b5d4-7e6f-8a9b-0c1d2e3f4a5b0"}) {
            CAPTURE(bad);
            const ApiAnswer answer = api.get(std::string("/api/orders?id=") + bad);
            CHECK(answer.status == 400);
            CHECK(code_of(answer) == "invalid_parameter");
            CHECK(answer.json()["errors"].items()[0]["pointer"].text() == "id");
        }
    }
}
