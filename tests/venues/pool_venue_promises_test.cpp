// What a simulation shows, held against what the pool promised.

#include <doctest/doctest.h>

#include "one_pool.hpp"
#include "venues/solana/swap_check.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// Says one thing after the other of accounts that never change.
class ScriptedPromises final : public Promises {
public:
    ScriptedPromises(MiniChain& chain, SwapFrame frame, std::vector<std::uint64_t> figures)
        : chain_(chain), frame_(std::move(frame)), figures_(std::move(figures)) {}

    Task<Result<Promise>> make(std::uint64_t) override {
        Promise promise;
        promise.slot = chain_.slot;
        promise.received = figures_.at(made_++);
        for (const PublicKey& key : wallet_accounts(frame_)) {
            const auto found = chain_.state.find(key);
            if (found != chain_.state.end()) promise.wallet.insert(*found);
        }
        co_return promise;
    }

private:
    MiniChain& chain_;
    const SwapFrame frame_;
    const std::vector<std::uint64_t> figures_;
    std::size_t made_ = 0;
};

}  // namespace

TEST_SUITE("venues/pool_venue promises") {
    TEST_CASE(
        "a program that pays something else than its arithmetic stops the venue until an operator looks") {
        for (const auto& [more, taken] : {std::pair{-1, 0}, std::pair{1, 0}, std::pair{0, 1}}) {
            CAPTURE(more);
            CAPTURE(taken);
            OnePool market;
            market.chain.pays_more = more;
            market.chain.takes_more = taken;
            // So that it has one more to take.
            market.chain.give(market.wallet.public_key(), well_known::wrapped_sol, 10);
            const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
            CHECK(market.venue->stopped().empty());
            const auto built = market.build(*market.venue, plan);
            REQUIRE(!built);
            CHECK(built.error().reason == Reason::venue_error);
            CHECK(built.error().detail.find("stopped until an operator resumes it: " + plan.quote.pool) == 0);
            CHECK(built.error().detail.find(plan.quote.amount_out.to_string() + " had to be paid") !=
                  std::string::npos);
            CHECK(!market.venue->stopped().empty());
            CHECK(market.logged("\"event\":\"venue.mispriced\"") == 1);
            CHECK(market.logged("\"level\":\"error\"") == 1);
            CHECK(market.logged(plan.order.to_string()) == 1);

            // Nothing is asked of the chain for it any more.
            market.chain.reads.clear();
            CHECK(market.build(*market.venue, plan).error().reason == Reason::venue_error);
            const auto refused = market.quote(*market.venue, ask_for("SOL", "USDC", sol));
            CHECK(refused.error().reason == Reason::venue_error);
            CHECK(refused.error().detail == built.error().detail);
            CHECK(market.chain.reads.empty());

            market.chain.pays_more = 0;
            market.chain.takes_more = 0;
            market.venue->resume();
            CHECK(market.build(*market.venue, market.plan(ask_for("SOL", "USDC", sol))));
            CHECK(market.logged("\"event\":\"venue.mispriced\"") == 1);
        }
    }

    TEST_CASE("a program that refuses the limit which its arithmetic meets stops the venue as well") {
        OnePool market;
        market.chain.pays_more = -2'000'000;
        CHECK(market.build(*market.venue, market.plan(ask_for("SOL", "USDC", sol))).error().reason ==
              Reason::venue_error);
        CHECK(market.venue->stopped().find("ExceededSlippage") != std::string::npos);
        CHECK(market.logged("\"event\":\"venue.mispriced\"") == 1);
    }

    TEST_CASE("a price that follows the chain's clock lies between those before and after the simulation") {
        struct Row {
            std::vector<std::uint64_t> promised;
            std::uint64_t received;
            std::uint64_t least;
            bool is_kept;
        };
        for (const Row& row : {Row{{100}, 100, 90, true}, Row{{100, 103}, 101, 90, true},
                               Row{{103, 100}, 100, 90, true}, Row{{103, 100}, 99, 90, false},
                               Row{{100, 103}, 104, 90, false}, Row{{100, 100}, 101, 90, false}}) {
            CAPTURE(row.promised.front());
            CAPTURE(row.received);
            SolanaMarket market;
            const PublicKey wallet = market.wallet.public_key();
            market.chain.state[PublicKey(token("USDC").mint)] = mint_account(6);
            market.chain.state[PublicKey(token("JUP").mint)] = mint_account(6);
            market.chain.give(wallet, PublicKey(token("JUP").mint), 1'000);
            SwapTask task;
            task.frame.wallet = wallet;
            task.frame.mint_in = PublicKey(token("JUP").mint);
            task.frame.mint_out = PublicKey(token("USDC").mint);
            task.frame.program_in = task.frame.program_out = well_known::token_program;
            task.frame.amount_in = 1'000;
            task.least_out = row.least;
            market.chain.twist = [&](SimulatedRun& run) {
                run.after.at(task.frame.account_in()).data[64] = 0;
                run.after.at(task.frame.account_in()).data[65] = 0;
                run.after.at(task.frame.account_out()).data[64] = static_cast<std::uint8_t>(row.received);
            };
            ScriptedPromises promises(market.chain, task.frame, row.promised);
            SwapCheck check(market.chain, SwapCosts());
            const auto done = market.time.run(check.run(promises, task, 1'000));
            REQUIRE_MESSAGE(done, (done ? "" : done.error().detail));
            CHECK(done.value().mispriced.empty() == row.is_kept);
        }
    }

    TEST_CASE("a build that was under way when the venue stopped builds nothing") {
        OnePool market;
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        market.chain.latency = 10ms;
        // The first simulation finds the program wrong; the second one begins before and ends after that.
        int simulations = 0;
        market.chain.twist = [&](SimulatedRun& run) {
            if (++simulations == 1) {
                AccountState& dollars = run.after.at(market.account_of(token("USDC")));
                dollars.data[64] = static_cast<std::uint8_t>(dollars.data[64] ^ 1);
            }
        };
        std::optional<Result<UnsignedTransaction>> first;
        std::optional<Result<UnsignedTransaction>> second;
        const auto run = [&](std::optional<Result<UnsignedTransaction>>& into,
                             std::chrono::microseconds pause, bool slow) -> Task<void> {
            co_await market.time.sleep_for(pause);
            if (slow) market.chain.latency = 15ms;
            Anchor anchor;
            anchor.blockhash = key_numbered(77).to_string();
            into = co_await market.venue->build(plan, anchor);
        };
        const auto one = [&]() -> Task<void> { return run(first, 0ms, false); };
        const auto two = [&]() -> Task<void> { return run(second, 15ms, true); };
        market.time.spawn(one());
        market.time.spawn(two());
        market.time.pass(1s);
        REQUIRE(first);
        REQUIRE(second);
        CHECK(first->error().reason == Reason::venue_error);
        CHECK(second->error().reason == Reason::venue_error);
        CHECK(simulations == 2);
        CHECK(market.logged("\"event\":\"venue.mispriced\"") == 1);
    }

    TEST_CASE("a pool that moves between the snapshot and the simulation is no mistake") {
        OnePool market;
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol), 200);
        int moves = 1;
        market.chain.before_simulation = [&] {
            if (moves-- > 0) market.trade_of_another(20 * sol);
        };
        const auto built = market.build(*market.venue, plan);
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
        CHECK(market.chain.simulated.size() == 1);  // what it paid is what the pool says now
        CHECK(!market.land(built.value()));

        // It moves again before it is looked at: simulated anew, as often as is worth it.
        const SwapPlan next = market.plan(ask_for("SOL", "USDC", sol), 500);
        const auto move = [&] { market.trade_of_another(5 * sol); };
        int twice = 1;
        market.chain.before_simulation = move;
        market.chain.after_simulation = [&] {
            if (twice-- > 0) move();
        };
        market.chain.simulated.clear();
        REQUIRE(market.build(*market.venue, next));
        CHECK(market.chain.simulated.size() == 2);
        market.chain.after_simulation = move;
        market.chain.simulated.clear();
        const auto restless = market.build(*market.venue, next);
        CHECK(restless.error().reason == Reason::slippage_exceeded);
        CHECK(restless.error().detail.find("under each of 3 simulations") != std::string::npos);
        CHECK(market.chain.simulated.size() == 3);

        // A move beyond the limit is the program's refusal, and nobody's mistake.
        market.chain.after_simulation = [] {};
        const SwapPlan tight = market.plan(ask_for("SOL", "USDC", sol), 1);
        CHECK(market.build(*market.venue, tight).error().reason == Reason::slippage_exceeded);
        CHECK(market.venue->stopped().empty());
        CHECK(market.logged("venue.mispriced") == 0);
    }

    TEST_CASE("another order of the same wallet that lands meanwhile is no mistake of the pool") {
        OnePool market;
        const PublicKey dollars =
            market.chain.give(market.wallet.public_key(), PublicKey(token("USDC").mint), 1'000);
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        market.chain.before_simulation = [&] {
            market.chain.give(market.wallet.public_key(), PublicKey(token("USDC").mint), 500);
            ++market.chain.slot;
        };
        const auto built = market.build(*market.venue, plan);
        CHECK_MESSAGE(built, (built ? "" : built.error().detail));
        CHECK(market.venue->stopped().empty());
        CHECK(market.chain.tokens(dollars) == 1'500);
    }

    TEST_CASE("a simulation fails with a reason, and with the words of the program") {
        OnePool market;
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        market.chain.set_lamports(market.wallet.public_key(), sol);
        const auto poor = market.build(*market.venue, plan);
        CHECK(poor.error().reason == Reason::insufficient_funds);
        CHECK(poor.error().detail.find("Transfer: insufficient lamports") != std::string::npos);

        const SwapPlan without = market.plan(ask_for("USDC", "SOL", 1'000'000));
        market.chain.give(market.wallet.public_key(), PublicKey(token("USDC").mint), 999'999);
        CHECK(market.build(*market.venue, without).error().reason == Reason::insufficient_funds);

        market.chain.set_lamports(market.wallet.public_key(), 50 * sol);
        const auto fails = [&](Reason reason, std::vector<std::string> log) {
            market.chain.twist = [=](SimulatedRun& run) {
                run.failure = reject(reason, "custom program error: 0x1771");
                run.log = log;
                run.after.clear();
            };
            return market.build(*market.venue, plan).error();
        };
        const Rejection odd =
            fails(Reason::chain_rejected, {"Program log: Error: the moon is full", "Program x"});
        CHECK(odd.reason == Reason::chain_rejected);
        CHECK(odd.detail == "custom program error: 0x1771: Program log: Error: the moon is full");
        CHECK(fails(Reason::chain_rejected, {}).detail == "custom program error: 0x1771");
        CHECK(fails(Reason::chain_rejected, {std::string(5'000, 'x') + "Error"}).detail.size() < 300);
        CHECK(fails(Reason::account_in_use, {}).reason == Reason::account_in_use);
        CHECK(market.venue->stopped().empty());
    }

    TEST_CASE("a node that fails or says what cannot be is not believed, and the venue not blamed") {
        OnePool market;
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        const auto reason = [&] { return market.build(*market.venue, plan).error().reason; };
        market.chain.simulations_fail = reject(Reason::service_unavailable, "no node answers");
        CHECK(reason() == Reason::service_unavailable);
        market.chain.simulations_fail.reset();
        market.chain.reads_fail = reject(Reason::rate_limited, "too often");
        CHECK(reason() == Reason::rate_limited);
        market.chain.reads_fail.reset();
        const PublicKey wallet = market.wallet.public_key();
        const PublicKey dollars = market.account_of(token("USDC"));
        const std::vector<std::function<void(SimulatedRun&)>> lies = {
            [&](SimulatedRun& run) { run.after.erase(wallet); },
            [&](SimulatedRun& run) { run.after.erase(dollars); },
            [&](SimulatedRun& run) { run.after.at(dollars).data.resize(3); },
            [&](SimulatedRun& run) { run.compute_units = 0; },
            [&](SimulatedRun& run) { run.compute_units = 1'400'001; },
            [&](SimulatedRun& run) { --run.slot; },
        };
        for (const auto& lie : lies) {
            market.chain.twist = lie;
            CHECK(reason() == Reason::service_unavailable);
        }
        market.chain.twist = [](SimulatedRun&) {};
        CHECK(market.venue->stopped().empty());

        // What others pay is only asked for when it is long ago; a quote makes do with what is known.
        market.time.pass(11s);
        market.chain.fees_fail = reject(Reason::service_unavailable, "no node answers");
        CHECK(market.quote(*market.venue, ask_for("SOL", "USDC", sol)));
        CHECK(reason() == Reason::service_unavailable);

        Anchor stale;
        stale.blockhash = "hash5";
        CHECK(market.time.run(market.venue->build(plan, stale)).error().reason == Reason::stale_blockhash);
        SwapPlan foreign = plan;
        foreign.quote.venue = "orca_whirlpool";
        CHECK(market.build(*market.venue, foreign).error().reason == Reason::venue_error);
        foreign = plan;
        foreign.quote.pool = "somewhere";
        CHECK(market.build(*market.venue, foreign).error().reason == Reason::venue_error);
        foreign.quote.pool = key_numbered(3).to_string();
        market.chain.fees_fail.reset();
        CHECK(market.build(*market.venue, foreign).error().reason == Reason::no_route);
    }

    TEST_CASE("a slow chain is waited for, and the wait is in the quote") {
        OnePool market;
        REQUIRE(market.quote(*market.venue, ask_for("SOL", "USDC", sol)));
        market.chain.latency = 250ms;
        const Quote quote = market.quote(*market.venue, ask_for("SOL", "USDC", sol)).value();
        CHECK(quote.latency == 250ms);
        const Time before = market.time.now();
        CHECK(market.build(*market.venue, SolanaMarket::plan_of(ask_for("SOL", "USDC", sol), quote)));
        CHECK(market.time.now() - before == 500ms);
    }
}
