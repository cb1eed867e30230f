#pragma once

#include <optional>

#include "libexec/model/money.hpp"

namespace libexec::pools {

/// a * b / by rounded down, the product in 256 bits. Nothing when `by` is 0 or the quotient needs more than
/// 128 bits.
std::optional<Wide> mul_div(Wide a, Wide b, Wide by);
/// The same rounded up.
std::optional<Wide> mul_div_up(Wide a, Wide b, Wide by);
/// a * b / 2^bits rounded down, the product in 256 bits; `bits` from 1 to 127. Nothing beyond 128 bits.
std::optional<Wide> mul_shift(Wide a, Wide b, unsigned bits);

/// A product of 256 bits.
struct Product {
    Wide high = 0;
    Wide low = 0;
};

Product multiply(Wide a, Wide b);

/// a * b, a + b, a - b, or nothing where 128 bits do not hold it.
std::optional<Wide> checked_mul(Wide a, Wide b);
std::optional<Wide> checked_add(Wide a, Wide b);
std::optional<Wide> checked_sub(Wide a, Wide b);

/// The value as base units, or nothing beyond 64 bits.
std::optional<std::uint64_t> as_u64(Wide value);
std::optional<std::uint64_t> as_u64(std::optional<Wide> value);

/// ceil(value / by); `by` is not 0.
constexpr Wide div_up(Wide value, Wide by) { return value / by + (value % by != 0 ? 1 : 0); }

}  // namespace libexec::pools
