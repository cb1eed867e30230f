#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"

namespace libexec::cli {

std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);
std::string_view trim(std::string_view text);

/// A JSON document without line breaks: outside strings they are only space, and inside they cannot be.
std::string one_line(std::string_view json);

/// "0.24 s", "16.0 s", "2 min 05 s".
std::string elapsed_text(std::chrono::microseconds time);
/// "14:02:12.031Z".
std::string time_of_day_text(Time time);
/// "30s", "500ms", "2m", "1h", "7d"; nothing without a unit, for zero, or beyond a year.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "1502.611" for "1502.611000", "10" for "10.000000000".
std::string without_trailing_zeros(std::string_view decimal);
/// "0.50 %" for 50 basis points.
std::string percent_text(std::uint64_t bps);
/// "22.7 bps" for 227 tenths.
std::string tenth_bps_text(std::uint64_t tenths);
/// The beginning and the end of a long signature: "4kQm…9dXe".
std::string short_signature(std::string_view signature, std::string_view ellipsis);

}  // namespace libexec::cli
