#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

const std::string path = "/api/orders/ws";

std::string named_order(const std::string& id) {
    return R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1","clientId":"desk","clientOrderId":")" + id +
           "\"}";
}

OrderId id_in(const JsonValue& answer) { return Uuid::parse(answer["orderId"].text()).value(); }

/// The next message that is the answer to a submission and no event.
JsonValue next_answer(SocketClient& client) {
    JsonValue message = client.next_json();
    while (message.has("seq")) message = client.next_json();
    return message;
}

}  // namespace

TEST_SUITE("server/submit socket") {
    TEST_CASE("an order placed on a socket is answered there and followed there") {
        ApiServer api;
        for (const std::string& target : {path, std::string("/api/orders/execute")}) {
            CAPTURE(target);
            SocketClient client(api.server.port(), target, "X-Request-Id: trace-9\r\n");
            client.say(named_order(target));
            const JsonValue answer = client.next_json();
            CHECK(answer["success"].is_true());
            CHECK(answer["status"].text() == "pending");
            CHECK(answer["clientOrderId"].text() == target);
            CHECK(api.service.options.back().correlation_id == "trace-9");
            const OrderId id = id_in(answer);
            const JsonValue first = client.next_json();
            CHECK(first["orderId"].text() == id.to_string());
            CHECK(first["seq"].text() == "1");
            api.service.happen(id, OrderStatus::routing);
            CHECK(client.next_json()["status"].text() == "routing");
            api.service.confirm(id);
            CHECK(client.next_json()["status"].text() == "confirmed");
            // The end of an order is not the end of the socket.
            client.say(ten_sol);
            CHECK(client.next_json()["success"].is_true());
        }
    }

    TEST_CASE("answers come in the order of the messages, and events of all orders with them") {
        ApiServer api;
        SocketClient client(api.server.port(), path);
        for (int i = 0; i < 20; ++i) client.say(named_order("n" + std::to_string(i)));
        std::vector<OrderId> ids;
        for (int i = 0; i < 20; ++i) {
            const JsonValue answer = next_answer(client);
            CHECK(answer["clientOrderId"].text() == "n" + std::to_string(i));
            ids.push_back(id_in(answer));
        }
        CHECK(api.service.requests.size() == 20);
        for (const OrderId& id : ids) api.service.confirm(id);
        std::set<std::string> ended;
        while (ended.size() < ids.size()) {
            const JsonValue event = client.next_json();
            if (event["status"].text() == "confirmed") ended.insert(event["orderId"].text());
        }
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == 0; }));
    }

    TEST_CASE("whatever a client says, the socket and the server live on") {
        ApiServer api;
        SocketClient client(api.server.port(), path, "X-Request-Id: trace-9\r\n");
        const auto problem = [&](const std::string& said) {
            CAPTURE(said);
            client.say(said);
            const JsonValue answer = client.next_json();
            CHECK(!answer["success"].is_true());
            CHECK(answer["requestId"].text() == "trace-9");
            CHECK(answer["instance"].text() == path);
            return answer["code"].text();
        };
        for (const char* said : {"", "{", "{}", "null", "[]", "7", "\"x\"", "not json", "{\"a\":}",
                                 "\xef\xbb\xbf{}", "{\"tokenIn\":\"SOL\"}", "{\"type\":\"ping\"}"}) {
            CHECK(problem(said) == "invalid_body");
        }
        CHECK(problem(std::string("\0", 1)) == "invalid_body");
        CHECK(problem(std::string(20'000, '[')) == "invalid_body");
        CHECK(problem(R"({"tokenIn":"NOPE","tokenOut":"USDC","amountIn":"1"})") == "unknown_token");
        client.say_bytes(ten_sol);
        CHECK(client.next_json()["code"].text() == "unsupported_media_type");
        CHECK(api.service.requests.empty());
        client.say(ten_sol);
        CHECK(client.next_json()["success"].is_true());
    }

    TEST_CASE("a refusal names the client's own order, and what is wrong with it") {
        ApiServer api;
        SocketClient client(api.server.port(), path);
        client.say(R"({"tokenIn":"SOL","tokenOut":"SOL","amountIn":"-1","clientOrderId":"mine-7"})");
        const JsonValue answer = client.next_json();
        CHECK(answer["clientOrderId"].text() == "mine-7");
        CHECK(answer["errors"].items().size() == 2);
        CHECK(answer["status"].text() == "400");
    }

    TEST_CASE("the limit of submissions counts messages, and the answer says when to go on") {
        server::RoutesConfig config = ApiServer::usual();
        config.rate_limit = 2;
        ApiServer api(config);
        SocketClient client(api.server.port(), path);
        for (int i = 0; i < 2; ++i) {
            client.say(named_order(std::to_string(i)));
            CHECK(next_answer(client)["success"].is_true());
        }
        client.say(named_order("late"));
        const JsonValue refusal = next_answer(client);
        CHECK(refusal["code"].text() == "rate_limited");
        CHECK(refusal["retryAfter"].text() == "30");
        CHECK(refusal["clientOrderId"].text() == "late");
        CHECK(api.service.requests.size() == 2);
        CHECK(api.submit(ten_sol).status == 429);  // one limit for both ways
        api.clock.pass(30s);
        client.say(named_order("late"));
        CHECK(next_answer(client)["success"].is_true());
    }

    TEST_CASE("a stopping server takes no orders on a socket either, and says goodbye") {
        ApiServer api;
        SocketClient client(api.server.port(), path);
        client.say(ten_sol);
        client.next_json();
        client.next_json();
        api.routes.drain();
        client.say(named_order("late"));
        const JsonValue refusal = client.next_json();
        CHECK(refusal["code"].text() == "draining");
        CHECK(refusal["clientOrderId"].text() == "late");
        CHECK(api.service.requests.size() == 1);
        api.service.stop();
        CHECK(client.next() == "close:1001 shutting down");
    }

    TEST_CASE("the same order twice is one order, and is followed once") {
        ApiServer api;
        SocketClient client(api.server.port(), path);
        client.say(ten_sol);
        const OrderId id = id_in(client.next_json());
        CHECK(client.next_json()["seq"].text() == "1");
        api.service.next_is_replay_of = id;
        client.say(ten_sol);
        CHECK(id_in(client.next_json()) == id);
        api.service.confirm(id);
        CHECK(client.next_json()["seq"].text() == "2");
        client.say("{}");
        CHECK(client.next_json()["code"].text() == "invalid_body");
    }

    TEST_CASE("an order that is followed too often already is placed, and its events are not repeated") {
        server::RoutesConfig config = ApiServer::usual();
        config.ws_per_order = 1;
        ApiServer api(config);
        const OrderId id = api.service.place();
        SocketClient other(api.server.port(), "/ws/orders/" + id.to_string());
        SocketClient client(api.server.port(), path);
        api.service.next_is_replay_of = id;
        client.say(ten_sol);
        CHECK(id_in(client.next_json()) == id);
        const JsonValue refusal = client.next_json();
        CHECK(refusal["code"].text() == "too_many_connections");
        CHECK(refusal["orderId"].text() == id.to_string());
        CHECK(api.get("/health").json()["queue"]["activeConnections"].text() == "2");
    }

    TEST_CASE("a socket follows so many orders and no more, until one ends") {
        server::RoutesConfig config = ApiServer::usual();
        config.orders_per_socket = 3;
        ApiServer api(config);
        SocketClient client(api.server.port(), path);
        std::vector<OrderId> ids;
        for (std::size_t i = 0; i < config.orders_per_socket; ++i) {
            client.say(ten_sol);
            ids.push_back(id_in(next_answer(client)));
        }
        client.say(ten_sol);
        CHECK(next_answer(client)["code"].text() == "too_many_connections");
        CHECK(api.service.requests.size() == ids.size());
        api.service.confirm(ids[1]);
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == ids.size() - 1; }));
        client.say(ten_sol);
        CHECK(next_answer(client)["success"].is_true());
    }

    TEST_CASE("a socket that goes away leaves nothing behind, and its orders go on") {
        ApiServer api;
        {
            SocketClient client(api.server.port(), path);
            client.say(ten_sol);
            client.next_json();
            CHECK(api.get("/health").json()["queue"]["activeConnections"].text() == "1");
        }
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == 0; }));
        CHECK(TestServer::eventually(
            [&] { return api.get("/health").json()["queue"]["activeConnections"].text() == "0"; }));
        CHECK(api.get("/api/orders").json()["items"].items().size() == 1);
    }

    TEST_CASE("a client that falls behind is told so") {
        ApiServer api;
        SocketClient client(api.server.port(), path);
        client.say(ten_sol);
        client.next_json();
        client.next_json();
        api.service.end_streams(EventBatch::End::lagged);
        CHECK(client.next().starts_with("close:1013 "));
    }

    TEST_CASE("a client that reads nothing gets no more orders placed, and is let go") {
        HttpServerConfig http;
        http.ws_kernel_bytes = 4'096;
        http.close_timeout = 100ms;
        http.write_stall = 300ms;
        server::RoutesConfig config = ApiServer::usual();
        config.orders_per_socket = 5;
        ApiServer api(config, http);
        RawClient raw(api.server.port(), 2'048);
        raw.send(upgrade_request(path));
        raw.read_until("\r\n\r\n");
        int said = 0;
        const std::string message = masked(0x81, named_order("x"));
        // Each is answered with half a kilobyte or more, so the bound of 256 KiB is met long before this
        // many.
        while (said < 5'000 && raw.send(message)) ++said;
        CHECK(TestServer::eventually(
            [&] { return api.get("/health").json()["queue"]["activeConnections"].text() == "0"; }));
        CHECK(api.service.requests.size() == 5);
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == 0; }));
    }
}
