#include "libexec/chain/sim/sim_chain.hpp"

#include <doctest/doctest.h>

#include <map>

#include "chain/sim_world.hpp"

using namespace libexec;
using namespace std::chrono_literals;

namespace {

const Landed& landed(const Observation& seen) {
    REQUIRE(std::holds_alternative<Landed>(seen));
    return std::get<Landed>(seen);
}

bool unknown(const Observation& seen) { return std::holds_alternative<Unknown>(seen); }

}  // namespace

TEST_SUITE("chain/sim_chain") {
    TEST_CASE("a slot is 400 ms, heights stay below slots, and a blockhash is good for twenty blocks") {
        test::SimWorld world(test::calm_chain());
        const Anchor first = world.anchor();
        CHECK(world.chain->height() < world.chain->slot());
        CHECK(first.last_valid_height == world.chain->height() + 20);
        CHECK(first.slot == world.chain->slot());
        world.time.pass(4s);
        const Anchor later = world.anchor();
        CHECK(later.slot == first.slot + 10);
        CHECK(later.last_valid_height == first.last_valid_height + 10);
        CHECK(later.blockhash != first.blockhash);
    }

    TEST_CASE("time can run ten times as fast") {
        test::SimWorld world(test::calm_chain(100'000));
        const std::uint64_t before = world.chain->slot();
        world.time.pass(400ms);
        CHECK(world.chain->slot() == before + 10);
    }

    TEST_CASE("a swap is processed, then confirmed, then final two to three seconds after it was sent") {
        test::SimWorld world(test::calm_chain());
        for (std::uint64_t key = 1; key <= 50; ++key) {
            const Attempt attempt = world.attempt(key);
            REQUIRE(world.send(attempt));
            const Time sent = world.time.now();
            CHECK(unknown(world.observe(attempt)));
            std::vector<Commitment> levels;
            while (levels.empty() || levels.back() != Commitment::finalized) {
                world.time.pass(10ms);
                const Observation seen = world.observe(attempt);
                const Landed* const found = std::get_if<Landed>(&seen);
                if (found == nullptr) continue;
                CHECK(found->ok);
                if (levels.empty() || levels.back() != found->commitment) levels.push_back(found->commitment);
            }
            CAPTURE(key);
            CHECK(levels == std::vector{Commitment::processed, Commitment::confirmed, Commitment::finalized});
            CHECK(world.time.now() - sent >= 2s);
            CHECK(world.time.now() - sent <= 3s + 50ms);  // looked at every 30 ms
        }
    }

    TEST_CASE("without drift the trader gets the quote, and pays 5000 lamports") {
        test::SimWorld world(test::calm_chain());
        const Attempt attempt = world.attempt(1);
        REQUIRE(world.send(attempt));
        const Landed done = landed(world.watch(attempt));
        CHECK(done.ok);
        CHECK(done.amount_in == attempt.quoted_in);
        CHECK(done.amount_out == attempt.quoted_out);
        CHECK(done.fee_lamports == 5'000);
        CHECK(done.slot > attempt.anchor_slot);
    }

    TEST_CASE("the price drifts within half a percent, and the default tolerance forgives it") {
        SimChainConfig config = test::calm_chain();
        config.drift_bps = 50;
        config.call_latency = 0ms;
        test::SimWorld world(config);
        std::uint64_t lowest = UINT64_MAX;
        std::uint64_t highest = 0;
        std::vector<Attempt> attempts;
        const Anchor anchor = world.anchor();
        for (std::uint64_t key = 0; key < 1'000; ++key) {
            attempts.push_back(signed_attempt(world.time, test::some_plan(key, 1), anchor));
            REQUIRE(world.send(attempts.back()));
        }
        world.time.pass(5s);
        for (const Attempt& attempt : attempts) {
            const Landed done = landed(world.observe(attempt));
            REQUIRE(done.ok);
            lowest = std::min(lowest, done.amount_out.base_units());
            highest = std::max(highest, done.amount_out.base_units());
            CHECK(done.amount_in == attempt.quoted_in);
        }
        CHECK(lowest >= 1'492'500'000);
        CHECK(lowest < 1'493'000'000);
        CHECK(highest <= 1'507'500'000);
        CHECK(highest > 1'507'000'000);
    }

    TEST_CASE("the chain, not the engine, holds a swap to its limit, and takes its fee all the same") {
        test::SimWorld world(test::calm_chain());
        SwapPlan plan = test::some_plan(1, 1);
        plan.limit = Amount(plan.quote.amount_out.base_units() + 1);
        const Attempt attempt = world.attempt(plan);
        REQUIRE(world.send(attempt));
        const Landed failed = landed(world.watch(attempt));
        CHECK_FALSE(failed.ok);
        CHECK(failed.error.reason == Reason::slippage_exceeded);
        CHECK(
            failed.error.detail ==
            "the swap would take 10000000000 and give 1500000000 base units, beyond the limit of 1500000001");
        CHECK(failed.amount_out == Amount(0));
        CHECK(failed.fee_lamports == 5'000);

        plan = test::some_plan(2, 1);
        plan.mode = SwapMode::exact_out;
        plan.limit = Amount(plan.quote.amount_in.base_units() - 1);
        const Attempt dear = world.attempt(plan);
        REQUIRE(world.send(dear));
        CHECK(landed(world.watch(dear)).error.reason == Reason::slippage_exceeded);

        plan.chance_key = 3;
        plan.limit = plan.quote.amount_in;
        const Attempt fair = world.attempt(plan);
        REQUIRE(world.send(fair));
        CHECK(landed(world.watch(fair)).ok);
    }

    TEST_CASE("the same bytes are one transaction however often they are sent") {
        SimChainConfig config = test::calm_chain();
        test::TempDir folder;
        config.journal_path = folder.file("chain.journal");
        test::SimWorld world(config);
        const Attempt attempt = world.attempt(1);
        for (int i = 0; i < 5; ++i) REQUIRE(world.send(attempt));
        CHECK(landed(world.watch(attempt)).ok);
        REQUIRE(world.send(attempt));
        world.time.pass(10s);
        CHECK(world.chain->transactions() == 1);
        CHECK(world.journal().size() == 3);  // start, sent, landed_ok
    }

    TEST_CASE("two transactions of one order both land: the chain knows no orders") {
        test::SimWorld world(test::calm_chain());
        const Attempt one = world.attempt(1, 1);
        const Attempt two = world.attempt(1, 2);
        REQUIRE(one.order == two.order);
        REQUIRE(world.send(one));
        REQUIRE(world.send(two));
        CHECK(landed(world.watch(one)).ok);
        CHECK(landed(world.watch(two)).ok);
    }

    TEST_CASE("what was never sent dies when its blockhash does, and not a block earlier") {
        test::SimWorld world(test::calm_chain());
        const Attempt attempt = world.attempt(1);
        Observation seen = world.observe(attempt);
        while (unknown(seen)) {
            world.time.pass(50ms);
            seen = world.observe(attempt);
        }
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        // Final on the slowest of three nodes: three slots of finality, at most two of lag.
        CHECK(world.chain->height() > attempt.last_valid_height + 3);
        CHECK(world.chain->height() <= attempt.last_valid_height + 3 + 2 + 1);
        CHECK(std::get<ProvablyDead>(seen).evidence.find("node-3") != std::string::npos);
        CHECK(world.send(attempt).error().reason == Reason::stale_blockhash);
        world.time.pass(60s);
        CHECK(std::holds_alternative<ProvablyDead>(world.observe(attempt)));
    }

    TEST_CASE("bytes that arrive after the last valid height never land") {
        test::SimWorld world(test::calm_chain());
        const Attempt attempt = world.attempt(1);
        while (world.chain->height() <= attempt.last_valid_height) world.time.pass(400ms);
        CHECK(world.send(attempt).error().reason == Reason::stale_blockhash);
        CHECK(std::holds_alternative<ProvablyDead>(world.watch(attempt)));
    }

    TEST_CASE("bytes that are not ours are refused, and no mix-up of signatures passes") {
        test::SimWorld world(test::calm_chain());
        const Attempt good = world.attempt(1);
        Attempt bad = good;
        bad.signed_bytes.clear();
        CHECK(world.send(bad).error().reason == Reason::chain_rejected);
        for (const std::size_t at :
             {std::size_t{0}, std::size_t{63}, std::size_t{64}, good.signed_bytes.size() - 1}) {
            bad = good;
            bad.signed_bytes[at] = static_cast<std::uint8_t>(bad.signed_bytes[at] ^ 1u);
            CHECK(world.send(bad).error().reason == Reason::chain_rejected);
        }
        bad = good;
        bad.signature = world.attempt(2).signature;
        CHECK(world.send(bad).error().reason == Reason::chain_rejected);
        CHECK(world.chain->transactions() == 0);
        CHECK(world.send(good));
    }

    TEST_CASE("trouble comes at its rate and in its mix") {
        SimChainConfig config = test::calm_chain();
        config.failure_rate_ppm = 250'000;
        config.call_latency = 0ms;
        test::SimWorld world(config);
        std::map<std::string, int> outcomes;
        int late = 0;
        constexpr int orders = 10'000;
        std::vector<Attempt> attempts;
        const Anchor anchor = world.anchor();
        const Time sent = world.time.now();
        for (std::uint64_t key = 0; key < orders; ++key) {
            attempts.push_back(signed_attempt(world.time, test::some_plan(key, 1), anchor));
            REQUIRE(world.send(attempts.back()));
        }
        REQUIRE(world.time.now() == sent);
        world.time.pass(60s);
        for (const Attempt& attempt : attempts) {
            const Observation seen = world.observe(attempt);
            if (const Landed* found = std::get_if<Landed>(&seen)) {
                if (found->slot > anchor.slot + 10) ++late;
                CHECK(found->slot <= anchor.slot + 20);
            }
            ++outcomes[std::holds_alternative<Landed>(seen) && landed(seen).ok ? "ok"
                                                                               : test::outcome_text(seen)];
        }
        REQUIRE(outcomes.size() == 3);
        CHECK(outcomes["dead"] > 900);  // 1000 expected, standard deviation 30
        CHECK(outcomes["dead"] < 1'100);
        CHECK(outcomes["account_in_use"] > 900);
        CHECK(outcomes["account_in_use"] < 1'100);
        CHECK(late > 430);  // 500 expected
        CHECK(late < 570);
        CHECK(outcomes["ok"] == orders - outcomes["dead"] - outcomes["account_in_use"]);
    }

    TEST_CASE("one lying and one silent node cannot prove a death, one of them alone cannot prevent it") {
        SimChainConfig config = test::calm_chain();
        config.nodes[0].slot_as_height = true;
        {
            test::SimWorld world(config);
            const Attempt attempt = world.attempt(1);
            CHECK(std::holds_alternative<ProvablyDead>(world.watch(attempt)));
        }
        config.nodes[1].silent = true;
        test::SimWorld world(config);
        const Attempt attempt = world.attempt(1);
        CHECK(unknown(world.watch(attempt)));
    }

    TEST_CASE("a lagging node delays the proof of death, never the news of a landing") {
        SimChainConfig config = test::calm_chain();
        config.nodes[2].lag_slots = 40;
        test::SimWorld world(config);
        const Attempt dead = world.attempt(1);
        const Attempt alive = world.attempt(2);
        REQUIRE(world.send(alive));
        world.time.pass(3s);
        CHECK(landed(world.observe(alive)).commitment == Commitment::finalized);
        world.time.pass(12s);
        CHECK(unknown(world.observe(dead)));
        world.time.pass(16s);
        CHECK(std::holds_alternative<ProvablyDead>(world.observe(dead)));
    }

    TEST_CASE("a node that forgets is outvoted by one that remembers") {
        SimChainConfig config = test::calm_chain();
        config.nodes[0].forgets = config.nodes[1].forgets = true;
        test::SimWorld world(config);
        const Attempt attempt = world.attempt(1);
        REQUIRE(world.send(attempt));
        world.time.pass(30s);
        const auto verdict =
            world.time.run(prove_expiry(world.chain->nodes(), attempt.signature, attempt.last_valid_height));
        REQUIRE(std::holds_alternative<NotProven>(verdict));
        CHECK(std::get<NotProven>(verdict).found_by == "node-3");
    }

    TEST_CASE(
        "a chain that stalls makes no slots: nothing lands, nothing expires, and it goes on where it stood") {
        test::SimWorld world(test::calm_chain());
        SimFaults faults(world.time, {"chain"});
        world.config.faults = &faults;
        world.open();
        const Attempt attempt = world.attempt(1);
        REQUIRE(world.send(attempt));
        SimFault stall;
        stall.target = "chain";
        stall.mode = SimFaultMode::stall;
        faults.set(stall);
        CHECK(test::outcome_text(world.observe(attempt)) == "unknown");
        const std::uint64_t slot = world.chain->slot();
        world.time.pass(10min);  // many times the life of a blockhash
        CHECK(test::outcome_text(world.observe(attempt)) == "unknown");
        CHECK(world.chain->slot() == slot);
        CHECK(world.anchor().slot == slot);
        faults.clear("chain");
        CHECK(test::outcome_text(world.watch(attempt)).starts_with("ok "));
        CHECK(world.chain->slot() < slot + 15);

        // For a while, and nobody looks when the while is over.
        stall.until = world.time.now() + 60s;
        faults.set(stall);
        const Attempt second = world.attempt(2);
        REQUIRE(world.send(second));
        const std::uint64_t halted = world.chain->slot();
        world.time.pass(70s);
        CHECK(test::outcome_text(world.observe(second)).starts_with("ok "));
        CHECK(world.chain->slot() >= halted + 24);
        CHECK(world.chain->slot() <= halted + 26);
    }

    TEST_CASE("a chain that loses transactions loses those the draw says, for good") {
        std::string first;
        for (int run = 0; run < 2; ++run) {
            test::SimWorld world(test::calm_chain(0));
            SimFaults faults(world.time, {"chain"});
            world.config.faults = &faults;
            world.open();
            SimFault drop;
            drop.target = "chain";
            drop.mode = SimFaultMode::drop;
            drop.rate_ppm = 500'000;
            faults.set(drop);
            std::string fates;
            for (std::uint64_t key = 1; key <= 60; ++key) {
                const Attempt attempt = world.attempt(run == 0 ? key : 61 - key);
                REQUIRE(world.send(attempt));
                const char fate = test::outcome_text(world.watch(attempt))[0];
                fates.insert(run == 0 ? fates.end() : fates.begin(), fate);
            }
            const auto lost = std::count(fates.begin(), fates.end(), 'd');
            CHECK(lost > 15);
            CHECK(lost < 45);
            CHECK(std::count(fates.begin(), fates.end(), 'o') == 60 - lost);
            if (run == 0) first = fates;
            CHECK(fates == first);
        }
    }
}
