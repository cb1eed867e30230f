#include "random_pools.hpp"

#include "venues/orca_whirlpool/tick_price.hpp"

namespace libexec::test {

void draw_tokens(SyntheticPool& pool, Random& random, bool may_have_fees) {
    for (SyntheticToken& token : pool.tokens) {
        token.owed = random.below(3) == 0 ? 0 : any_size(random, 40);
        token.held = token.owed + any_size(random, 60);
        token.decimals = static_cast<std::uint8_t>(random.below(10));
        if (!may_have_fees || random.below(4) != 0) continue;
        token.program = well_known::token_2022_program;
        token.fee_points = static_cast<std::uint16_t>(1 + random.below(2'000));
        token.fee_most = any_size(random, 50);
    }
}

SyntheticCpmm draw_cpmm(Random& random) {
    SyntheticCpmm pool;
    draw_tokens(pool, random, true);
    pool.trade_rate = random.below(50'000);
    pool.creator_rate = random.below(50'000);
    pool.has_creator_fee = random.below(2) == 1;
    pool.creator_fee_on = static_cast<std::uint8_t>(random.below(3));
    return pool;
}

SyntheticAmm draw_amm(Random& random) {
    SyntheticAmm pool;
    draw_tokens(pool, random, false);
    pool.fee_denominator = 1 + random.below(100'000);
    pool.fee_numerator = random.below(1 + pool.fee_denominator / 10);
    return pool;
}

SyntheticWhirlpool draw_whirlpool(Random& random) {
    using namespace orca_whirlpool_pool;
    SyntheticWhirlpool pool;
    draw_tokens(pool, random, true);
    for (SyntheticToken& token : pool.tokens) token.held = std::uint64_t{1} << 62;
    constexpr std::uint16_t spacings[] = {1, 8, 64, 128};
    pool.spacing = spacings[random.below(4)];
    pool.fee_rate = static_cast<std::uint16_t>(random.below(30'000));
    pool.tick = static_cast<std::int32_t>(random.below(200'001)) - 100'000;
    const Wide low = price_of_tick(pool.tick);
    const auto gap = static_cast<std::uint64_t>(price_of_tick(pool.tick + 1) - low);
    pool.price = low + random.below(gap);
    pool.dynamic_arrays = random.below(2) == 1;
    pool.liquidity = any_size(random, 40);
    // Something that is there whatever the others do, then positions that begin or end around the price.
    const std::int32_t here = pool.array_start(pool.tick) / pool.spacing;
    for (int i = 0; i < 5; ++i) {
        const auto liquidity = static_cast<SignedWide>(any_size(random, 40));
        const auto from = static_cast<std::int32_t>(random.below(88 * 5)) - 88 * 2;
        const auto size = static_cast<std::int32_t>(1 + random.below(88 * 2));
        const std::int32_t lower = (here + from) * pool.spacing;
        const std::int32_t upper = lower + size * pool.spacing;
        pool.ticks[lower] += liquidity;
        pool.ticks[upper] -= liquidity;
        if (lower <= pool.tick && pool.tick < upper) pool.liquidity += static_cast<Wide>(liquidity);
    }
    return pool;
}

}  // namespace libexec::test
