#pragma once

#include <cstdint>
#include <optional>

#include "libexec/model/money.hpp"

namespace libexec::meteora_dlmm_pool {

/// The outermost bins.
inline constexpr std::int32_t last_bin = 443'636;
inline constexpr std::int32_t first_bin = -last_bin;

/// The price of a bin, base units of Y per base unit of X in Q64.64: (1 + step / 10000)^bin, with the
/// program's own roundings. Nothing where its arithmetic has no number.
std::optional<Wide> price_of_bin(std::int32_t bin, std::uint16_t step);

}  // namespace libexec::meteora_dlmm_pool
