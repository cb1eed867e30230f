#pragma once

#include "synthetic_pools.hpp"

namespace libexec::test {

/// Settings and state of a fee that grows with the price.
struct SyntheticDynamicFee {
    std::uint16_t filter = 30;
    std::uint16_t decay = 600;
    std::uint16_t reduction = 5'000;
    std::uint32_t control = 4'000;
    std::uint32_t volatility_most = 350'000;
    std::int32_t group_reference = 0;
    std::uint32_t reference = 0;
    std::uint32_t volatility = 0;
    std::uint64_t updated_at = 0;
};

/// A pool of Raydium CLMM with the ticks around its price.
struct SyntheticClmm : SyntheticPool {
    std::uint16_t spacing = 10;
    std::uint32_t fee_rate = 2'500;
    Wide liquidity = 0;
    Wide price = Wide(1) << 64;
    std::int32_t tick = 0;
    std::map<std::int32_t, SignedWide> ticks;  ///< what the liquidity gains when the price rises over each
    std::map<std::int32_t, std::uint64_t> orders;  ///< what the limit orders at each have left to pay
    std::uint8_t status = 0;
    std::uint8_t fee_on = 0;
    std::uint64_t open_time = 0;
    std::optional<SyntheticDynamicFee> dynamic_fee;
    bool has_extension = true;
    PublicKey config = key_numbered(2);
    PublicKey observation = key_numbered(3);

    AccountStates encode() const;
    /// The start of the array a tick is in.
    std::int32_t array_start(std::int32_t of_tick) const;
    /// Where the program keeps an array, and the bitmap beyond the pool's own.
    PublicKey array_key(std::int32_t start) const;
    PublicKey extension_key() const;
};

/// Two positions around an even price, and the same with limit orders on either side of it.
SyntheticClmm small_clmm();
SyntheticClmm clmm_with_orders();

}  // namespace libexec::test
