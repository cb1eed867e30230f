#include "libexec/venues/sim/sim_pool.hpp"

#include <doctest/doctest.h>

#include "libexec/base/random.hpp"

using namespace libexec;

namespace {

SimPool pool(std::uint64_t reserve_in, std::uint64_t reserve_out, std::uint64_t fee_bps) {
    SimPool made;
    made.reserve_in = Amount(reserve_in);
    made.reserve_out = Amount(reserve_out);
    made.fee = Bps::of(fee_bps).value();
    return made;
}

SimPool other_way(const SimPool& there) { return {there.reserve_out, there.reserve_in, there.fee}; }

/// Anything from dust to the limit, every size about equally likely.
std::uint64_t any_reserve(Random& random) {
    return 1 + random.below(std::uint64_t{1} << (1 + random.below(62)));
}

SimPool any_pool(Random& random) { return pool(any_reserve(random), any_reserve(random), random.below(200)); }

}  // namespace

TEST_SUITE("venues/sim_pool") {
    TEST_CASE("ten of a thousand moves the price by one percent, and the fee comes on top") {
        const SimFill fill = fill_exact_in(pool(990'000, 1'000'000, 100), Amount(10'101)).value();
        CHECK(fill.venue_fee == Amount(102));  // 101.01, rounded up
        CHECK(fill.amount_out == Amount(9'999));
        CHECK(fill.price_impact_bps == 100);
    }

    TEST_CASE("dust that gives nothing is no trade") {
        CHECK(fill_exact_in(pool(1'000'000, 10, 30), Amount(1)).error().reason == Reason::no_route);
        CHECK(fill_exact_in(pool(10, 1'000'000, 30), Amount(1)).error().reason ==
              Reason::no_route);  // all fee
    }

    TEST_CASE("a pool never gives its whole reserve") {
        const SimPool shallow = pool(1'000'000, 1'000'000, 30);
        CHECK(fill_exact_out(shallow, Amount(1'000'000)).error().reason == Reason::insufficient_liquidity);
        CHECK(fill_exact_out(shallow, Amount(Amount::most)).error().reason == Reason::insufficient_liquidity);
        CHECK(fill_exact_out(shallow, Amount(999'999)).value().amount_in > Amount(999'999'000'000));
        CHECK(fill_exact_in(shallow, Amount(Amount::most)).value().amount_out < Amount(1'000'000));
        CHECK(fill_exact_out(pool(Amount::most, 1'000'000, 30), Amount(999'999)).error().reason ==
              Reason::insufficient_liquidity);  // the price does not fit
    }

    TEST_CASE("there and back never gains") {
        Random random(3);
        int traded = 0;
        for (int i = 0; i < 20'000; ++i) {
            const SimPool there = any_pool(random);
            const Amount given(any_reserve(random));
            const auto out = fill_exact_in(there, given);
            if (!out) continue;
            const auto back = fill_exact_in(other_way(there), out.value().amount_out);
            if (!back) continue;
            ++traded;
            CAPTURE(i);
            REQUIRE(back.value().amount_out <= given);
        }
        CHECK(traded > 5'000);
    }

    TEST_CASE("more input never gives less, nor a better price") {
        Random random(4);
        for (int i = 0; i < 20'000; ++i) {
            const SimPool here = any_pool(random);
            const std::uint64_t less = any_reserve(random);
            const std::uint64_t more = less + random.below(less) + 1;
            const auto small = fill_exact_in(here, Amount(less));
            const auto large = fill_exact_in(here, Amount(more));
            CAPTURE(i);
            if (!small) continue;
            REQUIRE(large);
            REQUIRE(large.value().amount_out >= small.value().amount_out);
            REQUIRE(large.value().price_impact_bps >= small.value().price_impact_bps);
        }
    }

    TEST_CASE("exact output is the least input that gives it") {
        Random random(5);
        int traded = 0;
        for (int i = 0; i < 20'000; ++i) {
            const SimPool here = any_pool(random);
            const Amount wanted(any_reserve(random));
            const auto fill = fill_exact_out(here, wanted);
            if (!fill) continue;
            ++traded;
            CAPTURE(i);
            REQUIRE(fill.value().amount_out == wanted);
            const Amount paid = fill.value().amount_in;
            REQUIRE(fill_exact_in(here, paid).value().amount_out >= wanted);
            const auto cheaper = fill_exact_in(here, Amount(paid.base_units() - 1));
            REQUIRE((!cheaper || cheaper.value().amount_out < wanted));
        }
        CHECK(traded > 3'000);
    }

    TEST_CASE("exact output undoes exact input within its roundings") {
        Random random(6);
        for (int i = 0; i < 20'000; ++i) {
            const SimPool here = any_pool(random);
            const auto forth = fill_exact_in(here, Amount(any_reserve(random)));
            if (!forth) continue;
            const auto again = fill_exact_out(here, forth.value().amount_out);
            CAPTURE(i);
            REQUIRE(again);
            REQUIRE(again.value().amount_in <= forth.value().amount_in);
        }
    }
}
