#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("server/health") {
    TEST_CASE("a healthy server says so in every way it is asked") {
        ApiServer api;
        for (const char* path : {"/livez", "/readyz", "/health", "/api/health", "/version"}) {
            CAPTURE(path);
            CHECK(api.get(path).status == 200);
        }
        const JsonValue health = api.get("/health").json();
        CHECK(health["status"].text() == "ok");
        CHECK(health["timestamp"].text() == to_rfc3339(api.clock.now()));
        CHECK(health["queue"]["activeConnections"].text() == "0");
        CHECK(api.get("/version").json()["version"].text() == "1.2.3");
    }

    TEST_CASE("a server that stops or cannot write is alive but not ready") {
        ApiServer api;
        api.service.health_answer = reject(Reason::service_unavailable, "disk full");
        CHECK(api.get("/livez").status == 200);
        const ApiAnswer full = api.get("/readyz?verbose");
        CHECK(full.status == 503);
        CHECK(full.body.find("[-] store: disk full") != std::string::npos);
        CHECK(full.body.find("[+] accepting ok") != std::string::npos);
        CHECK(api.get("/health").json()["status"].text() == "degraded");

        api.service.health_answer = Done{};
        CHECK(api.get("/readyz").status == 200);
        api.routes.drain();
        const ApiAnswer draining = api.get("/readyz");
        CHECK(draining.status == 503);
        CHECK(draining.body.find("stopping") != std::string::npos);
    }

    TEST_CASE("a server whose chain is away is alive but not ready, and says which part it is") {
        ApiServer api;
        CHECK(api.get("/readyz?verbose").body == "[+] accepting ok\n[+] store ok\n[+] chain ok\nready\n");
        api.service.chain_answer = reject(Reason::service_unavailable, "nobody at sim://a:1");
        CHECK(api.get("/livez").status == 200);
        const ApiAnswer away = api.get("/readyz?verbose");
        CHECK(away.status == 503);
        CHECK(away.body ==
              "[+] accepting ok\n[+] store ok\n[-] chain: nobody at sim://a:1\n"
              "not ready: service_unavailable: nobody at sim://a:1\n");
        CHECK(api.get("/health").json()["status"].text() == "degraded");
        api.service.chain_answer = Done{};
        CHECK(api.get("/readyz").status == 200);
    }

    TEST_CASE("the queue shows its counts and how long the oldest order waits") {
        ApiServer api;
        api.service.counts.waiting = 2;
        api.service.counts.active = 1;
        api.service.counts.oldest_waiting = api.clock.now() - std::chrono::milliseconds(1'500);
        const JsonValue answer = api.get("/api/queue/metrics").json();
        CHECK(answer["nodes"].items().empty());
        const JsonValue metrics = answer["metrics"];
        CHECK(metrics["waiting"].text() == "2");
        CHECK(metrics["total"].text() == "3");
        CHECK(metrics["oldestWaitingMs"].text() == "1500");
    }

    TEST_CASE("with several nodes the queue shows who works on how many") {
        ApiServer api;
        for (const std::uint64_t holding : {3U, 0U}) {
            StoreNode& node = api.service.node_list.emplace_back();
            node.name = "node-" + std::to_string(holding);
            node.id = node.name + "-1234abcd";
            node.holding = holding;
        }
        const auto nodes = api.get("/api/queue/metrics").json()["nodes"].items();
        REQUIRE(nodes.size() == 2);
        CHECK(nodes[0]["id"].text() == "node-3-1234abcd");
        CHECK(nodes[0]["name"].text() == "node-3");
        CHECK(nodes[0]["active"].text() == "3");
        CHECK(nodes[1]["active"].text() == "0");
    }

    TEST_CASE("the tokens that can be traded are listed with their mints") {
        ApiServer api;
        const auto tokens = api.get("/api/tokens").json()["tokens"].items();
        REQUIRE(!tokens.empty());
        CHECK(tokens[0]["symbol"].text() == "SOL");
        CHECK(tokens[0]["mint"].text() == wrapped_sol_mint().to_string());
    }
}
