#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "../pools/account_fields.hpp"

namespace libexec::orca_whirlpool_pool {

using pools::SignedWide;

inline constexpr std::int32_t ticks_in_array = 88;

/// 88 usable ticks beside each other. Where nobody has put liquidity the chain may have no account at all:
/// such an array is empty.
struct TickArray {
    std::int32_t start = 0;                        ///< its lowest tick
    Wide initialized = 0;                          ///< bit i: tick i has liquidity that begins or ends there
    std::array<SignedWide, ticks_in_array> net{};  ///< what liquidity gains when the price rises over it
};

/// Where the array of a tick begins.
std::int32_t array_start_of(std::int32_t tick, std::uint16_t spacing);
/// Whether an array of some pool of that spacing may begin there.
bool is_array_start(std::int32_t start, std::uint16_t spacing);
/// Where the arrays begin that a trade from `tick` may use, in the order it uses them: three, or fewer at
/// the end of all ticks.
std::vector<std::int32_t> arrays_on_the_way(std::int32_t tick, std::uint16_t spacing, bool a_to_b);

/// The address of a pool's array.
PublicKey array_address(const PublicKey& pool, std::int32_t start);

/// Whose array it is, and which one.
struct ArrayPlace {
    PublicKey pool;
    std::int32_t start = 0;
    std::uint16_t spacing = 1;
    PublicKey address;
};

/// The array at that place, of either kind; empty when there is no account. Errors: bad_account.
Result<TickArray> read_tick_array(const ArrayPlace& place, const AccountStates& accounts);

}  // namespace libexec::orca_whirlpool_pool
