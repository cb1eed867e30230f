#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::string order_path(const OrderId& id) { return "/api/orders/" + id.to_string(); }

std::string seq_of(const JsonValue& event) { return event["seq"].text(); }

}  // namespace

TEST_SUITE("server/stream") {
    TEST_CASE("a follower gets a snapshot, then what happens, then the goodbye") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.service.happen(id, OrderStatus::routing);
        for (const std::string& path : {order_path(id) + "/stream", "/ws/orders/" + id.to_string(),
                                        "/api/orders/execute?orderId=" + id.to_string()}) {
            CAPTURE(path);
            SocketClient client(api.server.port(), path);
            const JsonValue snapshot = client.next_json();
            CHECK(snapshot["orderId"].text() == id.to_string());
            CHECK(snapshot["status"].text() == "routing");
            CHECK(snapshot["logs"].items().size() == 2);
            CHECK(seq_of(snapshot) == "2");
        }
        SocketClient client(api.server.port(), order_path(id) + "/stream");
        client.next_json();
        api.service.happen(id, OrderStatus::submitted, SubmittedData{"5sig", 9});
        CHECK(client.next_json()["txHash"].text() == "5sig");
        api.service.confirm(id);
        const JsonValue last = client.next_json();
        CHECK(last["status"].text() == "confirmed");
        CHECK(seq_of(last) == "4");
        CHECK(client.next() == "close:1000 the order has ended");
    }

    TEST_CASE("a follower that comes back gets exactly what it missed") {
        ApiServer api;
        const OrderId id = api.service.place();
        for (int i = 0; i < 4; ++i) api.service.happen(id, OrderStatus::routing);
        SocketClient client(api.server.port(), order_path(id) + "/stream?after=3");
        CHECK(seq_of(client.next_json()) == "4");
        CHECK(seq_of(client.next_json()) == "5");
        api.service.confirm(id);
        CHECK(seq_of(client.next_json()) == "6");
        CHECK(client.next().starts_with("close:1000"));
    }

    TEST_CASE("following an order that has ended says how and ends too") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.service.confirm(id);
        SocketClient client(api.server.port(), order_path(id) + "/stream");
        CHECK(client.next_json()["status"].text() == "confirmed");
        CHECK(client.next().starts_with("close:1000"));
        SocketClient late(api.server.port(), order_path(id) + "/stream?after=2");
        CHECK(late.next().starts_with("close:1000"));
        SocketClient earlier(api.server.port(), order_path(id) + "/stream?after=1");
        CHECK(seq_of(earlier.next_json()) == "2");
        CHECK(earlier.next().starts_with("close:1000"));
    }

    TEST_CASE("a handshake is refused with the reason") {
        ApiServer api;
        const OrderId id = api.service.place();
        const ApiAnswer unknown = refused(api, "/ws/orders/01890a5d-ac96-774b-bcce-b302099a8057");
        CHECK(unknown.status == 404);
        CHECK(unknown.json()["code"].text() == "not_found");
        CHECK(refused(api, "/ws/orders/7").status == 404);
        CHECK(refused(api, order_path(id) + "/stream?after=x").status == 400);
        CHECK(refused(api, "/api/orders/execute?orderId=").status == 404);
        api.service.read_error = reject(Reason::service_unavailable, "away");
        CHECK(refused(api, order_path(id) + "/stream").status == 503);
    }

    TEST_CASE("a path that speaks WebSocket says so to those who do not") {
        ApiServer api;
        const OrderId id = api.service.place();
        for (const std::string& path :
             {order_path(id) + "/stream", "/ws/orders/" + id.to_string(), std::string("/api/orders/execute"),
              "/api/orders/execute?orderId=" + id.to_string()}) {
            CAPTURE(path);
            const ApiAnswer answer = api.get(path);
            CHECK(answer.status == 426);
            CHECK(answer.header("Upgrade") == "websocket");
            CHECK(answer.json()["code"].text() == "upgrade_required");
        }
    }

    TEST_CASE("an address may follow one order on so many sockets, and again once one has closed") {
        server::RoutesConfig config = ApiServer::usual();
        config.ws_per_order = 2;
        ApiServer api(config);
        const OrderId id = api.service.place();
        const std::string path = order_path(id) + "/stream";
        SocketClient first(api.server.port(), path);
        SocketClient second(api.server.port(), path);
        const ApiAnswer third = refused(api, path);
        CHECK(third.status == 429);
        CHECK(third.json()["code"].text() == "too_many_connections");
        CHECK(!third.header("Retry-After").empty());
        CHECK(third.header("RateLimit-Policy") == "\"sockets\";q=2");
        CHECK(api.get("/health").json()["queue"]["activeConnections"].text() == "2");
        SocketClient other_order(api.server.port(), order_path(api.service.place()) + "/stream");

        second.hang_up();
        CHECK(TestServer::eventually(
            [&] { return api.get("/health").json()["queue"]["activeConnections"].text() == "2"; }));
        SocketClient again(api.server.port(), path);
        CHECK(again.next_json()["orderId"].text() == id.to_string());
    }

    TEST_CASE("a follower that says it has seen more than there is is told so, rather than left waiting") {
        ApiServer api;
        const OrderId id = api.service.place();
        const ApiAnswer ahead = refused(api, order_path(id) + "/stream?after=2");
        CHECK(ahead.status == 400);
        CHECK(ahead.json()["errors"].items()[0]["pointer"].text() == "after");
        CHECK(ahead.json()["detail"].text().find("at most 1") != std::string::npos);
        const std::string stream = "Accept: text/event-stream\r\n";
        CHECK(api.get(order_path(id) + "/events", stream + "Last-Event-ID: 2\r\n").status == 400);
        CHECK(api.get(order_path(id) + "/events?after=4294967295", stream).status == 400);
        SocketClient client(api.server.port(), order_path(id) + "/stream?after=1");
        api.service.confirm(id);
        CHECK(seq_of(client.next_json()) == "2");
    }

    TEST_CASE("a follower that goes away leaves nothing behind") {
        ApiServer api;
        const OrderId id = api.service.place();
        {
            SocketClient client(api.server.port(), order_path(id) + "/stream");
            client.next_json();
            CHECK(api.service.open_streams() == 1);
        }
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == 0; }));
        CHECK(api.get("/health").json()["queue"]["activeConnections"].text() == "0");
    }

    TEST_CASE("a follower that falls behind is told where to go on") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.service.happen(id, OrderStatus::routing);
        SocketClient client(api.server.port(), order_path(id) + "/stream?after=1");
        CHECK(seq_of(client.next_json()) == "2");
        api.service.end_streams(EventBatch::End::lagged);
        CHECK(client.next() == "close:1013 2");
    }

    TEST_CASE("a history that is too long for the socket is cut where the client can go on") {
        ApiServer api;
        const OrderId id = api.service.place();
        const std::string detail(5'000, 'x');
        for (int i = 0; i < 100; ++i)
            api.service.happen(id, OrderStatus::pending, RetryData{Reason::timeout, detail});
        {
            SocketClient client(api.server.port(), order_path(id) + "/stream");
            const JsonValue snapshot = client.next_json();
            CHECK(seq_of(snapshot) == "101");
            CHECK(snapshot["logs"].items().size() < 101);
            CHECK(seq_of(snapshot["logs"].items().back()) == "101");
        }
        std::uint32_t last = 0;
        for (int rounds = 0; last < 101 && rounds < 20; ++rounds) {
            SocketClient client(api.server.port(), order_path(id) + "/stream?after=" + std::to_string(last));
            for (std::string text = client.next(); last < 101; text = client.next()) {
                if (text.starts_with("close:1013 ")) {
                    CHECK(text == "close:1013 " + std::to_string(last));
                    break;
                }
                const auto event = JsonValue::parse(text);
                REQUIRE(event);
                CHECK(event.value()["seq"].whole() == last + 1);
                ++last;
                if (last == 101) break;
            }
        }
        CHECK(last == 101);
    }

    TEST_CASE("a server that stops says so to its followers") {
        ApiServer api;
        const OrderId id = api.service.place();
        SocketClient client(api.server.port(), order_path(id) + "/stream");
        client.next_json();
        api.service.stop();
        CHECK(client.next() == "close:1001 shutting down");
    }

    TEST_CASE("events stream to those who cannot speak WebSocket, numbered so that they can resume") {
        ApiServer api;
        const OrderId id = api.service.place();
        const std::string head =
            "GET " + order_path(id) + "/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n";
        RawClient client(api.server.port());
        client.send(head + "\r\n");
        const std::string first = client.read_until("}\n\n");
        CHECK(first.find("Content-Type: text/event-stream") != std::string::npos);
        CHECK(first.find("id: 1\ndata: {\"v\":1") != std::string::npos);
        api.service.happen(id, OrderStatus::routing);
        CHECK(client.read_until("\"status\":\"routing\"").find("id: 2\n") != std::string::npos);
        api.service.confirm(id);
        const std::string rest = client.read_to_end();
        CHECK(rest.find("id: 3\n") != std::string::npos);
        CHECK(rest.find("\"status\":\"confirmed\"") != std::string::npos);

        RawClient resumed(api.server.port());
        resumed.send(head + "Last-Event-ID: 2\r\n\r\n");
        const std::string missed = resumed.read_to_end();
        CHECK(missed.find("id: 2\n") == std::string::npos);
        CHECK(missed.find("id: 3\n") != std::string::npos);

        RawClient done(api.server.port());
        done.send(head + "Last-Event-ID: 3\r\nConnection: close\r\n\r\n");
        CHECK(done.read_to_end().starts_with("HTTP/1.1 204 "));

        const ApiAnswer bad =
            api.get(order_path(id) + "/events", "Accept: text/event-stream\r\nLast-Event-ID: x\r\n");
        CHECK(bad.status == 400);
        CHECK(api.get("/api/orders/7/events", "Accept: text/event-stream\r\n").status == 404);
    }

    TEST_CASE("a quiet event stream shows that it is alive, and a reader who leaves is noticed") {
        server::RoutesConfig config = ApiServer::usual();
        config.ping_interval = 20ms;
        ApiServer api(config);
        const OrderId id = api.service.place();
        {
            RawClient client(api.server.port());
            client.send("GET " + order_path(id) +
                        "/events?after=1 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
            CHECK(client.read_until(": still here").find(": still here") != std::string::npos);
            CHECK(api.service.open_streams() == 1);
        }
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == 0; }));
    }
}
