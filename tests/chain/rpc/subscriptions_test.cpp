#include "libexec/chain/rpc/subscriptions.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "chain/rpc/subscriptions_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("chain/rpc/subscriptions") {
    TEST_CASE("nothing is connected until there is something to listen to") {
        SubscriptionsWorld world;
        world.time.pass(10s);
        CHECK(world.sockets.wires.empty());
        Told told;
        const RpcSubscription slots = world.slots(told);
        REQUIRE(world.sockets.wires.size() == 1);
        CHECK(world.node().url == "wss://node.example/v2/SECRETKEY");
        CHECK(world.subscriptions->is_connected());
        CHECK(world.asked() == "slotSubscribe");
        CHECK_FALSE(slots.is_listening());
        CHECK(told.all().empty());
        world.answer("4");
        CHECK(slots.is_listening());
        world.notify_slot(4, 12);
        world.notify_slot(4, 11);
        CHECK(told.all() == "gap:first slot@12 slot@11");
    }

    TEST_CASE("accounts come as they are told, in any order of slots; a signature fires once") {
        SubscriptionsWorld world;
        Told changes;
        Told landing;
        const RpcSubscription account = world.account(changes);
        world.answer("1");
        const RpcSubscription landed = world.landed(landing);
        CHECK(world.asked() == "signatureSubscribe");
        world.answer("2");
        world.notify_account(1, 8, 100);
        world.notify_account(1, 7, 50);
        world.notify("signatureNotification", 2, R"({"context":{"slot":6},"value":"receivedSignature"})");
        world.notify_landed(2, 9, R"({"InstructionError":[2,{"Custom":6001}]})");
        world.notify_landed(2, 9);
        CHECK(changes.all() == "gap:first account@8:100 account@7:50");
        CHECK(landing.all() == R"(gap:first signature@9:{"InstructionError":[2,{"Custom":6001}]})");
        CHECK_FALSE(landed.is_listening());
        CHECK(world.sockets.wires.size() == 1);
        CHECK(world.node().heard.size() == 2);  // the node ends it by itself
        const auto bad = world.subscriptions->signature("not a signature", Commitment::confirmed, nullptr);
        CHECK(bad.error().reason == Reason::invalid_parameter);
    }

    TEST_CASE("those who listen to the same share one subscription, which ends with the last of them") {
        SubscriptionsWorld world;
        Told one;
        Told two;
        Told three;
        RpcSubscription first = world.account(one);
        RpcSubscription second = world.account(two);
        CHECK(world.node().heard.size() == 1);
        world.answer("5");
        RpcSubscription third = world.account(three);
        CHECK(three.all() == "gap:first");
        world.notify_account(5, 1, 1);
        first.end();
        first.end();
        world.notify_account(5, 2, 2);
        CHECK(one.all() == "gap:first account@1:1");
        CHECK(two.all() == "gap:first account@1:1 account@2:2");
        CHECK(three.all() == two.all());
        third = RpcSubscription();
        world.time.settle();
        CHECK(world.node().heard.size() == 1);
        second.end();
        world.time.settle();
        CHECK(world.asked() == "accountUnsubscribe");
        CHECK(world.node().heard.back().find("\"params\":[5]") != std::string::npos);
        world.notify_account(5, 3, 3);  // was on its way
        world.answer("true");
        CHECK(world.sockets.wires.size() == 1);

        // Ended and wanted again before the node has answered: it is the same one.
        RpcSubscription again = world.account(one);
        again.end();
        again = world.account(one);
        CHECK(world.node().heard.size() == 3);
        world.answer("6");
        CHECK(again.is_listening());
        // Ended for good before that: it is ended when the node has told its name.
        Told nobody;
        world.slots(nobody).end();
        CHECK(world.asked() == "slotSubscribe");
        world.answer("7");
        CHECK(world.asked() == "slotUnsubscribe");
        CHECK(nobody.all().empty());
    }

    TEST_CASE("subscriptions are bounded, and so are requests under way") {
        RpcSubscriptionsConfig config = SubscriptionsWorld::usual();
        config.subscriptions_most = 3;
        config.unanswered_most = 2;
        SubscriptionsWorld world(std::move(config));
        Told told;
        RpcSubscription account = world.account(told);
        const RpcSubscription landed = world.landed(told);
        const RpcSubscription slots = world.slots(told);
        const auto fourth = world.subscriptions->slots(told.handler());
        REQUIRE_FALSE(fourth);
        CHECK(fourth.error().reason == Reason::queue_full);
        CHECK(world.node().heard.size() == 2);
        world.say(R"({"jsonrpc":"2.0","result":1,"id":1})");
        CHECK(world.node().heard.size() == 3);
        account.end();
        CHECK(world.subscriptions->slots(told.handler()));
    }

    TEST_CASE("a subscriber may throw, end itself, or end everything") {
        SubscriptionsWorld world;
        Told told;
        RpcSubscription self;
        int calls = 0;
        auto made = world.subscriptions->slots([&](const RpcNotice&) {
            ++calls;
            self.end();
        });
        self = std::move(made).value();
        const auto thrower = world.subscriptions->slots(
            [](const RpcNotice&) -> void { throw std::runtime_error("a subscriber's mistake"); });
        const RpcSubscription calm = world.slots(told);
        world.answer("1");
        world.notify_slot(1, 5);
        CHECK(calls == 1);
        CHECK(told.all() == "gap:first slot@5");
        CHECK(world.log.count("rpc.subscriber_threw") == 2);
        const auto last = world.subscriptions->slots([&](const RpcNotice&) { world.subscriptions.reset(); });
        const RpcSubscription behind = world.slots(told);
        CHECK_FALSE(world.subscriptions);
        CHECK(world.node().gone);
        CHECK(told.all() == "gap:first slot@5");
        world.time.pass(1h);
        CHECK(world.sockets.wires.size() == 1);
    }

    TEST_CASE("it may go at any moment, before its subscriptions or after them") {
        for (int moment = 0; moment < 6; ++moment) {
            CAPTURE(moment);
            SubscriptionsWorld world;
            Told told;
            RpcSubscription slots;
            if (moment > 0) slots = std::move(world.subscriptions->slots(told.handler())).value();
            if (moment > 1) world.time.settle();
            if (moment > 2) world.answer("1");
            if (moment > 3) world.node().break_off("cut");
            if (moment > 4) world.time.settle();
            world.subscriptions.reset();
            world.time.pass(1min);
            CHECK(world.sockets.wires.size() <= 1);
            CHECK(told.notices.size() <= 2);
            slots.end();
        }
        auto world = std::make_unique<SubscriptionsWorld>();
        Told told;
        const RpcSubscription outlives = world->slots(told);
        world->answer("1");
        world.reset();
        CHECK(told.all() == "gap:first");
    }
}
