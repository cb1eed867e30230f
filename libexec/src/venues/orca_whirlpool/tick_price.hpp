#pragma once

#include <cstdint>

#include "../pools/ticks.hpp"

namespace libexec::orca_whirlpool_pool {

using pools::first_tick;
using pools::last_tick;

/// The prices of the outermost ticks.
inline constexpr Wide least_price = 4'295'048'016;
inline constexpr Wide most_price = Wide(4'294'886'577) << 64 | Wide(0x35bb'7f32'a81b'33af);

/// The square root of 1.0001^tick in Q64.64, with the program's own roundings. For ticks from `first_tick`
/// to `last_tick`.
Wide price_of_tick(std::int32_t tick);

/// The greatest tick whose price is not above that one; the outermost ticks for prices beyond theirs.
std::int32_t tick_of_price(Wide price);

}  // namespace libexec::orca_whirlpool_pool
