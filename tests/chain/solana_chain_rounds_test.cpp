// When the endpoints are asked: in rounds, which keep a distance and which a hint makes begin.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "chain/solana_chain_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

Task<void> observe_beside(Chain& chain, Attempt attempt, int& count) {
    co_await chain.observe(std::move(attempt));
    ++count;
}

Task<void> observe_for_ever(Chain& chain, Attempt attempt, const bool& over) {
    while (!over) co_await chain.observe(attempt);
}

}  // namespace

TEST_SUITE("chain/solana_chain rounds") {
    TEST_CASE("all transactions under way are asked for in one question a round") {
        SolanaChainWorld world;
        std::vector<Attempt> attempts(300, world.attempt);
        int done = 0;
        for (std::size_t i = 0; i < attempts.size(); ++i) {
            attempts[i].signature = "sig" + std::to_string(i);
            world.time.spawn(observe_beside(*world.chain, attempts[i], done));
        }
        world.time.pass(2s);
        CHECK(done == 300);
        REQUIRE(world.network.asked.size() == 2);
        CHECK(world.network.asked[0].size() == 256);
        CHECK(world.network.asked[1].size() == 44);

        // One alone is asked for at once, and the next one not before the pause is over.
        const Time began = world.time.now();
        world.observe();
        CHECK(world.time.now() == began);
        world.observe();
        CHECK(world.time.now() - began == 500ms);
    }

    TEST_CASE("a hint makes the next round begin at once") {
        SolanaChainWorld world;
        int looks = 0;
        const auto listening = world.chain->listen(world.attempt, [&looks] { ++looks; });
        REQUIRE(listening);
        CHECK(world.network.listened == std::vector<std::string>{"sig finalized"});
        world.observe();
        int done = 0;
        world.time.spawn(observe_beside(*world.chain, world.attempt, done));
        world.time.pass(200ms);
        CHECK(done == 0);
        world.network.hint();
        CHECK(looks == 1);
        world.time.pass(0ms);
        CHECK(done == 1);

        // The pause after it is the usual one, and a hint in the meantime counts for who asks later.
        world.time.spawn(observe_beside(*world.chain, world.attempt, done));
        world.time.pass(499ms);
        CHECK(done == 1);
        world.time.pass(1ms);
        CHECK(done == 2);
        world.time.pass(300ms);
        world.network.hint();
        const Time began = world.time.now();
        world.observe();
        CHECK(world.time.now() == began);
    }

    TEST_CASE("however many hints there are, rounds keep a distance") {
        SolanaChainWorld world;
        const auto listening = world.chain->listen(world.attempt, [] {});
        world.observe();
        int done = 0;
        world.time.spawn(observe_beside(*world.chain, world.attempt, done));
        world.time.pass(30ms);
        world.network.hint();
        world.network.hint();
        world.time.pass(69ms);
        CHECK(done == 0);
        world.time.pass(1ms);
        CHECK(done == 1);

        // A node that hints all the time, while somebody asks all the time.
        world.time.pass(10s);
        world.network.asked.clear();
        bool over = false;
        world.time.spawn(observe_for_ever(*world.chain, world.attempt, over));
        for (int i = 0; i < 10'000; ++i) {
            world.network.hint();
            world.time.pass(1ms);
        }
        CHECK(world.network.asked.size() >= 99);
        CHECK(world.network.asked.size() <= 101);
        // And nobody is asked when nobody wants to know.
        over = true;
        world.time.pass(1s);
        world.network.asked.clear();
        for (int i = 0; i < 1'000; ++i) {
            world.network.hint();
            world.time.pass(1ms);
        }
        CHECK(world.network.asked.empty());
    }

    TEST_CASE("a hint hurries the full rounds as well") {
        SolanaChainWorld world;
        const auto listening = world.chain->listen(world.attempt, [] {});
        world.observe();
        world.network.asked.clear();
        int done = 0;
        for (int i = 0; i < 300; ++i) {
            Attempt attempt = world.attempt;
            attempt.signature = "sig" + std::to_string(i);
            world.time.spawn(observe_beside(*world.chain, std::move(attempt), done));
        }
        world.time.pass(150ms);
        CHECK(done == 0);
        world.network.hint();
        world.time.pass(0ms);
        CHECK(done == 300);
        CHECK(world.network.asked.size() == 2);
    }

    TEST_CASE("a network that tells nothing by itself is asked as before") {
        SolanaChainWorld world;
        world.network.deaf = true;
        CHECK(world.chain->listen(world.attempt, [] {}) == nullptr);
        world.observe();
        const Time began = world.time.now();
        world.observe();
        CHECK(world.time.now() - began == 500ms);
    }

    TEST_CASE("health is that of the endpoints, a second old at the most") {
        SolanaChainWorld world;
        world.time.settle();
        CHECK(world.chain->health());
        world.network.well = reject(Reason::service_unavailable, "nobody answers");
        CHECK(world.chain->health());
        world.time.pass(1s);
        CHECK(world.chain->health().error().detail == "nobody answers");
    }
}
