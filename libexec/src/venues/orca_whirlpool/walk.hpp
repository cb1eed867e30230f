#pragma once

#include <cstdint>
#include <vector>

#include "../pools/liquidity_step.hpp"
#include "fee_rate.hpp"
#include "tick_array.hpp"

namespace libexec::orca_whirlpool_pool {

/// What a trade walks through, from the pool's price on.
struct Terrain {
    Wide price = 0;
    Wide liquidity = 0;
    std::int32_t tick = 0;
    std::uint16_t spacing = 1;
    std::vector<const TickArray*> arrays;  ///< in the order the trade comes to them
};

using pools::Fixed;

/// Where a trade got to.
struct Walk {
    std::uint64_t in = 0;  ///< with the fee
    std::uint64_t out = 0;
    std::uint64_t fee = 0;  ///< of the input
    std::uint32_t crossings = 0;
    Wide price = 0;
    Wide liquidity = 0;
};

/// Trades `amount`, which is either all that may be given or all that shall be paid, until the price is at
/// the end of all ticks; an input is then used in part.
/// Errors: insufficient_liquidity past the last array, or when an output cannot be paid in full; bad_account
/// when the liquidity of the ticks contradicts that of the pool.
Result<Walk> walk(const Terrain& terrain, FeeRate rate, std::uint64_t amount, Fixed fixed, bool a_to_b);

/// One step: to `target`, or as far as `amount` goes.
struct Step {
    std::uint64_t in = 0;  ///< without the fee
    std::uint64_t out = 0;
    std::uint64_t fee = 0;
    Wide price = 0;
};

/// Errors: insufficient_liquidity where the program's arithmetic refuses.
Result<Step> take_step(std::uint64_t amount, std::uint32_t rate, Wide liquidity, Wide price, Wide target,
                       Fixed fixed, bool a_to_b);

}  // namespace libexec::orca_whirlpool_pool
