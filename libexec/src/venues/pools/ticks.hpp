#pragma once

#include <cstdint>

#include "libexec/model/money.hpp"

namespace libexec::pools {

/// The outermost ticks of the pools whose prices are 1.0001^tick.
inline constexpr std::int32_t last_tick = 443'636;
inline constexpr std::int32_t first_tick = -last_tick;

/// floor(value / by); `by` is above 0.
template <class Number>
constexpr Number floor_div(Number value, Number by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

/// The greatest tick whose price is not above that one; the outermost ticks for prices beyond theirs.
/// `price_of` is the price of a tick, and grows with it.
template <class PriceOf>
constexpr std::int32_t tick_of(Wide price, PriceOf price_of) {
    // The price is between those of `low` and `high`, the second one excluded.
    std::int32_t low = first_tick;
    std::int32_t high = last_tick + 1;
    while (high - low > 1) {
        const std::int32_t middle = low + (high - low) / 2;
        (price_of(middle) <= price ? low : high) = middle;
    }
    return low;
}

/// Whether a pool may be at that tick while its price is that one: the tick of the price, or the one below
/// when the price came to stand exactly on it.
template <class PriceOf>
constexpr bool may_be_at(std::int32_t tick, Wide price, PriceOf price_of) {
    const std::int32_t of_price = tick_of(price, price_of);
    return tick == of_price || (tick == of_price - 1 && price_of(of_price) == price);
}

}  // namespace libexec::pools
