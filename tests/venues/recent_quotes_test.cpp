#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "one_pool.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A pool whose state of a moment ago is known without a question.
struct RememberedPool : OnePool {
    RememberedPool() { REQUIRE(quote(*venue, ask_for("SOL", "USDC", sol))); }

    /// What stands there now is what quotes are priced from hence.
    void remember() {
        AccountsAtSlot seen;
        seen.accounts = chain.state;
        seen.accounts[well_known::clock_sysvar] = chain.clock_account();
        seen.slot = chain.slot;
        seen.asked_at = time.now();
        chain.remembered = std::move(seen);
        chain.reads.clear();
        chain.least_slots.clear();
        chain.recent_reads = 0;
    }
    /// The least that the chain is told to enforce.
    std::uint64_t least_in(const UnsignedTransaction& built) const {
        for (const Instruction& instruction : inside(built)) {
            if (const auto swap = family().read_swap(instruction)) return swap->min_out;
        }
        return 0;
    }
    std::uint64_t least_built(SwapPlan plan) {
        const auto built = build(*venue, std::move(plan));
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
        return least_in(built.value());
    }
};

Bps share_of(std::uint32_t points) { return Bps::of(points).value(); }

}  // namespace

TEST_SUITE("venues/recent_quotes") {
    TEST_CASE("a quote may rest on what was read a moment ago, and says of which slot it is and how old") {
        RememberedPool market;
        market.remember();
        const PoolTrade then = market.sale("SOL", 10 * sol);
        market.trade_of_another(100 * sol);
        market.time.pass(800ms);
        const Result<Quote> offer = market.quote(*market.venue, ask_for("SOL", "USDC", 10 * sol));
        REQUIRE(offer);
        CHECK(market.chain.reads.empty());
        CHECK(market.chain.recent_reads == 1);
        CHECK(offer.value().slot == 1'000);
        CHECK(offer.value().age == 800ms);
        CHECK(offer.value().amount_out == Amount(then.amount_out));
        CHECK(market.sale("SOL", 10 * sol).amount_out < then.amount_out);

        // What is built rests on what stands there now, of that slot at the least.
        const SwapPlan plan = market.plan_of(ask_for("SOL", "USDC", 10 * sol), offer.value(), 300);
        REQUIRE(market.build(*market.venue, plan));
        CHECK(market.chain.recent_reads == 1);
        REQUIRE(market.chain.reads.size() == 1);
        CHECK(market.chain.least_slots[0] == 1'000);

        // A question to the chain ages while it is answered.
        market.chain.remembered.reset();
        market.chain.latency = 70ms;
        const Quote asked = market.quote(*market.venue, ask_for("SOL", "USDC", 10 * sol)).value();
        CHECK(asked.slot == 1'001);
        CHECK(asked.age == 70ms);
        // A clock that was set back makes nothing younger than new.
        market.remember();
        market.chain.remembered->asked_at = market.time.now() + 1h;
        CHECK(market.quote(*market.venue, ask_for("SOL", "USDC", sol)).value().age == 0ms);
    }

    TEST_CASE("where the first look is not enough everything is read now, not earlier than it") {
        RememberedPool market;
        market.remember();
        SyntheticCpmm moved = market.pool;
        moved.config = key_numbered(4'711);
        market.chain.remembered->accounts.at(moved.address) = moved.encode().at(moved.address);
        ++market.chain.slot;
        const Result<Quote> offer = market.quote(*market.venue, ask_for("SOL", "USDC", 10 * sol));
        REQUIRE(offer);
        CHECK(offer.value().slot == 1'001);
        CHECK(market.chain.recent_reads == 1);
        REQUIRE_FALSE(market.chain.reads.empty());
        CHECK(market.chain.least_slots[0] == 1'000);
    }

    TEST_CASE("a quote that was too low does not loosen what the chain enforces") {
        RememberedPool market;
        // It was worth less a moment ago.
        const SyntheticCpmm dear = market.pool;
        market.trade_of_another(200 * sol);
        market.remember();
        market.pool = dear;
        market.chain.add(dear.encode());
        ++market.chain.slot;
        const QuoteRequest request = ask_for("SOL", "USDC", 10 * sol);
        SwapPlan plan = market.plan_of(request, market.quote(*market.venue, request).value(), 50);
        const Amount fresh(market.sale("SOL", 10 * sol).amount_out);
        REQUIRE(plan.limit < least_output(fresh, share_of(50)));
        CHECK(market.least_built(plan) == plan.limit.base_units());
        plan.slippage = share_of(50);
        CHECK(market.least_built(plan) == least_output(fresh, share_of(50)).base_units());
        plan.slippage = share_of(0);
        CHECK(market.least_built(plan) == fresh.base_units());
        // Never below what the order allows, however much the trader puts up with.
        plan.slippage = share_of(9'000);
        CHECK(market.least_built(plan) == plan.limit.base_units());

        // The same for a purchase: what is given was too much, so that more has to come of it.
        const QuoteRequest wish = want("SOL", "USDC", 1'000'000'000);
        SwapPlan purchase = market.plan_of(wish, market.quote(*market.venue, wish).value(), 50);
        purchase.slippage = share_of(50);
        const Amount comes(market.sale("SOL", purchase.quote.amount_in.base_units()).amount_out);
        REQUIRE(comes > purchase.quote.amount_out);
        CHECK(market.least_built(purchase) == least_output(comes, share_of(50)).base_units());
    }

    TEST_CASE("a quote that was too high is held to its own limit") {
        RememberedPool market;
        market.remember();
        market.trade_of_another(20 * sol);
        const QuoteRequest request = ask_for("SOL", "USDC", 10 * sol);
        SwapPlan plan = market.plan_of(request, market.quote(*market.venue, request).value(), 100);
        plan.slippage = share_of(100);
        CHECK(market.least_built(plan) == plan.limit.base_units());
        market.trade_of_another(100 * sol);
        CHECK(market.build(*market.venue, plan).error().reason == Reason::slippage_exceeded);
    }

    TEST_CASE("a program that refuses the tighter limit, and would have paid it, still stops the venue") {
        RememberedPool market;
        SwapPlan plan = market.plan(ask_for("SOL", "USDC", 10 * sol), 100);
        plan.slippage = share_of(0);
        market.chain.pays_more = -1;
        CHECK(market.build(*market.venue, plan).error().reason == Reason::venue_error);
        CHECK_FALSE(market.venue->stopped().empty());
    }
}
