#pragma once

#include <cstdint>
#include <optional>

#include "libexec/base/result.hpp"
#include "fill.hpp"

namespace libexec::pools {

/// A pool that keeps x * y at or above where it was, as one trade meets it.
/// Unit:   base units; the fee of the input as a fraction below 1.
struct ProductCurve {
    std::uint64_t reserve_in = 0;
    std::uint64_t reserve_out = 0;
    std::uint64_t fee_numerator = 0;
    std::uint64_t fee_denominator = 1;
};

/// Exactly that input; its fee is rounded up. Errors: amount_too_small.
Result<Fill> fill_exact_in(const ProductCurve& curve, std::uint64_t in);
/// The least input that pays exactly that output. Errors: insufficient_liquidity.
Result<Fill> fill_exact_out(const ProductCurve& curve, std::uint64_t out);

/// ceil(amount * rate / whole), for a rate not above the whole: never more than the amount.
std::uint64_t share_up(std::uint64_t amount, std::uint64_t rate, std::uint64_t whole);
/// The amount of which ceil(amount * rate / whole) is taken and `net` is left at least: the least one.
/// Nothing when the rate takes all, or for more than 64 bits.
std::optional<std::uint64_t> before_fee(std::uint64_t net, std::uint64_t rate, std::uint64_t whole);
/// The pool does not have what was asked for.
Rejection beyond_reserve(const ProductCurve& curve);

}  // namespace libexec::pools
