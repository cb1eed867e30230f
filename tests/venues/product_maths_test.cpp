// Pools of two reserves against whole numbers without bounds, written from the definition.

#include <doctest/doctest.h>

#include "random_pools.hpp"
#include "venues/pools/constant_product.hpp"
#include "venues/raydium_cpmm/curve.hpp"
#include "whole_numbers.hpp"

using namespace libexec;
using namespace libexec::test;
using pools::ProductCurve;
using CpmmCurve = raydium_cpmm_pool::Curve;

namespace {

/// What is left of the reserve once k divides by the new one: the other way to write the same curve.
Whole paid(const ProductCurve& curve, std::uint64_t in) {
    const Whole kept = Whole(in) * (Whole(curve.fee_denominator) - curve.fee_numerator);
    const Whole after = Whole(curve.reserve_in) + kept / curve.fee_denominator;
    if (after == 0) return 0;
    return curve.reserve_out - least_above(Whole(curve.reserve_in) * curve.reserve_out, after);
}

Whole paid(const CpmmCurve& curve, std::uint64_t in) {
    const Whole million = 1'000'000;
    return paid(curve.product, in) * (million - curve.creator_rate_on_output) / million;
}

ProductCurve draw_reserves(Random& random) {
    ProductCurve curve;
    curve.reserve_in = any_size(random, 63);
    curve.reserve_out = any_size(random, 63);
    return curve;
}

ProductCurve draw_product(Random& random) {
    ProductCurve curve = draw_reserves(random);
    curve.fee_denominator = 1 + random.below(100'000);
    curve.fee_numerator = random.below(curve.fee_denominator);
    return curve;
}

CpmmCurve draw_cpmm_curve(Random& random) {
    CpmmCurve curve;
    curve.product = draw_reserves(random);
    curve.product.fee_denominator = 1'000'000;
    curve.product.fee_numerator = random.below(random.below(10) == 0 ? 900'000 : 30'000);
    const std::uint64_t creator_rate = random.below(2) * random.below(50'000);
    if (random.below(2) == 1)
        curve.product.fee_numerator += creator_rate;
    else
        curve.creator_rate_on_output = creator_rate;
    return curve;
}

template <class Draw>
void check_curves(std::uint64_t seed, Draw draw) {
    Random random(seed);
    int priced = 0;
    for (int i = 0; i < 46'000; ++i) {
        CAPTURE(i);
        const auto curve = draw(random);
        const std::uint64_t in = any_size(random, 63);
        const Whole expected = paid(curve, in);
        const auto fill = fill_exact_in(curve, in);
        REQUIRE((fill ? Whole(fill.value().out) == expected : expected == 0));
        if (!fill) continue;
        ++priced;
        const auto cost = fill_exact_out(curve, fill.value().out);
        REQUIRE(cost);
        REQUIRE(cost.value().in <= in);
        REQUIRE(paid(curve, cost.value().in) >= expected);
        REQUIRE(paid(curve, cost.value().in - 1) < expected);
    }
    CHECK(priced > 15'000);
}

}  // namespace

TEST_SUITE("venues/product_maths") {
    TEST_CASE("Raydium CPMM: 46 000 random pools pay what the definition says, and cost the least") {
        check_curves(72, draw_cpmm_curve);
    }

    TEST_CASE("Raydium AMM v4: 46 000 random pools pay what the definition says, and cost the least") {
        check_curves(73, draw_product);
    }
}
