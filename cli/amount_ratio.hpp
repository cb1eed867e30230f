#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libexec::cli {

// Comparing amounts as the server writes them ("1502.611000"), as integers throughout.

/// How far `a` is from `b`, in tenths of a basis point of `b`, rounded to nearest; nothing when they cannot
/// be compared.
std::optional<std::uint64_t> tenth_bps_between(std::string_view a, std::string_view b);
/// The same with a sign: above zero when `a` is above `b`.
std::optional<std::int64_t> signed_tenth_bps(std::string_view a, std::string_view b);
/// The difference of two amounts as text; empty when they cannot be compared.
std::string gap_text(std::string_view a, std::string_view b);
bool is_above(std::string_view a, std::string_view b);

/// "-22.3 bps", "+0.4 bps", "0.0 bps".
std::string signed_bps_text(std::int64_t tenths);
/// The whole part of an amount in one short word: "84", "45.6k", "1.23M".
std::string rough_amount(std::string_view amount);
/// At most eight digits of a price, the rest cut off: "150.5856", "0.00012345678".
std::string short_price(std::string_view price);

}  // namespace libexec::cli
