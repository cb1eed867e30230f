#pragma once

#include <optional>
#include <string_view>

#include "libexec/base/clock.hpp"

namespace libexec {

/// A UTC time as RFC 3339 has it, such as 2026-01-02T03:04:05Z, with no, or one to six, digits after the
/// seconds; the reverse of `to_rfc3339`. Nothing for other offsets and for dates that do not exist.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace libexec
