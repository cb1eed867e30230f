#pragma once

#include <cstdint>

#include "libexec/base/result.hpp"
#include "libexec/model/money.hpp"

namespace libexec {

/// A constant-product pool as a trader meets it: reserves and a fee taken from the input.
/// Shape:  integers only; whoever owns it keeps it unchanged while it is asked.
/// Unit:   base units of the token on each side, at most `Amount::most`.
/// Source: x * y = k, the rule of Uniswap v2 and of the first Raydium pools.
struct SimPool {
    Amount reserve_in;
    Amount reserve_out;
    Bps fee;
};

/// What a pool answers. Every rounding favours the pool.
struct SimFill {
    Amount amount_in;
    Amount amount_out;
    Amount venue_fee;                    ///< in base units of the input
    std::uint32_t price_impact_bps = 0;  ///< how far the price moves for this size, fee left out, rounded up
};

/// Errors: no_route when the input is too small to give any output.
Result<SimFill> fill_exact_in(const SimPool& pool, Amount amount_in);

/// The least input that gives at least `amount_out`; the surplus of rounding stays in the pool.
/// Errors: insufficient_liquidity when the reserve does not hold that much, or only at a price beyond
/// `Amount::most`.
Result<SimFill> fill_exact_out(const SimPool& pool, Amount amount_out);

}  // namespace libexec
