#pragma once

#include "synthetic_pools.hpp"

namespace libexec::test {

/// What stands in one bin of a Meteora DLMM pair.
struct SyntheticBin {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    bool asks = false;        ///< its limit orders pay X; they pay Y otherwise
    std::uint64_t begun = 0;  ///< of limit orders that others have traded with already
    std::uint64_t fresh = 0;  ///< of those nobody has
};

/// A pair of Meteora DLMM with the bins around its price. Both tokens are mint(0), X, and mint(1), Y.
struct SyntheticDlmm : SyntheticPool {
    std::uint16_t step = 100;
    std::int32_t active = 0;
    std::int32_t lowest = -443'636;
    std::int32_t highest = 443'636;
    std::uint16_t base_factor = 3'000;
    std::uint8_t base_power = 0;
    std::uint16_t filter = 30;
    std::uint16_t decay = 600;
    std::uint16_t reduction = 5'000;
    std::uint32_t control = 0;
    std::uint32_t volatility_most = 350'000;
    std::uint32_t volatility = 0;
    std::uint32_t reference = 0;
    std::int32_t bin_reference = 0;
    std::int64_t updated_at = 0;
    std::uint8_t status = 0;
    std::uint8_t pair_type = 0;
    std::uint8_t activation = 0;
    std::uint64_t opens_at = 0;
    std::uint8_t function = 0;
    std::uint8_t fee_mode = 0;
    bool has_reward = false;
    bool has_bitmap_account = false;  ///< also where no bin is so far out that it must have one
    bool prices_written = true;
    std::map<std::int32_t, SyntheticBin> bins;
    bool last_array_missing = false;  ///< the highest one is in the bitmap, but there is no account

    AccountStates encode() const;
    static PublicKey array_address(const PublicKey& pair, std::int64_t index);
    static PublicKey bitmap_address(const PublicKey& pair);
};

/// (1 + step / 10000)^bin in Q64.64 with the program's roundings, by whole numbers without bounds; 0 where
/// it has none.
Wide price_by_hand(std::int32_t bin, std::uint16_t step);

/// A pair at a price of one with bins 1 % apart and everything a bin can hold: liquidity in bins -3 to 3,
/// orders in -2, 0 and 1, and more liquidity far up and far down.
SyntheticDlmm small_dlmm();

}  // namespace libexec::test
