// What becomes of subscriptions when the node goes away, refuses, or breaks the rules.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "chain/rpc/subscriptions_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("chain/rpc/subscriptions trouble") {
    TEST_CASE("a lost connection is made again: silence, then a gap, and everything anew") {
        SubscriptionsWorld world;
        Told changes;
        Told beats;
        const RpcSubscription account = world.account(changes);
        world.answer("1");
        const RpcSubscription slots = world.slots(beats);
        world.answer("2");
        const auto lost_at = world.time.now();
        world.node().close(WsCloseCode::going_away, "restart of /v2/SECRETKEY");
        world.time.settle();
        CHECK_FALSE(account.is_listening());
        CHECK_FALSE(world.subscriptions->is_connected());
        CHECK(changes.notices.back() ==
              "silence:https://node.example: the node closed the socket with 1001 restart of /v2/***");
        world.time.pass(1s);
        REQUIRE(world.sockets.wires.size() == 2);
        CHECK(world.node().opened_at - lost_at >= 125ms);
        CHECK(world.node().opened_at - lost_at <= 250ms);
        REQUIRE(world.node().heard.size() == 2);
        world.say(R"({"jsonrpc":"2.0","result":9,"id":)" + world.id() + "}");
        CHECK(beats.all().ends_with("gap:again"));
        world.notify_slot(2, 5);  // the old name means nothing here
        world.notify_slot(9, 6);
        CHECK(beats.all().ends_with("gap:again slot@6"));
        CHECK(world.log.count("rpc.subscriptions_lost") == 1);
        for (const std::string& line : world.log.lines) CHECK(line.find("SECRETKEY") == std::string::npos);
    }

    TEST_CASE("a node that stays away is tried ever more rarely, by chance and by its own wish") {
        SubscriptionsWorld world;
        Told told;
        for (int i = 0; i < 12; ++i)
            world.sockets.refusals.push_back(reject(Reason::service_unavailable, "no connection"));
        const RpcSubscription slots = world.slots(told);
        for (int i = 0; i < 1'000 && world.sockets.wires.size() < 13; ++i) world.time.pass(500ms);
        REQUIRE(world.sockets.wires.size() == 13);
        auto most = std::chrono::milliseconds(250);
        bool by_chance = false;
        for (std::size_t i = 1; i < world.sockets.wires.size(); ++i) {
            const auto pause = world.sockets.wires[i]->opened_at - world.sockets.wires[i - 1]->opened_at;
            CAPTURE(i);
            CHECK(pause >= most / 2);
            CHECK(pause <= most);
            by_chance = by_chance || (pause != most && pause != most / 2);
            most = std::min<std::chrono::milliseconds>(most * 2, 30s);
        }
        CHECK(by_chance);
        CHECK(told.all().empty());  // nobody was listening, so nobody falls silent
        CHECK(world.log.count("rpc.subscriptions_lost") == 1);
        world.answer("1");
        world.time.pass(31s);  // it holds: the next loss is a first one again
        world.node().break_off("cut");
        world.time.pass(260ms);
        CHECK(world.sockets.wires.size() == 14);

        world.sockets.refusals.push_back(reject(Reason::rate_limited, "429"));
        world.node().break_off("cut");
        world.time.pass(1s);
        REQUIRE(world.sockets.wires.size() == 15);
        world.time.pass(4s);
        CHECK(world.sockets.wires.size() == 15);
        world.sockets.retry_after = 60s;
        world.sockets.refusals.push_back(reject(Reason::rate_limited, "429"));
        world.time.pass(2s);
        REQUIRE(world.sockets.wires.size() == 16);
        world.sockets.retry_after.reset();
        world.time.pass(58s);
        CHECK(world.sockets.wires.size() == 16);
        world.time.pass(3s);
        CHECK(world.sockets.wires.size() == 17);
    }

    TEST_CASE("a message against the rules is told to nobody and ends the connection") {
        const char* const messages[] = {
            "nonsense",
            R"({"jsonrpc":"2.0","result":1,"id":999})",
            R"({"jsonrpc":"2.0","result":true,"id":1})",
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}})",
            R"({"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":50,"result":{}}})",
            R"({"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":50,"result":{"slot":1,"parent":2,"root":0}}})",
            R"({"jsonrpc":"2.0","method":"accountNotification","params":{"subscription":50,"result":null}})",
        };
        for (const char* const message : messages) {
            CAPTURE(message);
            SubscriptionsWorld world;
            Told told;
            const RpcSubscription slots = world.slots(told);
            world.answer("50");
            world.say(message);
            CHECK(world.node().gone);
            REQUIRE(told.notices.size() == 2);
            CHECK(told.notices[1].find("says what nobody can understand") != std::string::npos);
            world.time.pass(1s);
            CHECK(world.sockets.wires.size() == 2);
        }
        SubscriptionsWorld world;
        Told told;
        const RpcSubscription slots = world.slots(told);
        world.answer("3");
        const RpcSubscription account = world.account(told);
        world.answer("3");  // the name of another one
        CHECK(world.node().gone);
        world.time.pass(1s);
        WsMessage bytes;
        bytes.kind = WsMessage::Kind::binary;
        world.node().put(bytes);
        world.time.settle();
        CHECK(world.node().gone);
    }

    TEST_CASE("a refused subscription is silent, and asked for again later; others are not harmed") {
        SubscriptionsWorld world;
        Told changes;
        Told beats;
        const RpcSubscription account = world.account(changes);
        world.say(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"Node is behind"}})");
        CHECK(changes.all() == "silence:error -32005: Node is behind");
        const RpcSubscription slots = world.slots(beats);
        world.answer("2");
        world.time.pass(29s);
        CHECK(world.node().heard.size() == 2);
        world.time.pass(4s);
        REQUIRE(world.node().heard.size() == 3);
        CHECK(world.asked() == "accountSubscribe");
        world.answer("3");
        CHECK(changes.all().ends_with("gap:first"));
        CHECK(world.sockets.wires.size() == 1);
    }

    TEST_CASE("a node that does not answer is left, one that answers slowly is not") {
        SubscriptionsWorld world;
        Told told;
        const RpcSubscription slots = world.slots(told);
        world.time.pass(9s);
        CHECK_FALSE(world.node().gone);
        world.answer("1");
        world.time.pass(1h);
        CHECK_FALSE(world.node().gone);
        const RpcSubscription account = world.account(told);
        world.time.pass(16s);
        CHECK(world.sockets.wires.size() == 2);
        CHECK(told.notices.back().find("does not answer a subscription in time") != std::string::npos);
    }
}
