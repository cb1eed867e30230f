#pragma once

#include <cstdint>

#include "libexec/base/result.hpp"

namespace libexec::raydium_cpmm_pool {

/// A pool as one trade meets it: what it may pay from, and what it takes.
/// Unit:   base units; rates over a million.
struct Curve {
    std::uint64_t reserve_in = 0;
    std::uint64_t reserve_out = 0;
    std::uint64_t trade_rate = 0;
    std::uint64_t creator_rate = 0;
    bool creator_pays_in = true;  ///< the creator's fee is taken of the input, else of the output
};

/// What the curve does with an input that arrived in the vault, before any transfer fee of the output.
struct Fill {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint64_t fee = 0;  ///< in the input: the trade's, and the creator's where it is taken there
    std::uint32_t impact_bps = 0;
};

/// Exactly that input. Errors: amount_too_small.
Result<Fill> fill_exact_in(const Curve& curve, std::uint64_t in);
/// The least input that pays exactly that output. Errors: insufficient_liquidity.
Result<Fill> fill_exact_out(const Curve& curve, std::uint64_t out);

}  // namespace libexec::raydium_cpmm_pool
