#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

struct FaultyApi : ApiServer {
    FaultyApi() : faults(clock, {"raydium", "meteora", "chain"}) { service.sim_faults = &faults; }
    ApiAnswer put(const std::string& target, const std::string& body) {
        return call("PUT", "/api/faults/" + target, json_type, body);
    }
    SimFaults faults;
};

std::string code_of(const ApiAnswer& answer) { return answer.json()["code"].text(); }

}  // namespace

TEST_SUITE("server/faults") {
    TEST_CASE("a fault is set, seen, replaced and cleared") {
        FaultyApi api;
        CHECK(api.get("/api/faults").body == R"({"faults":[]})");
        const ApiAnswer set = api.put("raydium", R"({"mode":"timeout","rate":"0.30","forMs":60000})");
        CHECK(set.status == 200);
        CHECK(set.json()["target"].text() == "raydium");
        CHECK(set.json()["rate"].text() == "0.3");
        CHECK(set.json()["until"].time() == api.clock.now() + 60s);
        CHECK(api.get("/api/faults").json()["faults"].items()[0].json() == set.body);
        CHECK(api.put("chain", R"({"mode":"stall"})").body ==
              R"({"target":"chain","mode":"stall","rate":"1","until":null})");
        CHECK(api.put("raydium", R"({"mode":"slow","rate":0.000001})").json()["rate"].text() == "0.000001");
        CHECK(api.get("/api/faults").json()["faults"].items().size() == 2);
        CHECK(api.faults.find("raydium")->mode == SimFaultMode::slow);
        CHECK(api.call("DELETE", "/api/faults/raydium").json()["mode"].text() == "slow");
        const ApiAnswer none = api.call("DELETE", "/api/faults/raydium");
        CHECK(none.status == 404);
        CHECK(none.json()["detail"].text() == "raydium has no fault");
        CHECK_FALSE(api.faults.find("raydium"));
    }

    TEST_CASE("the faults of a chain in a process of its own are switched there, and the answer says so") {
        FaultyApi api;
        SimFaults venues_only(api.clock, {"raydium"});
        api.service.sim_faults = &venues_only;
        const ApiAnswer elsewhere = api.put("chain", R"({"mode":"drop"})");
        CHECK(elsewhere.status == 404);
        CHECK(elsewhere.json()["detail"].text().find("execsim fault") != std::string::npos);
        CHECK(api.call("DELETE", "/api/faults/chain").status == 404);
        CHECK(api.put("raydium", R"({"mode":"error"})").status == 200);
    }

    TEST_CASE("a fault that was set for a while is over by itself") {
        FaultyApi api;
        CHECK(api.put("meteora", R"({"mode":"error","forMs":1000})").status == 200);
        api.clock.pass(999ms);
        CHECK(api.faults.find("meteora"));
        api.clock.pass(1ms);
        CHECK_FALSE(api.faults.find("meteora"));
        CHECK(api.get("/api/faults").json()["faults"].items().empty());
        CHECK(api.call("DELETE", "/api/faults/meteora").status == 404);
    }

    TEST_CASE("what cannot be set is refused with the possible words and the nearest one") {
        FaultyApi api;
        const ApiAnswer stranger = api.put("raydum", R"({"mode":"error"})");
        CHECK(stranger.status == 404);
        CHECK(
            stranger.json()["detail"].text() ==
            "nothing simulated is called 'raydum': did you mean raydium? There are raydium, meteora, chain");
        struct Row {
            const char* target;
            const char* body;
            const char* pointer;
            const char* part;
        };
        for (const Row& row :
             {Row{"raydium", R"({"mode":"tiemout"})", "/mode",
                  "timeout, error or slow: did you mean timeout?"},
              Row{"raydium", R"({"mode":"drop"})", "/mode", "must be timeout, error or slow"},
              Row{"chain", R"({"mode":"timeout"})", "/mode", "must be drop or stall"},
              Row{"chain", R"({})", "/mode", "is required: send drop or stall"},
              Row{"chain", R"({"mode":1})", "/mode", "must be drop or stall"},
              Row{"chain", R"({"mode":"stall","rate":"0.5"})", "/rate", "must be 1 with stall"},
              Row{"chain", R"({"mode":"drop","rate":"1.1"})", "/rate", "from 0 to 1"},
              Row{"chain", R"({"mode":"drop","rate":-1})", "/rate", "from 0 to 1"},
              Row{"chain", R"({"mode":"drop","rate":"0.0000001"})", "/rate", "6 digits"},
              Row{"chain", R"({"mode":"drop","forMs":0})", "/forMs", "from 1 to 86400000"},
              Row{"chain", R"({"mode":"drop","forMs":"5"})", "/forMs", "without quotes"},
              Row{"chain", R"({"mode":"drop","formS":5})", "/formS", "did you mean forMs?"},
              Row{"chain", R"({"mode":"drop","mode":"drop"})", "/mode", "is given twice"},
              Row{"chain", "[]", "", "send an object"}, Row{"chain", "", "", "the body is empty"}}) {
            CAPTURE(row.body);
            const ApiAnswer answer = api.put(row.target, row.body);
            CHECK(answer.status == 400);
            CHECK(code_of(answer) == "invalid_body");
            REQUIRE(answer.json()["errors"].items().size() == 1);
            CHECK(answer.json()["errors"].items()[0]["pointer"].text() == row.pointer);
            CHECK(answer.json()["errors"].items()[0]["message"].text().find(row.part) != std::string::npos);
        }
        CHECK(api.call("PUT", "/api/faults/chain", "Content-Type: text/plain\r\n", "{}").status == 415);
        CHECK(api.faults.active().empty());
        CHECK(api.call("POST", "/api/faults/chain").header("Allow") == "PUT, DELETE, OPTIONS");
        CHECK(api.call("PUT", "/api/faults/chain", json_type + "Origin: https://elsewhere.example\r\n",
                       R"({"mode":"drop"})")
                  .status == 403);
    }

    TEST_CASE("where nothing is simulated there are no faults to set") {
        ApiServer api;
        for (const ApiAnswer& answer :
             {api.get("/api/faults"), api.call("PUT", "/api/faults/chain", json_type, R"({"mode":"drop"})"),
              api.call("DELETE", "/api/faults/chain")}) {
            CHECK(answer.status == 404);
            CHECK(code_of(answer) == "not_found");
            CHECK(answer.json()["detail"].text().find("nothing is simulated here") == 0);
        }
    }
}
