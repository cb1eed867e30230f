#pragma once

#include <cstdint>
#include <optional>

#include "libexec/model/money.hpp"

namespace libexec::pools {

/// The token that has to move for a price to move, while so much liquidity stands at it.
struct Delta {
    enum class Kind : std::uint8_t {
        fits,
        beyond,    ///< more than 64 bits hold: no trade gets that far, which is no error
        overflow,  ///< more than the program's 256 bits hold on the way there, which is one
    };
    Kind kind = Kind::fits;
    std::uint64_t amount = 0;

    bool fits() const { return kind == Kind::fits; }
};

/// Prices here are square roots of token B per token A in Q64.64 and above 0; liquidity is whole.
///
/// Token A between two prices: liquidity * 2^64 * |p - q| / (p * q), divided once.
Delta delta_a(Wide p, Wide q, Wide liquidity, bool up);
/// Token B between two prices: liquidity * |p - q| / 2^64.
Delta delta_b(Wide p, Wide q, Wide liquidity, bool up);

/// The price after so much of token A came or went, rounded up. Nothing where the program's arithmetic
/// refuses.
std::optional<Wide> price_after_a(Wide price, Wide liquidity, std::uint64_t amount, bool comes);
/// The same for programs whose arithmetic has room for any product.
std::optional<Wide> price_after_a_exactly(Wide price, Wide liquidity, std::uint64_t amount, bool comes);
/// The price after so much of token B came or went, rounded down. Nothing without liquidity, or beyond 128
/// bits.
std::optional<Wide> price_after_b(Wide price, Wide liquidity, std::uint64_t amount, bool comes);

/// How far a trade's average price, fees left out, falls short of the one it began at, in basis points
/// rounded up. What whole base units lose by rounding is no impact: it is never above how far the price
/// itself went.
std::uint32_t liquidity_impact_bps(Wide price_before, Wide price_after, std::uint64_t in, std::uint64_t out,
                                   bool a_to_b);

}  // namespace libexec::pools
