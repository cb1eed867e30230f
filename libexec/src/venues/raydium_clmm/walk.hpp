#pragma once

#include <cstdint>
#include <vector>

#include "fee_rate.hpp"
#include "step.hpp"
#include "tick_array.hpp"

namespace libexec::raydium_clmm_pool {

/// What a trade walks through, from the pool's price on.
struct Terrain {
    Wide price = 0;
    Wide liquidity = 0;
    std::int32_t tick = 0;
    std::uint16_t spacing = 1;
    std::vector<const TickArray*> arrays;  ///< in the order the trade comes to them
    bool begins_at_tick = false;           ///< the first one is that of `tick`
};

/// Where a trade got to.
struct Walk {
    Exchange exchange;  ///< with the fee where it is the input's, without it where it is of what is paid
    std::uint32_t crossings = 0;
    Wide price = 0;
    Wide liquidity = 0;
};

/// Trades `amount`, which is either all that is given or all that is paid. The program does no part of one.
/// Errors: insufficient_liquidity past the last array; amount_too_small when one side of it would be nothing;
/// bad_account when the arrays contradict the pool.
Result<Walk> walk(const Terrain& terrain, FeeRate rate, std::uint64_t amount, const Course& course);

}  // namespace libexec::raydium_clmm_pool
