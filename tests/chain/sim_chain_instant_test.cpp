#include <doctest/doctest.h>

#include <map>

#include "chain/sim_world.hpp"

using namespace libexec;
using namespace std::chrono_literals;

namespace {

SimChainConfig instant_chain(std::uint32_t failure_rate_ppm) {
    SimChainConfig config = test::calm_chain(0);
    config.failure_rate_ppm = failure_rate_ppm;
    config.drift_bps = 50;
    return config;
}

/// One order's life against the chain, in many small steps so that others come between.
Task<void> trade(test::SimWorld& world, std::uint64_t key, std::string& fate, int& running) {
    for (std::uint32_t number = 1; number <= 3; ++number) {
        const Anchor anchor = (co_await world.chain->anchor()).value();
        SwapPlan plan = test::some_plan(key, number);
        const Result<Bytes> message = encode_sim_message(plan, anchor);
        UnsignedTransaction transaction;
        transaction.message = message.value();
        SimSigner signer;
        const Result<SignedTransaction> ready = co_await signer.sign(std::move(transaction), SwapTerms());
        Attempt attempt;
        attempt.order = plan.order;
        attempt.number = number;
        attempt.signature = ready.value().signature;
        attempt.signed_bytes = ready.value().bytes;
        attempt.last_valid_height = anchor.last_valid_height;
        co_await world.time.sleep_for(0us);
        const Result<Done> sent = co_await world.chain->send(test::CommittingStore::of(attempt));
        CHECK(sent);
        std::string seen = "unknown";
        bool final = false;
        for (int looks = 0; looks < 20 && !final; ++looks) {
            co_await world.time.sleep_for(0us);
            const Observation what = co_await world.chain->observe(attempt);
            const Landed* const landed = std::get_if<Landed>(&what);
            seen = test::outcome_text(what);
            final = seen == "dead" || (landed != nullptr && landed->commitment == Commitment::finalized);
        }
        fate += std::to_string(number) + " " + seen + "; ";
        if (seen.starts_with("ok")) break;
    }
    --running;
}

Task<void> trade_all(test::SimWorld& world, std::vector<std::string>& fates, std::uint64_t concurrency) {
    int running = 0;
    for (std::uint64_t key = 0; key < fates.size(); ++key) {
        while (running >= static_cast<int>(concurrency)) co_await world.time.sleep_for(0us);
        ++running;
        world.time.spawn(trade(world, key, fates[key], running));
    }
    while (running > 0) co_await world.time.sleep_for(0us);
}

std::vector<std::string> fates_of(std::size_t orders, std::uint64_t concurrency,
                                  std::uint32_t failure_rate_ppm) {
    test::SimWorld world(instant_chain(failure_rate_ppm));
    std::vector<std::string> fates(orders);
    const Time start = world.time.now();
    world.time.run(trade_all(world, fates, concurrency));
    CHECK(world.time.now() == start);
    return fates;
}

}  // namespace

TEST_SUITE("chain/sim_chain without waiting") {
    TEST_CASE("200 orders meet the same fates one at a time and fifty at once") {
        const auto alone = fates_of(200, 1, 500'000);
        const auto together = fates_of(200, 50, 500'000);
        CHECK(alone == together);
        int retried = 0;
        for (const std::string& fate : alone) retried += fate.find("2 ") != std::string::npos ? 1 : 0;
        CHECK(retried > 50);  // 40 % of the first attempts fail
        CHECK(retried < 110);
    }

    TEST_CASE("no time passes, and slots go by with what happens") {
        test::SimWorld world(instant_chain(0));
        const Time start = world.time.now();
        const std::uint64_t slot = world.chain->slot();
        const Attempt attempt = world.attempt(1);
        REQUIRE(world.send(attempt));
        CHECK(world.chain->slot() == slot + 1);
        const Observation seen = world.watch(attempt);
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).ok);
        CHECK(world.chain->slot() >= std::get<Landed>(seen).slot + 3);
        CHECK(world.time.now() == start);
        CHECK(world.time.slept().empty());
    }

    TEST_CASE("a landing is final at its own first to third look, never later") {
        test::SimWorld world(instant_chain(0));
        std::map<int, int> looks_needed;
        for (std::uint64_t key = 0; key < 300; ++key) {
            const Attempt attempt = world.attempt(key);
            REQUIRE(world.send(attempt));
            for (int looks = 1;; ++looks) {
                REQUIRE(looks <= 3);
                const Observation seen = world.observe(attempt);
                const Landed* const landed = std::get_if<Landed>(&seen);
                if (landed == nullptr || landed->commitment != Commitment::finalized) continue;
                ++looks_needed[looks];
                break;
            }
        }
        for (int looks = 1; looks <= 3; ++looks) CHECK(looks_needed[looks] > 70);
    }

    TEST_CASE("what arrived does not go stale, however much happens meanwhile") {
        test::SimWorld world(instant_chain(0));
        const Attempt early = world.attempt(1);
        const Attempt unsent = world.attempt(2);
        REQUIRE(world.send(early));
        for (std::uint64_t key = 10; key < 60; ++key) REQUIRE(world.send(world.attempt(key)));
        CHECK(world.chain->height() > early.last_valid_height);
        CHECK(test::outcome_text(world.watch(early)).starts_with("ok"));
        REQUIRE(world.send(unsent));
        CHECK(test::outcome_text(world.watch(unsent)).starts_with("ok"));
    }

    TEST_CASE("a lost transaction is proven dead at its own third look, and never comes back") {
        SimChainConfig config = instant_chain(1'000'000);
        test::TempDir folder;
        config.journal_path = folder.file("chain.journal");
        test::SimWorld world(config);
        int lost = 0;
        for (std::uint64_t key = 0; key < 50; ++key) {
            const Attempt attempt = world.attempt(key);
            REQUIRE(world.send(attempt));
            if (!std::holds_alternative<Unknown>(world.observe(attempt))) continue;
            if (!std::holds_alternative<Unknown>(world.observe(attempt))) continue;
            const Observation third = world.observe(attempt);
            if (!std::holds_alternative<ProvablyDead>(third)) continue;
            ++lost;
            CHECK(world.send(attempt).error().reason == Reason::stale_blockhash);
            CHECK(world.chain->height() > attempt.last_valid_height + 3);
            world.open();
            CHECK(world.send(attempt).error().reason == Reason::stale_blockhash);
            CHECK(std::holds_alternative<ProvablyDead>(world.watch(attempt)));
        }
        CHECK(lost > 8);
    }

    TEST_CASE("a signature that never arrived is dead at its third look, and refused from then on") {
        SimChainConfig config = instant_chain(0);
        test::TempDir folder;
        config.journal_path = folder.file("chain.journal");
        test::SimWorld world(config);
        const Attempt attempt = world.attempt(1);
        CHECK(std::holds_alternative<Unknown>(world.observe(attempt)));
        CHECK(std::holds_alternative<Unknown>(world.observe(attempt)));
        CHECK(std::holds_alternative<ProvablyDead>(world.observe(attempt)));
        CHECK(world.send(attempt).error().reason == Reason::stale_blockhash);
        REQUIRE(world.journal().size() == 2);
        CHECK(world.journal()[1].outcome == SimJournalLine::Outcome::dropped);
        CHECK(world.journal()[1].signature == attempt.signature);
        world.open();
        CHECK(world.send(attempt).error().reason == Reason::stale_blockhash);
    }

    TEST_CASE("a second transaction that nobody watches still lands, so the journal shows it") {
        SimChainConfig config = instant_chain(0);
        test::TempDir folder;
        config.journal_path = folder.file("chain.journal");
        test::SimWorld world(config);
        const Attempt one = world.attempt(1, 1);
        const Attempt two = world.attempt(1, 2);
        REQUIRE(world.send(one));
        REQUIRE(world.send(two));
        CHECK(test::outcome_text(world.watch(two)).starts_with("ok"));
        world.chain.reset();
        int landings = 0;
        for (const auto& line : world.journal())
            landings += line.outcome == SimJournalLine::Outcome::landed_ok ? 1 : 0;
        CHECK(landings == 2);
    }
}
