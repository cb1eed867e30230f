// Who waits for a read, and what he is told.

#include <doctest/doctest.h>

#include "chain/rpc/watch_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("chain/solana/watched_reader askers") {
    TEST_CASE("those who ask for the same at the same time share one read") {
        WatchWorld world;
        world.chain.latency = 50ms;
        for (int i = 0; i < 5; ++i) world.ask_beside();
        CHECK(world.chain.calls.size() == 1);
        world.time.pass(50ms);
        REQUIRE(world.answers.size() == 5);
        for (const auto& answer : world.answers) CHECK(answer.value().slot == 100);
        CHECK(world.chain.calls.size() == 1);
        CHECK(world.counted("chain") == 1);
        CHECK(world.counted("shared") == 4);
    }

    TEST_CASE("who comes while it is read does not get a failure or a state that is known to be old") {
        WatchWorld world;
        world.warm();
        world.time.pass(3s);
        world.chain.latency = 100ms;
        world.ask_beside();  // reads slot 100
        CHECK(world.chain.calls.size() == 1);
        world.change();
        world.ask_beside();
        world.ask_beside();
        world.time.pass(100ms);
        // The first has what he asked for; the others know of a change that is not in it.
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0].value().slot == 100);
        CHECK(world.chain.calls.size() == 2);
        CHECK(world.chain.calls[1].least_slot == 101);
        world.time.pass(100ms);
        REQUIRE(world.answers.size() == 3);
        CHECK(world.answers[1].value().slot == 101);
        CHECK(world.answers[2].value().slot == 101);
        CHECK(world.chain.calls.size() == 2);

        world.time.pass(3s);
        world.answers.clear();
        world.chain.calls.clear();
        world.chain.failure = reject(Reason::rate_limited, "down");
        world.ask_beside();
        world.chain.failure.reset();
        world.ask_beside();
        world.ask_beside();
        world.time.pass(100ms);
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0].error().detail == "down");
        world.time.pass(100ms);
        REQUIRE(world.answers.size() == 3);
        CHECK(world.answers[1]);
        CHECK(world.answers[2]);
        CHECK(world.chain.calls.size() == 2);
        // One that fails after he came is his as well: nobody asks for ever.
        world.time.pass(3s);
        world.answers.clear();
        world.chain.calls.clear();
        world.chain.failure = reject(Reason::rate_limited, "down");
        world.ask_beside();
        world.ask_beside();
        world.time.pass(300ms);
        REQUIRE(world.answers.size() == 2);
        CHECK_FALSE(world.answers[1]);
        CHECK(world.chain.calls.size() == 2);
    }

    TEST_CASE("a slot that nobody has reached is not insisted on when somebody waits") {
        WatchWorld world;
        world.warm();
        world.chain.reached = 100;
        world.tell(world.pool[0], 105, 50);
        CHECK(world.chain.calls.size() == 1);  // unasked: nobody waits
        CHECK(world.ask().value().slot == 100);
        REQUIRE(world.chain.calls.size() == 2);
        CHECK(world.chain.calls[1].least_slot == 0);
        // It shows less than what was heard of, and is not used again.
        CHECK(world.ask().value().slot == 100);
        CHECK(world.chain.calls.size() == 3);
        world.chain.slot = 105;
        world.chain.lamports = 50;
        world.chain.reached = 105;
        CHECK(world.ask().value().slot == 105);
        CHECK(world.ask().value().slot == 105);
        CHECK(world.chain.calls.size() == 4);

        // With somebody waiting the next question follows at once.
        world.time.pass(3s);
        world.tell(world.pool[0], 110, 60);
        world.chain.calls.clear();
        CHECK(world.ask().value().slot == 105);
        REQUIRE(world.chain.calls.size() == 2);
        CHECK(world.chain.calls[0].least_slot == 110);
        CHECK(world.chain.calls[1].least_slot == 0);
        // An endpoint that asks for a rest is not asked again.
        world.chain.slot = 110;
        world.chain.lamports = 60;
        world.chain.reached = 110;
        REQUIRE(world.ask());
        world.time.pass(3s);
        world.tell(world.pool[0], 111, 70);
        world.chain.unreached = reject(Reason::rate_limited, "429");
        world.chain.calls.clear();
        CHECK(world.ask().error().reason == Reason::rate_limited);
        CHECK(world.chain.calls.size() == 1);
    }

    TEST_CASE("a reader that throws is an error, and one that goes away leaves nothing behind") {
        WatchWorld world;
        world.chain.throws = true;
        CHECK(world.ask().error().reason == Reason::internal);
        world.chain.throws = false;
        world.chain.latency = 100ms;
        world.ask_beside();
        world.reader.reset();
        world.time.pass(200ms);
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0]);
    }

    TEST_CASE("a reader that is gone asks nobody a second time") {
        WatchWorld world;
        world.warm();
        world.time.pass(3s);
        world.chain.reached = 100;
        world.tell(world.pool[0], 105, 50);
        world.chain.latency = 100ms;
        world.ask_beside();
        CHECK(world.chain.calls.size() == 1);
        world.reader.reset();
        world.time.pass(300ms);
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0].error().reason == Reason::cancelled);
        CHECK(world.chain.calls.size() == 1);
    }
}
