#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// What one value may take on a line, in bytes as written. What is left out is counted.
inline constexpr std::size_t log_value_bytes_max = 1024;

/// One line without its newline, always valid UTF-8 and free of control characters, whatever the values hold:
/// a byte that is not UTF-8 shows as \xff, a control character or one that reorders text as \u001b.
std::string format_log_line(LogFormat format, Time time, LogLevel level, std::string_view event,
                            std::string_view message, std::initializer_list<LogField> fields);

}  // namespace libexec
