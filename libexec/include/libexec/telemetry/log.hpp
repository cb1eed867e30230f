#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"

namespace libexec {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

std::string_view to_string(LogLevel level);

/// The level spelled `word` in lower case, as above, or nothing.
std::optional<LogLevel> parse_log_level(std::string_view word);

/// One key and value of a log line. Values from outside are escaped and capped by the writer.
struct LogField {
    std::string_view key;
    std::string value;
    bool is_number = false;  ///< stands without quotes in JSON

    /// A field whose value is a number.
    static LogField number(std::string_view key, std::int64_t value) {
        return {key, std::to_string(value), true};
    }
};

/// Where the project talks to its operator: an object handed down, never a global. Safe from any thread.
class Log {
public:
    virtual ~Log() = default;

    /// Whether a line of this level would be written.
    virtual bool enabled(LogLevel level) const = 0;
    /// `event` is a short stable word such as "order.routed"; people read `message`.
    virtual void write(LogLevel level, std::string_view event, std::string_view message,
                       std::initializer_list<LogField> fields = {}) = 0;
    /// From now on lines below `level` are dropped.
    virtual void set_level(LogLevel level) = 0;

    /// A line of this level, if it is enabled.
    void debug(std::string_view event, std::string_view message,
               std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::debug)) write(LogLevel::debug, event, message, fields);
    }
    /// A line of this level, if it is enabled.
    void info(std::string_view event, std::string_view message, std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::info)) write(LogLevel::info, event, message, fields);
    }
    /// A line of this level, if it is enabled.
    void warn(std::string_view event, std::string_view message, std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::warn)) write(LogLevel::warn, event, message, fields);
    }
    /// A line of this level, if it is enabled.
    void error(std::string_view event, std::string_view message,
               std::initializer_list<LogField> fields = {}) {
        if (enabled(LogLevel::error)) write(LogLevel::error, event, message, fields);
    }
};

enum class LogFormat : std::uint8_t { text, json };

/// Text when standard error is a terminal, JSON lines otherwise.
LogFormat stderr_log_format();

/// Lines on standard error, through spdlog. A JSON line is one object of strings: ts, level, event, msg, then
/// the fields in the order given. No value takes more than 1 KiB; the bytes left out are counted.
std::unique_ptr<Log> make_stderr_log(LogLevel level, LogFormat format);

/// The same lines on `out`. Both `out` and `clock` outlive the log.
std::unique_ptr<Log> make_stream_log(std::ostream& out, LogLevel level, LogFormat format, const Clock& clock);

/// Says nothing. For libraries and tests that were given no log.
std::unique_ptr<Log> make_silent_log();

}  // namespace libexec
