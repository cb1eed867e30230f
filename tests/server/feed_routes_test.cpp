#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

server::RoutesConfig eager() {
    server::RoutesConfig config = ApiServer::usual();
    config.state_interval = 5ms;
    return config;
}

}  // namespace

TEST_SUITE("server/stream of everything") {
    TEST_CASE("events of all orders come from the handshake on") {
        ApiServer api;
        const OrderId first = api.service.place();
        SocketClient client(api.server.port(), "/api/stream?topics=orders");
        api.service.happen(first, OrderStatus::routing);
        const OrderId second = api.service.place();
        api.service.confirm(first);
        const JsonValue routing = client.next_json();
        CHECK(routing["orderId"].text() == first.to_string());
        CHECK(routing["seq"].text() == "2");
        CHECK(routing["status"].text() == "routing");
        CHECK(client.next_json()["orderId"].text() == second.to_string());
        // The end of an order is not the end of the stream.
        CHECK(client.next_json()["status"].text() == "confirmed");
        api.service.happen(second, OrderStatus::routing);
        CHECK(client.next_json()["orderId"].text() == second.to_string());
    }

    TEST_CASE("the queue is told at once, and then when it has changed") {
        ApiServer api(eager());
        SocketClient client(api.server.port(), "/api/stream?topics=queue");
        const JsonValue first = client.next_json();
        CHECK(first["v"].text() == "1");
        CHECK(first["topic"].text() == "queue");
        CHECK(first["timestamp"].time().has_value());
        CHECK(first["metrics"]["waiting"].text() == "0");
        QueueCounts counts;
        counts.waiting = 3;
        counts.completed = 4;
        api.service.set_counts(counts);
        api.clock.pass(5ms);
        const JsonValue next = client.next_json();
        CHECK(next["metrics"]["waiting"].text() == "3");
        CHECK(next["metrics"]["total"].text() == "7");
    }

    TEST_CASE("the venues are told at once") {
        ApiServer api(eager());
        VenueStatus venue;
        venue.name = "meteora";
        venue.kind = "simulated";
        api.service.venue_list = {venue};
        SocketClient client(api.server.port(), "/api/stream?topics=venues");
        const JsonValue message = client.next_json();
        CHECK(message["topic"].text() == "venues");
        CHECK(message["venues"].items()[0]["name"].text() == "meteora");
    }

    TEST_CASE("several topics share a socket, and none named is all") {
        ApiServer api(eager());
        const OrderId id = api.service.place();
        for (const std::string& target :
             {std::string("/api/stream"), std::string("/api/stream?topics=orders,queue,venues"),
              std::string("/api/stream?topics=queue%2Cvenues,orders")}) {
            CAPTURE(target);
            SocketClient client(api.server.port(), target);
            CHECK(client.next_json()["topic"].text() == "queue");
            CHECK(client.next_json()["topic"].text() == "venues");
            api.service.happen(id, OrderStatus::routing);
            CHECK(client.next_json()["kind"].text() == "moved");
        }
        CHECK(TestServer::eventually([&] { return api.service.open_streams() == 0; }));
        CHECK(TestServer::eventually(
            [&] { return api.get("/health").json()["queue"]["activeConnections"].text() == "0"; }));
    }

    TEST_CASE("a topic nobody knows is refused at the handshake") {
        ApiServer api;
        for (const char* topics : {"order", "orders,,queue", ",orders", "stats", "%20orders", "ORDERS"}) {
            CAPTURE(topics);
            const ApiAnswer answer = refused(api, std::string("/api/stream?topics=") + topics);
            CHECK(answer.status == 400);
            CHECK(answer.json()["errors"].items()[0]["pointer"].text() == "topics");
        }
        CHECK(refused(api, "/api/stream?topics=order").json()["detail"].text().find("did you mean orders?") !=
              std::string::npos);
        CHECK(api.service.open_streams() == 0);
    }

    TEST_CASE("who reads too slowly is let go, and a server that stops says so") {
        for (const auto& [end, close] : {std::pair(EventBatch::End::lagged,
                                                   "close:1013 too slow: connect again and "
                                                   "list the orders"),
                                         std::pair(EventBatch::End::closed, "close:1001 shutting down")}) {
            ApiServer api;
            SocketClient client(api.server.port(), "/api/stream?topics=orders");
            api.service.end_streams(end);
            CHECK(client.next() == close);
        }
    }
}
