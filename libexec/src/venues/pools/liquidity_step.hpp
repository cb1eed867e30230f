#pragma once

#include <cstdint>
#include <optional>

#include "libexec/base/result.hpp"
#include "account_fields.hpp"
#include "liquidity.hpp"

namespace libexec::pools {

/// Which end of a trade is asked for: all that may be given, or all that shall be paid.
enum class Fixed : std::uint8_t { input, output };

/// What is given for a price to go from `p` to `q`, rounded up.
inline Delta given_between(Wide p, Wide q, Wide liquidity, bool a_to_b) {
    return a_to_b ? delta_a(p, q, liquidity, true) : delta_b(p, q, liquidity, true);
}

/// What is paid while it goes there, rounded down.
inline Delta paid_between(Wide p, Wide q, Wide liquidity, bool a_to_b) {
    return a_to_b ? delta_b(p, q, liquidity, false) : delta_a(p, q, liquidity, false);
}

/// The liquidity behind a tick that changes it by `net` when the price rises over it.
/// Errors: bad_account when there would be less than none, or more than 128 bits hold.
Result<Wide> liquidity_beyond(Wide liquidity, SignedWide net, bool a_to_b);

}  // namespace libexec::pools
