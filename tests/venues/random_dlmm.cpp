#include "random_dlmm.hpp"

#include <iterator>

namespace libexec::test {

SyntheticDlmm draw_dlmm(Random& random, int bins) {
    SyntheticDlmm pool;
    draw_tokens(pool, random, true);
    for (SyntheticToken& token : pool.tokens) token.held = std::uint64_t{1} << 62;
    constexpr std::uint16_t steps[] = {1, 5, 20, 100, 250, 400};
    pool.step = steps[random.below(std::size(steps))];
    // Prices up to some 2^20 either way, where whole units still mean something.
    const std::uint64_t range = 2 * 140'000u / pool.step;
    pool.active = static_cast<std::int32_t>(random.below(range)) - static_cast<std::int32_t>(range / 2);
    pool.base_factor = static_cast<std::uint16_t>(random.below(20'000));
    pool.base_power = static_cast<std::uint8_t>(random.below(8) == 0 ? 1 : 0);
    pool.control = random.below(3) == 0 ? 0 : static_cast<std::uint32_t>(random.below(100'000));
    pool.volatility_most = static_cast<std::uint32_t>(random.below(500'000));
    pool.volatility = static_cast<std::uint32_t>(random.below(400'000));
    pool.reference = static_cast<std::uint32_t>(random.below(200'000));
    pool.bin_reference = pool.active + static_cast<std::int32_t>(random.below(41)) - 20;
    pool.updated_at = 1'800'000'000 - static_cast<std::int64_t>(random.below(900));
    pool.reduction = static_cast<std::uint16_t>(random.below(10'001));
    pool.fee_mode = static_cast<std::uint8_t>(random.below(2));
    pool.function = static_cast<std::uint8_t>(random.below(3));
    pool.has_reward = random.below(4) == 0;
    const std::uint64_t most = 20 + random.below(20);
    std::int32_t id =
        pool.active - static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(bins) + 1));
    const std::uint64_t gap = random.below(6) == 0 ? 120 : 2;
    for (int i = 0; i < bins; ++i, id += static_cast<std::int32_t>(1 + random.below(gap))) {
        SyntheticBin& bin = pool.bins[id];
        if (id >= pool.active && random.below(4) != 0) bin.x = any_size(random, most);
        if (id <= pool.active && random.below(4) != 0) bin.y = any_size(random, most);
        bin.asks = id > pool.active || (id == pool.active && random.below(2) == 0);
        if (random.below(3) == 0) bin.fresh = any_size(random, most);
        if (random.below(3) == 0) bin.begun = any_size(random, most);
    }
    return pool;
}

}  // namespace libexec::test
