#pragma once

#include <cstdint>

#include "libexec/base/result.hpp"

namespace libexec::raydium_amm_v4_pool {

/// A pool as one trade meets it. Unit: base units; the fee as a fraction below 1.
struct Curve {
    std::uint64_t reserve_in = 0;
    std::uint64_t reserve_out = 0;
    std::uint64_t fee_numerator = 0;
    std::uint64_t fee_denominator = 1;
};

struct Fill {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint64_t fee = 0;  ///< in the input
    std::uint32_t impact_bps = 0;
};

/// Exactly that input. The fee is rounded up, as the program does since September 2025; older builds let an
/// input of less than half the fee's reciprocal go free. Errors: amount_too_small.
Result<Fill> fill_exact_in(const Curve& curve, std::uint64_t in);
/// The least input that pays exactly that output. Errors: insufficient_liquidity.
Result<Fill> fill_exact_out(const Curve& curve, std::uint64_t out);

}  // namespace libexec::raydium_amm_v4_pool
