// Raydium CLMM against whole numbers without bounds, written from the definitions, and the laws that no pool
// may break.

#include <doctest/doctest.h>

#include "clmm_by_hand.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace libexec::test::clmm_by_hand;

namespace {

/// Five positions over each other around any price, with limit orders among their ticks, a fee on either side
/// and one in three a dynamic one.
SyntheticClmm draw_clmm(Random& random, bool may_have_transfer_fees) {
    SyntheticClmm pool;
    draw_tokens(pool, random, may_have_transfer_fees);
    for (SyntheticToken& token : pool.tokens) token.held = std::uint64_t{1} << 62;
    constexpr std::uint16_t spacings[] = {1, 10, 60};
    pool.spacing = spacings[random.below(3)];
    pool.fee_rate = static_cast<std::uint32_t>(random.below(30'000));
    pool.fee_on = static_cast<std::uint8_t>(random.below(3));
    pool.tick = static_cast<std::int32_t>(random.below(200'001)) - 100'000;
    const Wide low = price_of_tick(pool.tick);
    pool.price = low + random.below(static_cast<std::uint64_t>(price_of_tick(pool.tick + 1) - low));
    pool.liquidity = any_size(random, 40);
    const std::int32_t here = pool.array_start(pool.tick) / pool.spacing;
    for (int i = 0; i < 5; ++i) {
        const auto liquidity = static_cast<test::SignedWide>(any_size(random, 40));
        const auto from = static_cast<std::int32_t>(random.below(60 * 5)) - 60 * 2;
        const auto size = static_cast<std::int32_t>(1 + random.below(60 * 2));
        const std::int32_t lower = (here + from) * pool.spacing;
        const std::int32_t upper = lower + size * pool.spacing;
        pool.ticks[lower] += liquidity;
        pool.ticks[upper] -= liquidity;
        if (lower <= pool.tick && pool.tick < upper) pool.liquidity += static_cast<Wide>(liquidity);
        // Orders at ticks of their own, and where liquidity begins.
        if (random.below(3) == 0) pool.orders[upper + pool.spacing] = any_size(random, 40);
        if (random.below(3) == 0) pool.orders[lower] = any_size(random, 40);
    }
    if (random.below(3) != 0) return pool;
    SyntheticDynamicFee& fee = pool.dynamic_fee.emplace();
    fee.control = static_cast<std::uint32_t>(1 + random.below(50'000));
    fee.volatility_most = static_cast<std::uint32_t>(any_size(random, 21));
    fee.volatility = static_cast<std::uint32_t>(random.below(1 + fee.volatility_most));
    fee.reference = static_cast<std::uint32_t>(random.below(1 + fee.volatility_most));
    fee.group_reference =
        floor_of(pool.tick, pool.spacing) + static_cast<std::int32_t>(random.below(41)) - 20;
    fee.updated_at = static_cast<std::uint64_t>(now.unix_timestamp) - random.below(900);
    return pool;
}

/// What the pool did is what the definition says, refusals included. Whether it traded.
bool check_by_hand(const Result<PoolTrade>& trade, const Traded& expected) {
    if (expected.left > 0 || expected.in >> 64 != 0 || expected.out > Whole(1) << 62) {
        REQUIRE(!trade);
        REQUIRE(trade.error().reason == Reason::insufficient_liquidity);
        return false;
    }
    if (expected.in == 0 || expected.out == 0) {
        REQUIRE(!trade);
        REQUIRE(trade.error().reason == Reason::amount_too_small);
        return false;
    }
    REQUIRE_MESSAGE(trade, (trade ? "" : trade.error().detail));
    REQUIRE(Whole(trade.value().amount_in) == expected.in);
    REQUIRE(Whole(trade.value().amount_out) == expected.out);
    return true;
}

}  // namespace

TEST_SUITE("venues/raydium_clmm_laws") {
    TEST_CASE("400 random pools take and pay what the definition says, sold and bought") {
        Random random(81);
        int sold = 0;
        int bought = 0;
        std::uint32_t crossings = 0;
        for (int i = 0; i < 400; ++i) {
            CAPTURE(i);
            const SyntheticClmm pool = draw_clmm(random, false);
            const auto made = opened(pool);
            for (const bool a_to_b : {true, false}) {
                CAPTURE(a_to_b);
                const PublicKey& in = pool.mint(a_to_b ? 0 : 1);
                const PublicKey& out = pool.mint(a_to_b ? 1 : 0);
                const std::uint64_t amount = any_size(random, 45);
                const auto sale = made->sell(in, amount, now);
                sold += check_by_hand(sale, ByHand(pool, amount, true, a_to_b).go()) ? 1 : 0;
                if (sale) crossings += sale.value().crossings;
                const auto purchase = made->buy(out, amount, now);
                bought += check_by_hand(purchase, ByHand(pool, amount, false, a_to_b).go()) ? 1 : 0;
            }
        }
        CHECK(sold > 200);
        CHECK(bought > 200);
        CHECK(crossings > 100);
    }

    TEST_CASE("more gives more, and what an amount costs is what it is sold for") {
        Random random(82);
        int priced = 0;
        for (int i = 0; i < 100; ++i) {
            CAPTURE(i);
            const SyntheticClmm pool = draw_clmm(random, true);
            const auto made = opened(pool);
            for (int side = 0; side < 2; ++side) {
                for (int k = 0; k < 4; ++k)
                    check_prices(*made, pool.mint(side), pool.mint(1 - side), random, priced);
            }
        }
        CHECK(priced > 200);
    }

    TEST_CASE("a way there and back, and a way in two parts, never gain") {
        Random random(83);
        int tried = 0;
        int returned = 0;
        for (int i = 0; i < 200; ++i) {
            CAPTURE(i);
            SyntheticClmm pool = draw_clmm(random, false);
            pool.dynamic_fee.reset();
            const bool a_to_b = random.below(2) == 1;
            const int side = a_to_b ? 0 : 1;
            const std::uint64_t amount = any_size(random, 45);
            const auto there = sell(pool, side, amount);
            if (!there) continue;
            const Traded first = ByHand(pool, amount, true, a_to_b).go();
            REQUIRE(Whole(there.value().amount_out) == first.out);
            const auto back = sell(first.after, 1 - side, there.value().amount_out);
            if (back) REQUIRE(back.value().amount_out <= amount);
            returned += back ? 1 : 0;
            const std::uint64_t rest = any_size(random, 45);
            const auto second = sell(first.after, side, rest);
            const auto both = sell(pool, side, amount + rest);
            if (!second || !both) continue;
            ++tried;
            REQUIRE(there.value().amount_out + second.value().amount_out <= both.value().amount_out + 1);
        }
        CHECK(returned > 30);
        CHECK(tried > 20);
    }
}
