#include "libexec/chain/sim/remote_chain.hpp"

#include <doctest/doctest.h>

#include "chain/remote_chain_world.hpp"

using namespace libexec;
using namespace libexec::test;
using Outcome = SimJournalLine::Outcome;

TEST_SUITE("chain/remote_chain") {
    TEST_CASE("a swap lands over the wire as it does in process, and its journal says so") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        const Attempt attempt = engine.attempt(1);
        CHECK(engine.chain->health());
        CHECK(attempt.last_valid_height > 0);
        REQUIRE(engine.send(attempt));
        const Observation seen = engine.watch(attempt);
        REQUIRE(std::holds_alternative<Landed>(seen));
        const Landed& landed = std::get<Landed>(seen);
        CHECK(landed.ok);
        CHECK(landed.amount_in == attempt.quoted_in);
        CHECK(landed.amount_out == attempt.quoted_out);
        CHECK(landed.fee_lamports == 5'000);
        CHECK(landed.slot > attempt.anchor_slot);
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);
    }

    TEST_CASE("without waiting every transaction meets the fate it meets in process") {
        SimChainConfig config = calm_chain(0);
        config.failure_rate_ppm = 400'000;
        config.drift_bps = 150;
        config.seed = 11;
        SimWorld near(config);
        ChainProcess process(config);
        Engine engine(process.port(), 1'000ms, 0);
        std::map<std::string, int> outcomes;
        for (std::uint64_t key = 1; key <= 60; ++key) {
            const Attempt here = near.attempt(key);
            REQUIRE(near.send(here));
            const std::string expected = outcome_text(near.watch(here));
            const Attempt there = engine.attempt(key);
            REQUIRE(engine.send(there));
            CAPTURE(key);
            CHECK(outcome_text(engine.watch(there, 0ms)) == expected);
            ++outcomes[expected.substr(0, 2)];
        }
        CHECK(outcomes.size() >= 4);  // ok, dead, account_in_use, slippage_exceeded
        const Attempt never_sent = engine.attempt(1'000);
        CHECK(std::holds_alternative<ProvablyDead>(engine.watch(never_sent, 0ms)));
        CHECK(engine.send(never_sent).error().reason == Reason::stale_blockhash);
    }

    TEST_CASE("the same signature from two engines is one transaction") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine one(process.port());
        Engine two(process.port());
        const Attempt attempt = one.attempt(1);
        CHECK(two.attempt(2).signature != attempt.signature);
        REQUIRE(one.send(attempt));
        REQUIRE(two.send(attempt));
        REQUIRE(one.send(attempt));
        CHECK(outcome_text(one.watch(attempt)) == outcome_text(two.watch(attempt)));
        CHECK(process.transactions() == 1);
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);
    }

    TEST_CASE("bytes that are not ours are refused over the wire, too") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        Attempt bad = engine.attempt(1);
        bad.signed_bytes.back() ^= 1u;
        CHECK(engine.send(bad).error().reason == Reason::chain_rejected);
        bad.signed_bytes.assign(5'000, 0);  // beyond what a line may carry
        CHECK(engine.send(bad).error().reason == Reason::service_unavailable);
        CHECK(process.transactions() == 0);
        REQUIRE(engine.send(engine.attempt(2)));
    }

    TEST_CASE("what was never sent is proven dead by nodes asked over the wire") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        const Attempt attempt = engine.attempt(1);
        const Observation seen = engine.watch(attempt);
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        const std::string& evidence = std::get<ProvablyDead>(seen).evidence;
        for (const char* node : {"node-1", "node-2", "node-3"})
            CHECK(evidence.find(node) != std::string::npos);
        CHECK(engine.send(attempt).error().reason == Reason::stale_blockhash);
        CHECK(count(folder.file("chain.journal"), Outcome::dropped) == 1);
    }

    TEST_CASE("nodes that lie or lag do so over the wire: no proof with one honest node, one with two") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        SimTroubles troubles;
        troubles.nodes[0].slot_as_height = true;
        troubles.nodes[1].silent = true;
        process.set(troubles);
        const Attempt attempt = engine.attempt(1);
        for (int looks = 0; looks < 60;
             ++looks) {  // two seconds: the blockhash is good for less than half of one
            CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
            engine.pass(20ms);
        }
        troubles.nodes[1] = SimNodeFaults();
        process.set(troubles);
        const Observation seen = engine.watch(attempt);
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        CHECK(std::get<ProvablyDead>(seen).evidence.find("node-1") == std::string::npos);

        // A node far behind holds the proof up until it has caught up.
        troubles = SimTroubles();
        troubles.nodes[2].lag_slots = 1'000'000;
        process.set(troubles);
        const Attempt other = engine.attempt(2);
        engine.pass(700ms);
        CHECK(std::holds_alternative<Unknown>(engine.observe(other)));
        process.set(SimTroubles());
        CHECK(std::holds_alternative<ProvablyDead>(engine.watch(other)));
    }

    TEST_CASE("a send whose answer is lost is an error and no verdict: it lands all the same, once") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port(), 100ms);
        const Attempt attempt = engine.attempt(1);
        SimTroubles troubles;
        troubles.lost_reply = 1'000'000;
        process.set(troubles);
        CHECK(engine.send(attempt).error().reason == Reason::service_unavailable);
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
        CHECK_FALSE(engine.chain->health());
        process.set(SimTroubles());
        REQUIRE(std::holds_alternative<Landed>(engine.watch(attempt)));
        CHECK(engine.chain->health());
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);

        const Attempt unheard = engine.attempt(2);
        troubles = SimTroubles();
        troubles.lost_request = 1'000'000;
        process.set(troubles);
        CHECK(engine.send(unheard).error().reason == Reason::service_unavailable);
        process.set(SimTroubles());
        CHECK(std::holds_alternative<ProvablyDead>(engine.watch(unheard)));
        CHECK(process.transactions() == 2);
    }

    TEST_CASE("answers and deliveries that come twice change nothing") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        SimTroubles troubles;
        troubles.duplicate = 1'000'000;
        process.set(troubles);
        for (std::uint64_t key = 1; key <= 5; ++key) {
            const Attempt attempt = engine.attempt(key);
            REQUIRE(engine.send(attempt));
            CHECK(std::holds_alternative<Landed>(engine.watch(attempt)));
        }
        engine.pass(900ms);  // later than the latest delivery
        CHECK(process.transactions() == 5);
        CHECK(count(folder.file("chain.journal"), Outcome::sent) == 5);
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 5);
    }

    TEST_CASE("a chain that goes away is told, an anchor waits for it, and what was sent has landed once") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        const Attempt attempt = engine.attempt(1);
        REQUIRE(engine.send(attempt));
        process.stop();
        CHECK(engine.becomes([&] { return !engine.chain->health(); }));
        CHECK(engine.chain->health().error().reason == Reason::service_unavailable);
        CHECK(engine.chain->health().error().detail.find("sim://127.0.0.1:") != std::string::npos);
        CHECK(engine.send(attempt).error().reason == Reason::service_unavailable);
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));

        std::thread later([&] {
            std::this_thread::sleep_for(150ms);
            process.start_again();
        });
        const Result<Anchor> anchor = engine.run(engine.chain->anchor());
        later.join();
        CHECK(anchor);
        CHECK(engine.chain->health());
        REQUIRE(engine.send(attempt));
        REQUIRE(std::holds_alternative<Landed>(engine.watch(attempt)));
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);
        CHECK(count(folder.file("chain.journal"), Outcome::start) == 2);
    }

    TEST_CASE("many calls are under way at once over one connection") {
        const TempDir folder;
        SimChainConfig config = quick_chain(folder);
        config.call_latency = 400ms;  // 20 ms at this pace
        ChainProcess process(config);
        Engine engine(process.port(), 5'000ms);
        engine.attempt(1);
        int answered = 0;
        const auto ask = [](Chain& chain, int& counter) -> Task<void> {
            const Result<Anchor> anchor = co_await chain.anchor();
            counter += anchor ? 1 : 0;
        };
        constexpr int calls = 300;  // one after the other they would take six seconds
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; ++i) spawn(engine.io, ask(*engine.chain, answered));
        CHECK(engine.becomes([&] { return answered == calls; }));
        CHECK(std::chrono::steady_clock::now() - began < 5s);
    }
}
