#pragma once

#include <cstdint>
#include <vector>

#include "../pools/account_fields.hpp"
#include "../pools/ticks.hpp"

namespace libexec::raydium_clmm_pool {

using pools::first_tick;
using pools::last_tick;
using pools::SignedWide;

inline constexpr std::int32_t ticks_in_array = 60;

/// A tick in use.
struct Tick {
    std::int32_t at = 0;
    SignedWide net = 0;          ///< what liquidity gains when the price rises over it
    bool has_liquidity = false;  ///< some begins or ends there
    std::uint64_t orders = 0;    ///< what limit orders there have left to pay, in base units
};

/// Those of the 60 usable ticks beside each other that are in use, in ascending order.
struct TickArray {
    std::int32_t start = 0;
    std::vector<Tick> ticks;
};

/// The address of a pool's array.
PublicKey array_address(const PublicKey& pool, std::int32_t start);

/// Whose array it is, and which one.
struct ArrayPlace {
    PublicKey pool;
    std::int32_t start = 0;
    std::uint16_t spacing = 1;
    PublicKey address;
};

/// The array at that place. Errors: bad_account.
Result<TickArray> read_tick_array(const ArrayPlace& place, const AccountStates& accounts);

}  // namespace libexec::raydium_clmm_pool
