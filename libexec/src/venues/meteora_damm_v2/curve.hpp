#pragma once

#include <cstdint>
#include <optional>

#include "libexec/base/result.hpp"
#include "libexec/model/money.hpp"

namespace libexec::meteora_damm_v2_pool {

/// One stretch of liquidity. Prices are square roots of the second token per first in Q64.64; the liquidity
/// is times 2^64, so that nothing is shifted where it meets them.
struct Range {
    Wide liquidity = 0;
    Wide least_price = 0;
    Wide most_price = 0;
    Wide price = 0;
};

/// What the first token between two prices is: liquidity * |p - q| / (p * q). Nothing beyond 64 bits, or at
/// no price.
std::optional<std::uint64_t> first_between(const Range& range, Wide p, Wide q, bool up);
/// And the second: liquidity * |p - q| / 2^128.
std::optional<std::uint64_t> second_between(const Range& range, Wide p, Wide q, bool up);

/// The other side of a trade, and the price behind it.
struct Moved {
    std::uint64_t other = 0;
    Wide price = 0;
};

/// What is paid for so much that comes, rounded down.
/// Errors: insufficient_liquidity out of the range, without liquidity, or where the program's arithmetic
/// refuses.
Result<Moved> pay(const Range& range, std::uint64_t in, bool a_to_b);
/// What so much that leaves costs, rounded up. The same errors.
Result<Moved> charge(const Range& range, std::uint64_t out, bool a_to_b);

}  // namespace libexec::meteora_damm_v2_pool
