#include <doctest/doctest.h>

#include "server/key_holders.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

struct KeyedApi {
    KeyedApi() : KeyedApi(ApiServer::usual()) {}
    explicit KeyedApi(server::RoutesConfig config) : api(std::move(config), HttpServerConfig(), made()) {}

    std::vector<ApiKey> made() {
        holders.bearer("desk1", "acme", "read,trade");
        holders.bearer("desk2", "acme", "read,trade").rate_per_minute = 2;
        holders.bearer("other", "zeta", "read,trade");
        holders.bearer("boss", "staff", "read,trade,admin");
        holders.signer("signer", "acme", "read,trade");
        return holders.all();
    }
    /// As `execctl keys revoke` does it, and what the daemon does then.
    void revoke(const std::string& id) {
        std::vector<ApiKey> keys = holders.all();
        for (ApiKey& key : keys) {
            if (key.id == id) key.revoked_at = api.clock.now();
        }
        api.gate->replace(keys);
        api.routes.end_stays_of(*api.gate);
    }

    KeyHolders holders;
    ApiServer api;
};

std::string detail_of(const ApiAnswer& answer) { return answer.json()["detail"].text(); }

}  // namespace

TEST_SUITE("server/access") {
    TEST_CASE("an order joins the account of its key, and keys are counted there") {
        KeyedApi world;
        const std::string same = "Idempotency-Key: k1\r\n";
        const ApiAnswer first = world.api.submit(ten_sol, same + world.holders.bearing("desk1"));
        CHECK(first.status == 202);
        const ApiAnswer again = world.api.submit(ten_sol, same + world.holders.bearing("desk2"));
        CHECK(again.json()["orderId"].text() == first.json()["orderId"].text());
        const ApiAnswer other = world.api.submit(ten_sol, same + world.holders.bearing("other"));
        CHECK(other.status == 202);
        CHECK(other.json()["orderId"].text() != first.json()["orderId"].text());
        CHECK(world.api.service.options[0].account == "acme");
        CHECK(world.api.service.options[2].account == "zeta");
        // An admin sees whose it is, and changes nothing of others.
        const std::string path = "/api/orders/" + other.json()["orderId"].text();
        const ApiAnswer seen = world.api.get(path, world.holders.bearing("boss"));
        CHECK(seen.json()["order"]["account"].text() == "zeta");
        CHECK(world.api.call("DELETE", path, world.holders.bearing("boss")).status == 404);
        CHECK(world.api.call("POST", path + "/retry", world.holders.bearing("boss")).status == 404);
        CHECK(world.api.call("DELETE", path, world.holders.bearing("other")).status == 200);
    }

    TEST_CASE("without keys everything is as ever, and a key that comes along is not looked at") {
        ApiServer api;
        CHECK(api.submit(ten_sol).status == 202);
        CHECK(api.service.options[0].account.empty());
        CHECK(api.get("/api/orders", "Authorization: Bearer nonsense\r\n").status == 200);
        const ApiAnswer ticket = api.call("POST", "/api/tickets");
        CHECK(ticket.status == 404);
        CHECK(detail_of(ticket).find("asks nobody for a key") != std::string::npos);
        api.service.place({}, "acme");
        CHECK(api.get("/api/orders").json()["items"].items().size() == 1);
    }

    TEST_CASE("each key has its own bucket, and its own rate where it says so") {
        server::RoutesConfig config = ApiServer::usual();
        config.rate_limit = 3;
        KeyedApi world(config);
        const ApiAnswer first = world.api.submit(ten_sol, world.holders.bearing("desk2"));
        CHECK(first.header("RateLimit-Policy") == "\"submissions\";q=2;w=60");
        CHECK(world.api.submit(ten_sol, world.holders.bearing("desk2")).status == 202);
        const ApiAnswer refused = world.api.submit(ten_sol, world.holders.bearing("desk2"));
        CHECK(refused.status == 429);
        CHECK(detail_of(refused).find("more than 2 submissions in a minute with this key") == 0);
        for (int i = 0; i < 3; ++i)
            CHECK(world.api.submit(ten_sol, world.holders.bearing("desk1")).status == 202);
        CHECK(world.api.submit(ten_sol, world.holders.bearing("desk1")).status == 429);
        CHECK(world.api.submit(ten_sol, world.holders.bearing("other")).status == 202);
        // Who has no key takes nobody's place.
        for (int i = 0; i < 5; ++i) CHECK(world.api.submit(ten_sol).status == 401);
    }

    TEST_CASE("a signed request is taken as it was signed, path and query included") {
        KeyedApi world;
        const auto sign = [&](const std::string& method, const std::string& target, const std::string& body) {
            return world.holders.signing("signer", method, target, body, world.api.clock.now());
        };
        CHECK(world.api.get("/api/orders?limit=5", sign("GET", "/api/orders?limit=5", "")).status == 200);
        CHECK(world.api.get("/api/orders?limit=6", sign("GET", "/api/orders?limit=5", "")).status == 401);
        CHECK(world.api.get("/api/orders?", sign("GET", "/api/orders?", "")).status == 200);
        CHECK(world.api.call("HEAD", "/api/orders", sign("HEAD", "/api/orders", "")).status == 200);
        CHECK(world.api.call("HEAD", "/api/orders", sign("GET", "/api/orders", "")).status == 401);
        CHECK(world.api.submit(ten_sol, sign("POST", "/api/orders/execute", ten_sol)).status == 202);
        CHECK(world.api.submit(ten_sol + " ", sign("POST", "/api/orders/execute", ten_sol)).status == 401);
        // The whole address in the request line names the same path.
        CHECK(world.api.get("http://x/api/orders?limit=5", sign("GET", "/api/orders?limit=5", "")).status ==
              200);
        const std::string once = sign("GET", "/api/orders", "");
        CHECK(world.api.get("/api/orders", once + once).status == 401);
        CHECK(world.api.get("/api/orders", once + world.holders.bearing("desk1")).status == 401);
        CHECK(world.api.get("/api/orders", once).status == 200);
    }

    TEST_CASE("the feed tells an account of its own orders alone") {
        KeyedApi world;
        SocketClient feed(world.api.server.port(), "/api/stream?topics=orders",
                          world.holders.bearing("desk1"));
        SocketClient boss(world.api.server.port(), "/api/stream?topics=orders",
                          world.holders.bearing("boss"));
        world.api.service.place({}, "zeta");
        world.api.service.place({}, "");
        const OrderId own = world.api.service.place({}, "acme");
        CHECK(feed.next_json()["orderId"].text() == own.to_string());
        boss.next_json();
        boss.next_json();
        CHECK(boss.next_json()["orderId"].text() == own.to_string());
    }

    TEST_CASE("a ticket opens one socket, and nothing but a socket") {
        KeyedApi world;
        const std::string order = world.api.service.place({}, "acme").to_string();
        const auto ticket = [&] {
            const ApiAnswer answer = world.api.call("POST", "/api/tickets", world.holders.bearing("desk1"));
            REQUIRE(answer.status == 200);
            CHECK(answer.header("Cache-Control") == "no-store");
            CHECK(answer.json()["expiresInMs"].whole() == 30'000);
            return answer.json()["ticket"].text();
        };
        const std::string first = ticket();
        const std::string path = "/api/orders/" + order + "/stream?ticket=" + first;
        CHECK(world.api.get(path).status == 401);  // not used up by that
        CHECK(world.api.get("/api/orders?ticket=" + first).status == 401);
        {
            SocketClient socket(world.api.server.port(), path);
            CHECK(socket.next_json()["orderId"].text() == order);
        }
        const ApiAnswer used = refused(world.api, path);
        CHECK(used.status == 401);
        CHECK(used.body.find(first) == std::string::npos);
        const std::string second = ticket();
        world.api.clock.pass(30s);
        CHECK(refused(world.api, "/api/stream?ticket=" + second).status == 401);
        // The rights of the key: not another account's order.
        const std::string foreign = world.api.service.place({}, "zeta").to_string();
        CHECK(refused(world.api, "/ws/orders/" + foreign + "?ticket=" + ticket()).status == 404);
    }

    TEST_CASE("revoking a key closes its sockets with 4401 and ends its streams; others stay") {
        KeyedApi world;
        const std::string order = world.api.service.place({}, "acme").to_string();
        SocketClient follower(world.api.server.port(), "/ws/orders/" + order, world.holders.bearing("desk1"));
        SocketClient feed(world.api.server.port(), "/api/stream?topics=orders",
                          world.holders.bearing("desk1"));
        SocketClient submitter(world.api.server.port(), "/api/orders/ws", world.holders.bearing("desk1"));
        SocketClient stays(world.api.server.port(), "/ws/orders/" + order, world.holders.bearing("desk2"));
        RawClient stream(world.api.server.port());
        stream.send("GET /api/orders/" + order +
                    "/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" +
                    world.holders.bearing("desk1") + "\r\n");
        CHECK(stream.read_until("\n\n").find("200") != std::string::npos);
        follower.next_json();
        stays.next_json();
        world.api.routes.end_stays_of(*world.api.gate);  // nobody's time has come

        world.revoke("desk1");
        CHECK(follower.next().starts_with("close:4401 "));
        CHECK(feed.next().starts_with("close:4401 "));
        CHECK(submitter.next().starts_with("close:4401 "));
        stream.read_to_end();  // the server hung up
        CHECK(detail_of(world.api.get("/api/orders", world.holders.bearing("desk1"))) ==
              "this API key was revoked");
        world.api.service.happen(OrderId(*Uuid::parse(order)), OrderStatus::routing);
        CHECK(stays.next_json()["status"].text() == "routing");
    }

    TEST_CASE("a key that expires ends its sockets as well") {
        KeyedApi world;
        ApiKey& brief = world.holders.bearer("brief", "acme", "read");
        brief.expires_at = world.api.clock.now() + 10s;
        world.api.gate->replace(world.holders.all());
        SocketClient feed(world.api.server.port(), "/api/stream?topics=orders",
                          world.holders.bearing("brief"));
        world.api.routes.end_stays_of(*world.api.gate);
        world.api.service.place({}, "acme");
        CHECK(feed.next_json()["status"].text() == "pending");
        world.api.clock.pass(10s);
        world.api.routes.end_stays_of(*world.api.gate);
        CHECK(feed.next().starts_with("close:4401 "));
    }

    TEST_CASE("a page of a listed origin may send a key") {
        server::RoutesConfig config = ApiServer::usual();
        config.origins = {"https://app.example.com"};
        KeyedApi world(config);
        const ApiAnswer preflight =
            world.api.call("OPTIONS", "/api/orders",
                           "Origin: https://app.example.com\r\nAccess-Control-Request-Method: POST\r\n");
        CHECK(preflight.status == 204);  // asked before there is a key
        CHECK(preflight.header("Access-Control-Allow-Headers").find("Authorization, ") == 0);
        const ApiAnswer refused_one = world.api.get("/api/orders", "Origin: https://app.example.com\r\n");
        CHECK(refused_one.status == 401);
        CHECK(refused_one.header("Access-Control-Allow-Origin") == "https://app.example.com");
    }
}
