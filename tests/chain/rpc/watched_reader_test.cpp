#include "libexec/chain/solana/watched_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "chain/rpc/watch_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("chain/solana/watched_reader") {
    TEST_CASE("what is asked for is listened to, and then it need not be read again") {
        WatchWorld world;
        CHECK(world.sockets.wires.empty());  // nothing to listen to
        const Time asked_at = world.time.now();
        const auto first = world.ask();
        REQUIRE(first);
        CHECK(first.value().slot == 100);
        CHECK(first.value().accounts.size() == 3);
        CHECK(first.value().asked_at == asked_at);
        REQUIRE(world.chain.calls.size() == 1);
        CHECK(world.chain.calls[0].addresses == world.pool);
        CHECK(world.chain.calls[0].least_slot == 0);
        CHECK(world.node().heard.size() == 2);  // not the clock

        // What was read before the node confirmed may have changed since: it is read again, unasked.
        world.confirm();
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(1s);
        const auto second = world.ask({world.pool[2], world.pool[1], world.pool[0], world.pool[1]});
        CHECK(world.chain.calls.size() == 2);
        CHECK(second.value().asked_at == asked_at);
        CHECK(second.value().accounts == first.value().accounts);
        CHECK(world.counted("chain") == 1);
        CHECK(world.counted("renewal") == 1);
        CHECK(world.counted("shelf") == 1);
        CHECK(world.counted("shared") == 0);

        // Two seconds are its life, whatever the node says or does not say.
        world.time.pass(1s + 1ms);
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 3);
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 3);
        // Everything else goes through.
        CHECK(world.time.run(world.reader->accounts(world.pool, 5)).value().slot == 100);
        CHECK(world.chain.calls.back().least_slot == 5);
        AccountSearch search(watched_key(9), 165);
        CHECK(world.time.run(world.reader->search(std::move(search))).value().slot == 0);
        CHECK(world.time.run(world.reader->simulate({}, {}, 9)).value().slot == 9);
        CHECK(world.time.run(world.reader->recent_fees({})).value().size() == 1);
        CHECK(world.time.run(world.reader->rent_exemption(3)).value() == 3);
    }

    TEST_CASE("a change is read at once, of its slot at the least, while somebody asks") {
        WatchWorld world;
        world.warm();
        world.change();
        REQUIRE(world.chain.calls.size() == 1);
        CHECK(world.chain.calls[0].least_slot == 101);
        // The same change, told of another account, is in it already.
        world.tell(world.pool[1], 101, 11);
        CHECK(world.chain.calls.size() == 1);
        const auto read = world.ask();
        CHECK(world.chain.calls.size() == 1);
        CHECK(read.value().slot == 101);
        CHECK(read.value().accounts.at(world.pool[0]).lamports == 11);

        // What changes while it is read is read once more.
        world.chain.latency = 100ms;
        world.change();
        world.change();
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(100ms);
        CHECK(world.chain.calls.size() == 3);
        CHECK(world.chain.calls[2].least_slot == 103);
        world.time.pass(100ms);
        CHECK(world.ask().value().slot == 103);
        CHECK(world.chain.calls.size() == 3);
    }

    TEST_CASE("when nobody asks any more nothing is read, and at last nothing is listened to") {
        WatchWorld world;
        world.warm();
        world.time.pass(2s + 1ms);
        world.change();
        CHECK(world.chain.calls.empty());
        CHECK(world.ask().value().slot == 101);
        CHECK(world.chain.calls.size() == 1);
        world.time.pass(60s);
        world.change();
        world.confirm();
        CHECK(world.ended == 0);
        world.time.pass(1s);
        world.change();
        world.confirm();
        CHECK(world.ended == 2);
        CHECK(world.chain.calls.size() == 1);
        // And from the start again.
        REQUIRE(world.ask());
        world.confirm();
        world.chain.calls.clear();
        REQUIRE(world.ask());
        CHECK(world.chain.calls.empty());
    }

    TEST_CASE("four reads a second are made unasked, not more") {
        WatchWorld world;
        world.warm();
        world.time.pass(1s);
        REQUIRE(world.ask());
        for (int i = 0; i < 30; ++i) {
            world.change();
            world.time.pass(30ms);
        }
        CHECK(world.chain.calls.size() == 4);
        CHECK(world.ask().value().slot == world.chain.slot);
        CHECK(world.chain.calls.size() == 5);
        world.time.pass(200ms);
        world.change();
        CHECK(world.chain.calls.size() == 6);
    }

    TEST_CASE("after a read that failed nothing is read unasked until one that was asked for succeeded") {
        WatchWorld world;
        world.warm();
        world.chain.failure = reject(Reason::rate_limited, "429");
        world.change();
        CHECK(world.chain.calls.size() == 1);
        world.time.pass(100ms);
        world.change();
        CHECK(world.chain.calls.size() == 1);
        // Who asks is told what happened to his own question.
        CHECK(world.ask().error().reason == Reason::rate_limited);
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(900ms);
        world.change();
        CHECK(world.chain.calls.size() == 2);
        world.chain.failure.reset();
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 3);
        world.change();
        CHECK(world.chain.calls.size() == 4);
    }

    TEST_CASE("while the connection is lost each question is read; afterwards it is read anew, unasked") {
        WatchWorld world;
        world.warm();
        world.node().break_off("reset by peer");
        world.time.settle();
        REQUIRE(world.ask());
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(1s);
        REQUIRE(world.sockets.wires.size() == 2);
        world.chain.slot = 105;
        world.chain.lamports = 15;
        world.chain.calls.clear();
        world.answered = 0;
        world.confirm();
        CHECK(world.chain.calls.size() == 1);
        CHECK(world.ask().value().slot == 105);
        CHECK(world.chain.calls.size() == 1);
    }

    TEST_CASE("what cannot be listened to is read each time") {
        WatchWorld world;
        std::vector<PublicKey> many;
        for (std::uint8_t i = 0; i < 255; ++i) many.push_back(watched_key(i));
        std::vector<PublicKey> more;
        for (std::size_t i = 0; i < 400; ++i) {
            std::array<std::uint8_t, 32> bytes{};
            bytes[1] = static_cast<std::uint8_t>(i % 250 + 1);
            bytes[2] = static_cast<std::uint8_t>(i / 250);
            more.emplace_back(bytes);
        }
        many.insert(many.end(), more.begin(), more.end());
        REQUIRE(world.ask(many));
        REQUIRE(world.ask(many));
        CHECK(world.chain.calls.size() == 2);
        CHECK(world.sockets.wires.empty());  // more than all that may be listened to

        // The bounds of the connection are reached by others.
        std::vector<RpcSubscription> others;
        for (std::uint8_t i = 0; i < 255; ++i) {
            auto made = world.subscriptions->account(more[i], Commitment::finalized, [](const RpcNotice&) {});
            if (made) others.push_back(std::move(made).value());
            made = world.subscriptions->account(more[i], Commitment::processed, [](const RpcNotice&) {});
            if (made) others.push_back(std::move(made).value());
        }
        CHECK(others.size() == 450);
        REQUIRE(world.ask());
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 4);

        // Room comes back, and is used: two of all there is are the pool's.
        others.clear();
        world.time.pass(1s);
        REQUIRE(world.ask());
        for (std::uint8_t i = 0; i < 255; ++i) {
            for (const Commitment commitment : {Commitment::finalized, Commitment::processed}) {
                auto made = world.subscriptions->account(more[i], commitment, [](const RpcNotice&) {});
                if (made) others.push_back(std::move(made).value());
            }
        }
        CHECK(others.size() == 448);
    }
}
