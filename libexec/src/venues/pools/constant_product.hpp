#pragma once

#include <cstdint>
#include <optional>

#include "libexec/model/money.hpp"

namespace libexec::pools {

/// What a pool that keeps x * y at or above where it was pays for `given`:
/// floor(reserve_out * given / (reserve_in + given)). 0 when both reserve_in and given are.
std::uint64_t paid_for(std::uint64_t given, std::uint64_t reserve_in, std::uint64_t reserve_out);

/// The least it pays `wanted` for: ceil(reserve_in * wanted / (reserve_out - wanted)). Nothing when the
/// reserve does not have more than that, when it has no price since the other one is empty, or for more than
/// 64 bits.
std::optional<std::uint64_t> price_of(std::uint64_t wanted, std::uint64_t reserve_in,
                                      std::uint64_t reserve_out);

/// The amount of which ceil(amount * rate / whole) is taken and `net` is left at least: the least one.
/// Nothing when the rate takes all, or for more than 64 bits.
std::optional<std::uint64_t> before_fee(std::uint64_t net, std::uint64_t rate, std::uint64_t whole);

/// How far the average price falls short of the first unit's, in basis points rounded up: the share that
/// `given` is of the reserve it comes to.
std::uint32_t product_impact_bps(std::uint64_t given, std::uint64_t reserve_in);

}  // namespace libexec::pools
