#pragma once

#include <chrono>
#include <string>

namespace libexec {

/// UTC wall time in microseconds.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The only source of "now". Safe to call from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    /// The time now. It may jump, as clocks do.
    virtual Time now() const = 0;
};

/// The machine's own clock.
class SystemClock final : public Clock {
public:
    /// The time now.
    Time now() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

/// RFC 3339 in UTC with microseconds, such as 2026-01-02T03:04:05.000006Z.
std::string to_rfc3339(Time time);

}  // namespace libexec
