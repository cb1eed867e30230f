#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

server::RoutesConfig listing(std::vector<std::string> origins) {
    server::RoutesConfig config = ApiServer::usual();
    config.origins = std::move(origins);
    return config;
}

const std::string good = "Origin: https://good.example\r\n";
const std::string evil = "Origin: https://evil.example\r\n";

}  // namespace

TEST_SUITE("server/cross origin") {
    TEST_CASE("without a list no page of another origin is told anything") {
        ApiServer api;
        const ApiAnswer answer = api.get("/api/tokens", evil);
        CHECK(answer.status == 200);
        CHECK(answer.head.find("Access-Control") == std::string::npos);
        CHECK(answer.header("Vary").empty());
        const ApiAnswer preflight =
            api.call("OPTIONS", "/api/orders/execute", evil + "Access-Control-Request-Method: POST\r\n");
        CHECK(preflight.status == 204);
        CHECK(preflight.head.find("Access-Control") == std::string::npos);
    }

    TEST_CASE("a listed origin may read the answers and their headers, others may not") {
        ApiServer api(listing({"https://good.example", "http://localhost:5173"}));
        const ApiAnswer answer = api.get("/api/tokens", good);
        CHECK(answer.header("Access-Control-Allow-Origin") == "https://good.example");
        CHECK(answer.header("Vary") == "Origin");
        for (const char* name : {"Location", "RateLimit", "RateLimit-Policy", "X-Request-Id",
                                 "Idempotent-Replay", "Retry-After"}) {
            CAPTURE(name);
            CHECK(answer.header("Access-Control-Expose-Headers").find(name) != std::string::npos);
        }
        CHECK(api.get("/nothing", good).header("Access-Control-Allow-Origin") == "https://good.example");
        CHECK(api.submit("{}", good).header("Access-Control-Allow-Origin") == "https://good.example");
        for (const std::string& headers : {evil, std::string(), std::string("Origin: null\r\n"),
                                           std::string("Origin: https://good.example:444\r\n"),
                                           std::string("Origin: http://good.example\r\n"),
                                           std::string("Origin: https://good.example.evil.example\r\n")}) {
            CAPTURE(headers);
            const ApiAnswer other = api.get("/api/tokens", headers);
            CHECK(other.status == 200);
            CHECK(other.header("Access-Control-Allow-Origin").empty());
            CHECK(other.header("Vary") == "Origin");
        }
        const auto id = api.service.place();
        RawClient stream(api.server.port());
        stream.send("GET /api/orders/" + id.to_string() +
                    "/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" + good + "\r\n");
        CHECK(stream.read_until("\r\n\r\n").find("Access-Control-Allow-Origin: https://good.example\r\n") !=
              std::string::npos);
    }

    TEST_CASE("a preflight says what a listed origin may send") {
        ApiServer api(listing({"https://good.example"}));
        const std::string ask =
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n";
        const ApiAnswer answer = api.call("OPTIONS", "/api/orders/execute", good + ask);
        CHECK(answer.status == 204);
        CHECK(answer.body.empty());
        CHECK(answer.header("Access-Control-Allow-Origin") == "https://good.example");
        CHECK(answer.header("Access-Control-Allow-Methods") == "POST, GET, HEAD, OPTIONS");
        CHECK(answer.header("Access-Control-Allow-Headers").find("Idempotency-Key") != std::string::npos);
        CHECK(answer.header("Access-Control-Max-Age") == "600");
        CHECK(api.call("OPTIONS", "/api/orders/execute", evil + ask).head.find("Access-Control") ==
              std::string::npos);
        CHECK(
            api.call("OPTIONS", "/api/orders/execute", good).header("Access-Control-Allow-Methods").empty());
    }

    TEST_CASE("everybody is everybody, once somebody wrote that") {
        ApiServer api(listing({"*"}));
        for (const std::string& headers : {evil, std::string("Origin: null\r\n")}) {
            CAPTURE(headers);
            CHECK(api.get("/api/tokens", headers).header("Access-Control-Allow-Origin") == "*");
            CHECK(api.submit(ten_sol, headers).status == 202);
            SocketClient socket(api.server.port(), "/api/stream?topics=queue", headers);
            CHECK(socket.next_json()["topic"].text() == "queue");
        }
    }

    TEST_CASE("a page of another origin cannot place, cancel or quote, however it is asked") {
        ApiServer api(listing({"https://good.example"}));
        const std::string path = "/api/orders/" + api.service.place().to_string();
        // What a page may send without asking first: one of three content types, or none.
        for (const std::string& type : {std::string("Content-Type: text/plain\r\n"), std::string(),
                                        std::string("Content-Type: application/x-www-form-urlencoded\r\n"),
                                        std::string("Content-Type: application/json\r\n")}) {
            CAPTURE(type);
            for (const std::string& origin :
                 {evil, std::string("Origin: null\r\n"), std::string("Origin: x\r\n")}) {
                const ApiAnswer answer = api.call("POST", "/api/orders/execute", type + origin, ten_sol);
                CHECK(answer.status == 403);
                CHECK(answer.json()["code"].text() == "forbidden");
                CHECK(answer.json()["errors"].items()[0]["pointer"].text() == "Origin");
            }
        }
        CHECK(
            api.call("POST", "/api/orders/execute", "Content-Type: text/plain\r\n" + good, ten_sol).status ==
            415);
        CHECK(api.call("POST", path + "/cancel", evil).status == 403);
        CHECK(api.call("DELETE", path, evil).status == 403);
        CHECK(api.call("POST", "/api/quotes", evil, ten_sol).status == 403);
        CHECK(api.service.requests.empty());
        CHECK(api.submit(ten_sol, good).status == 202);
        CHECK(api.submit(ten_sol, "Origin: http://x\r\n").status == 202);  // the server's own pages
        CHECK(api.submit(ten_sol, "Origin: http://X:80\r\n").status == 202);
        CHECK(api.submit(ten_sol, "Origin: http://x:8080\r\n").status == 403);
    }

    TEST_CASE("a WebSocket opens for programs, for the server's own pages and for listed ones") {
        ApiServer api(listing({"https://good.example"}));
        const std::string id = api.service.place().to_string();
        for (const std::string& path :
             {"/ws/orders/" + id, std::string("/api/orders/ws"), std::string("/api/stream"),
              "/api/orders/execute?orderId=" + id, "/api/orders/" + id + "/stream"}) {
            CAPTURE(path);
            for (const std::string& headers : {std::string(), good, std::string("Origin: http://x\r\n")}) {
                CAPTURE(headers);
                CHECK_NOTHROW(SocketClient(api.server.port(), path, headers));
            }
            const ApiAnswer answer = refused(api, path, evil);
            CHECK(answer.status == 403);
            CHECK(answer.json()["code"].text() == "forbidden");
        }
    }
}
