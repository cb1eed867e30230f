// Meteora DAMM v2 against whole numbers without bounds, written from the definitions, and the laws that no
// pool may break.

#include <doctest/doctest.h>

#include <algorithm>

#include "damm_by_hand.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace libexec::test::damm_by_hand;

namespace {

/// Any kind of pool: a range around any price or two reserves, with each kind of fee.
SyntheticDamm draw_damm(Random& random, bool may_have_transfer_fees) {
    SyntheticDamm pool;
    draw_tokens(pool, random, may_have_transfer_fees);
    for (SyntheticToken& token : pool.tokens) token.held = std::uint64_t{1} << 62;
    pool.collects = static_cast<std::uint8_t>(random.below(3));
    pool.mode = static_cast<std::uint8_t>(random.below(5));
    if (pool.mode == 2) pool.collects = 1;
    pool.price = (Wide(1) << (44 + random.below(40))) + random.next();
    pool.least_price = pool.price - pool.price / (2 + random.below(1'000));
    pool.most_price = pool.price + pool.price / (2 + random.below(1'000));
    pool.liquidity = Wide(any_size(random, 45)) << 64;
    if (pool.collects == 2) {
        pool.layout = 1;
        pool.least_price = 0;
        pool.most_price = ~Wide(0);
        pool.reserves = {any_size(random, 55), any_size(random, 55)};
    }
    pool.fee_version = static_cast<std::uint8_t>(random.below(2));
    pool.cliff = 100'000 + random.below(random.below(4) == 0 ? 900'000'000 : 50'000'000);
    pool.opens_at = static_cast<std::uint64_t>(now.unix_timestamp) - random.below(2'000);
    pool.duration = static_cast<std::uint32_t>(1 + random.below(2'000));
    pool.periods = static_cast<std::uint16_t>(1 + random.below(100));
    pool.frequency = random.below(100);
    pool.price_step = static_cast<std::uint32_t>(1 + random.below(500));
    pool.first_price = pool.price - pool.price / (2 + random.below(100));
    pool.reduction =
        pool.mode == 0 || pool.mode == 3 ? random.below(1 + pool.cliff / pool.periods) : random.below(2'000);
    if (pool.mode == 2) {
        pool.reduction = any_size(random, 40);
        pool.limit_most = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(9'900, 1 + pool.cliff / 100'000 + random.below(9'000)));
        pool.cliff = std::min<std::uint64_t>(pool.cliff, pool.limit_most * std::uint64_t{100'000});
    }
    if (random.below(2) == 0) {
        SyntheticVolatility& moved = pool.volatility.emplace();
        moved.control = static_cast<std::uint32_t>(random.below(50'000));
        moved.volatility = random.below(moved.most);
    }
    return pool;
}

bool check_by_hand(const Result<PoolTrade>& trade, const Traded& expected) {
    const Whole held = Whole(1) << 62;
    if (expected.refused || (expected.in + held) >> 64 != 0 || expected.out > held) {
        REQUIRE(!trade);
        REQUIRE(trade.error().reason == Reason::insufficient_liquidity);
        return false;
    }
    REQUIRE_MESSAGE(trade, (trade ? "" : trade.error().detail));
    REQUIRE(Whole(trade.value().amount_in) == expected.in);
    REQUIRE(Whole(trade.value().amount_out) == expected.out);
    return trade.value().amount_out > 0;
}

}  // namespace

TEST_SUITE("venues/meteora_damm_v2_laws") {
    TEST_CASE("3 000 random pools take and pay what the definition says, sold and bought") {
        Random random(91);
        int sold = 0;
        int bought = 0;
        for (int i = 0; i < 3'000; ++i) {
            CAPTURE(i);
            const SyntheticDamm pool = draw_damm(random, false);
            const auto made = opened(pool);
            const bool a_to_b = random.below(2) == 1;
            CAPTURE(a_to_b);
            const std::uint64_t amount = any_size(random, 50);
            const auto sale = made->sell(pool.mint(a_to_b ? 0 : 1), amount, now);
            sold += check_by_hand(sale, ByHand(pool, a_to_b).sell(amount)) ? 1 : 0;
            const auto purchase = made->buy(pool.mint(a_to_b ? 1 : 0), amount, now);
            if (!purchase && purchase.error().reason == Reason::policy_refused) {
                REQUIRE((pool.mode == 2 && !a_to_b));
                continue;
            }
            bought += check_by_hand(purchase, ByHand(pool, a_to_b).buy(amount)) ? 1 : 0;
        }
        CHECK(sold > 900);
        CHECK(bought > 600);
    }

    TEST_CASE("more gives more, and what an amount costs is what it is sold for") {
        Random random(92);
        int priced = 0;
        for (int i = 0; i < 400; ++i) {
            CAPTURE(i);
            SyntheticDamm pool = draw_damm(random, true);
            // A fee on the amount itself is rounded to a billionth of it: more may give less by that much.
            if (pool.mode == 2) continue;
            const auto made = opened(pool);
            for (int side = 0; side < 2; ++side) {
                for (int k = 0; k < 4; ++k)
                    check_prices(*made, pool.mint(side), pool.mint(1 - side), random, priced);
            }
        }
        CHECK(priced > 400);
    }

    TEST_CASE(
        "a way there and back never gains; two parts never beat the whole where trades do not move fees") {
        Random random(93);
        int tried = 0;
        int returned = 0;
        for (int i = 0; i < 1'500; ++i) {
            CAPTURE(i);
            SyntheticDamm pool = draw_damm(random, false);
            const int side = static_cast<int>(random.below(2));
            const std::uint64_t amount = any_size(random, 50);
            const auto there = sell(pool, side, amount);
            if (!there || there.value().amount_out == 0) continue;
            const Traded first = ByHand(pool, side == 0).sell(amount);
            REQUIRE(Whole(there.value().amount_out) == first.out);
            const auto back = sell(first.after, 1 - side, there.value().amount_out);
            if (back) REQUIRE(back.value().amount_out <= amount);
            returned += back ? 1 : 0;
            // The volatility a trade leaves, the price a fee follows and the size it follows all make two
            // trades another thing than one.
            if (pool.mode >= 2 || pool.volatility) continue;
            // And of what the first part pays in the second token a part is there for the second part.
            if (pool.collects == 2 && side == 0) continue;
            const std::uint64_t rest = any_size(random, 50);
            const auto second = sell(first.after, side, rest);
            const auto both = sell(pool, side, amount + rest);
            if (!second || !both) continue;
            ++tried;
            REQUIRE(there.value().amount_out + second.value().amount_out <= both.value().amount_out + 1);
        }
        CHECK(returned > 300);
        CHECK(tried > 40);
    }
}
