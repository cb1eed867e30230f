#pragma once

#include <cstdint>

#include "../pools/liquidity_step.hpp"

namespace libexec::raydium_clmm_pool {

using pools::Fixed;

/// What a trade asks of each of its steps.
struct Course {
    Fixed fixed = Fixed::input;
    bool a_to_b = false;
    bool fee_on_input = true;  ///< or on what is paid
};

/// What came and went. The fee is left out of `in` when it is on the input, and of `out` when it is on that.
struct Exchange {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint64_t fee = 0;
};

/// How far one step got.
struct Step {
    Exchange exchange;
    Wide price = 0;
};

/// From `price` to `target`, or as far as `amount` goes: of the input with its fee, or of what shall be paid.
/// Errors: insufficient_liquidity where the program's arithmetic refuses.
Result<Step> take_step(std::uint64_t amount, std::uint32_t rate, Wide liquidity, Wide price, Wide target,
                       const Course& course);

/// The limit orders at a tick of that price, which have `orders` left to pay, against `amount`. What they pay
/// without the fee is at most `orders`.
/// Errors: insufficient_liquidity where the program's arithmetic refuses.
struct Match {
    Exchange exchange;
    std::uint64_t left = 0;  ///< of the orders
};
Result<Match> match_orders(std::uint64_t amount, std::uint32_t rate, std::uint64_t orders, Wide price,
                           const Course& course);

}  // namespace libexec::raydium_clmm_pool
