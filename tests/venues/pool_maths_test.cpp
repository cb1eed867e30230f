// The arithmetic of the pools against whole numbers without bounds, written from the definitions.

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "random_pools.hpp"
#include "venues/orca_whirlpool/tick_price.hpp"
#include "venues/orca_whirlpool/walk.hpp"
#include "venues/pools/liquidity.hpp"
#include "venues/pools/wide.hpp"
#include "whole_numbers.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace libexec::pools;
namespace orca = libexec::orca_whirlpool_pool;

namespace {

bool same(const std::optional<Wide>& got, const Whole& expected) {
    if (expected >> 128 != 0) return !got;
    return got && whole(*got) == expected;
}

Wide any_wide(Random& random) {
    const Wide value = Wide(random.next()) << 64 | random.next();
    return value >> random.below(128);
}

struct Reached {
    Whole in = 0;
    Whole out = 0;
};

/// A trade through plain liquidity as a trader would write it down: ticks in a list, no arrays, a fixed fee.
/// Nothing when it would go past `edge`.
std::optional<Reached> trade_by_hand(const SyntheticWhirlpool& pool, Whole left, bool a_to_b,
                                     std::int32_t edge) {
    const Whole one = Whole(1) << 64;
    const Whole million = 1'000'000;
    Whole price = whole(pool.price);
    Whole liquidity = whole(pool.liquidity);
    Reached reached;
    std::vector<std::pair<std::int32_t, test::SignedWide>> stops;
    for (const auto& stop : pool.ticks) {
        if (a_to_b ? stop.first <= pool.tick && stop.first >= edge
                   : stop.first > pool.tick && stop.first <= edge)
            stops.push_back(stop);
    }
    if (a_to_b) std::reverse(stops.begin(), stops.end());
    if (stops.empty() || stops.back().first != edge) stops.emplace_back(edge, 0);
    for (const auto& [tick, net] : stops) {
        const Whole target = whole(orca::price_of_tick(tick));
        // L/p of A and L*p of B, between here and there.
        const Whole a_wide = a_to_b ? price - target : target - price;
        const Whole needed = a_to_b ? least_above(liquidity * one * a_wide, price * target)
                                    : least_above(liquidity * a_wide, one);
        const Whole usable = left * (million - pool.fee_rate) / million;
        if (needed <= usable) {
            const Whole out = a_to_b ? liquidity * a_wide / one : liquidity * one * a_wide / (price * target);
            const Whole fee = least_above(needed * pool.fee_rate, million - pool.fee_rate);
            left -= needed + fee;
            reached.in += needed + fee;
            reached.out += out;
            price = target;
            const Whole change = net < 0 ? whole(-static_cast<Wide>(net)) : whole(static_cast<Wide>(net));
            liquidity += (net < 0) == a_to_b ? change : Whole(-change);
            if (left == 0) return reached;
            continue;
        }
        const Whole weight = liquidity * one;
        const Whole stop =
            a_to_b ? least_above(weight * price, weight + usable * price) : price + usable * one / liquidity;
        const Whole moved = a_to_b ? price - stop : stop - price;
        reached.out += a_to_b ? liquidity * moved / one : liquidity * one * moved / (price * stop);
        reached.in += left;
        return reached;
    }
    return std::nullopt;
}

/// The arrays of a pool, laid out without any account.
std::vector<orca::TickArray> arrays_of(const SyntheticWhirlpool& pool, bool a_to_b) {
    std::vector<orca::TickArray> arrays;
    for (const std::int32_t start : orca::arrays_on_the_way(pool.tick, pool.spacing, a_to_b)) {
        orca::TickArray array;
        array.start = start;
        for (const auto& [tick, net] : pool.ticks) {
            if (pool.array_start(tick) != start) continue;
            const auto offset = static_cast<std::size_t>((tick - start) / pool.spacing);
            array.initialized |= Wide(1) << offset;
            array.net[offset] = net;
        }
        arrays.push_back(array);
    }
    return arrays;
}

Result<orca::Walk> walk_there(const SyntheticWhirlpool& pool, const std::vector<orca::TickArray>& arrays,
                              std::uint64_t amount, orca::Fixed fixed, bool a_to_b) {
    orca::Terrain terrain;
    terrain.price = pool.price;
    terrain.liquidity = pool.liquidity;
    terrain.tick = pool.tick;
    terrain.spacing = pool.spacing;
    for (const orca::TickArray& array : arrays) terrain.arrays.push_back(&array);
    return orca::walk(terrain, orca::FeeRate(pool.fee_rate), amount, fixed, a_to_b);
}

}  // namespace

TEST_SUITE("venues/pool_maths") {
    TEST_CASE("wide products and quotients are those of whole numbers, and what does not fit is nothing") {
        Random random(71);
        for (int i = 0; i < 20'000; ++i) {
            CAPTURE(i);
            const Wide a = any_wide(random);
            const Wide b = any_wide(random);
            const Wide by = any_wide(random);
            const Whole product = whole(a) * whole(b);
            const Product halves = multiply(a, b);
            REQUIRE((whole(halves.high) << 128 | whole(halves.low)) == product);
            if (by == 0) {
                REQUIRE(!mul_div(a, b, by).has_value());
                REQUIRE(!mul_div_up(a, b, by).has_value());
            } else {
                REQUIRE(same(mul_div(a, b, by), product / whole(by)));
                REQUIRE(same(mul_div_up(a, b, by), least_above(product, whole(by))));
            }
            const auto bits = static_cast<unsigned>(1 + random.below(127));
            REQUIRE(same(mul_shift(a, b, bits), product >> bits));
            REQUIRE(same(checked_mul(a, b), product));
            REQUIRE(same(checked_add(a, b), whole(a) + whole(b)));
            if (a >= b) REQUIRE(same(checked_sub(a, b), whole(a) - whole(b)));
            if (a < b) REQUIRE(!checked_sub(a, b).has_value());
        }
        CHECK(!mul_shift(1, 1, 0).has_value());
        CHECK(!mul_shift(1, 1, 128).has_value());
    }

    TEST_CASE("Orca Whirlpools: 8 000 random pools pay what the definition says") {
        Random random(74);
        int priced = 0;
        int crossings = 0;
        for (int i = 0; i < 8'000; ++i) {
            CAPTURE(i);
            const SyntheticWhirlpool pool = draw_whirlpool(random);
            const bool a_to_b = random.below(2) == 1;
            const auto arrays = arrays_of(pool, a_to_b);
            const std::int32_t edge =
                a_to_b ? arrays.back().start : arrays.back().start + 88 * pool.spacing - 1;
            const std::uint64_t amount = any_size(random, 63);
            const auto expected = trade_by_hand(pool, amount, a_to_b, edge);
            const auto walked = walk_there(pool, arrays, amount, orca::Fixed::input, a_to_b);
            REQUIRE(static_cast<bool>(walked) == (expected && expected->out >> 64 == 0));
            if (!walked) {
                REQUIRE(walked.error().reason == Reason::insufficient_liquidity);
                continue;
            }
            REQUIRE(Whole(walked.value().in) == expected->in);
            REQUIRE(Whole(walked.value().out) == expected->out);
            REQUIRE(walked.value().in == amount);
            ++priced;
            crossings += static_cast<int>(walked.value().crossings);
        }
        CHECK(priced > 1'200);
        CHECK(crossings > 300);
    }

    TEST_CASE("Orca Whirlpools: a way there and back, and a way in two parts, never gain") {
        Random random(75);
        int tried = 0;
        for (int i = 0; i < 3'000; ++i) {
            CAPTURE(i);
            const SyntheticWhirlpool pool = draw_whirlpool(random);
            const bool a_to_b = random.below(2) == 1;
            const auto arrays = arrays_of(pool, a_to_b);
            const std::uint64_t amount = any_size(random, 50);
            const auto there = walk_there(pool, arrays, amount, orca::Fixed::input, a_to_b);
            if (!there || there.value().out == 0) continue;
            SyntheticWhirlpool after = pool;
            after.price = there.value().price;
            after.liquidity = there.value().liquidity;
            after.tick = orca::tick_of_price(after.price);
            // Coming down onto a tick, the trade has crossed it.
            if (a_to_b && orca::price_of_tick(after.tick) == after.price && pool.price != after.price)
                --after.tick;
            const auto back =
                walk_there(after, arrays_of(after, !a_to_b), there.value().out, orca::Fixed::input, !a_to_b);
            if (back) REQUIRE(back.value().out <= amount);
            const std::uint64_t rest = any_size(random, 50);
            const auto second = walk_there(after, arrays_of(after, a_to_b), rest, orca::Fixed::input, a_to_b);
            const auto both = walk_there(pool, arrays, amount + rest, orca::Fixed::input, a_to_b);
            if (!second || !both) continue;
            ++tried;
            REQUIRE(there.value().out + second.value().out <= both.value().out + 1);
        }
        CHECK(tried > 300);
    }

    TEST_CASE("the price of a tick grows by a hundredth of a percent a tick, and tells the tick") {
        CHECK((orca::price_of_tick(0) == Wide(1) << 64));
        CHECK((orca::price_of_tick(orca::first_tick) == orca::least_price));
        CHECK((orca::price_of_tick(orca::last_tick) == orca::most_price));
        for (std::int32_t tick = orca::first_tick; tick < orca::last_tick; tick += 211) {
            CAPTURE(tick);
            const Wide price = orca::price_of_tick(tick);
            const Wide next = orca::price_of_tick(tick + 1);
            REQUIRE((price < next));
            REQUIRE(orca::tick_of_price(price) == tick);
            REQUIRE(orca::tick_of_price(next - 1) == tick);
            // As far as whole numbers can say so: a price has 32 bits at least.
            const Whole squared = whole(next) * whole(next) * 10'000;
            const Whole expected = whole(price) * whole(price) * 10'001;
            const Whole off = squared > expected ? squared - expected : expected - squared;
            REQUIRE(off <= expected >> 26);
        }
        CHECK(orca::tick_of_price(0) == orca::first_tick);
        CHECK(orca::tick_of_price(~Wide(0)) == orca::last_tick);
    }

    TEST_CASE("liquidity beyond the program's numbers is an error, and too far away is not") {
        const Wide one = Wide(1) << 64;
        CHECK(delta_a(one, 3 * one, ~Wide(0), true).kind == Delta::Kind::overflow);
        CHECK(delta_a(1, 2, Wide(1) << 100, true).kind == Delta::Kind::beyond);
        CHECK(delta_a(0, one, 5, true).kind == Delta::Kind::overflow);
        CHECK(delta_b(one, 2 * one, ~Wide(0), true).kind == Delta::Kind::beyond);
        CHECK(delta_b(one, one + 1, 1, true).amount == 1);
        CHECK(delta_b(one, one + 1, 1, false).amount == 0);
        CHECK(!price_after_a(one, 5, 5, false).has_value());  // all of it
        CHECK(!price_after_b(one, 5, 6, false).has_value());  // more than all of it
        CHECK(!price_after_b(one, 0, 1, true).has_value());   // there is no liquidity
        CHECK(!price_after_a(~Wide(0), ~Wide(0), 1, true).has_value());
        CHECK((price_after_a(one, 0, 0, true) == one));
    }
}
