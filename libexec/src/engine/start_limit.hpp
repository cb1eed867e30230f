#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "libexec/base/clock.hpp"

namespace libexec {

/// ORDERS_PER_MINUTE: a token bucket that holds one second's worth (at least one), so that a minute never
/// sees more than the limit and a burst.
class StartLimit {
public:
    explicit StartLimit(std::uint32_t per_minute) : per_minute_(per_minute) {}

    /// Another limit from now on. Nobody gains by it: what is saved up shrinks to the new burst.
    void change(std::uint32_t per_minute) {
        per_minute_ = per_minute;
        tokens_us_ = std::min(tokens_us_, burst_us());
    }

    /// How many may start now.
    std::size_t available(Time now) {
        if (per_minute_ == 0) return std::numeric_limits<std::size_t>::max();
        if (last_ == Time{}) {
            last_ = now;
            tokens_us_ = burst_us();
        }
        // In units of a minute's microseconds, so that nothing is lost to rounding.
        const std::int64_t passed = std::max<std::int64_t>(0, (now - last_).count());
        last_ = now;
        tokens_us_ =
            std::min(burst_us(), tokens_us_ + std::min<std::int64_t>(passed, minute_us) * per_minute_);
        return static_cast<std::size_t>(tokens_us_ / minute_us);
    }

    void take(std::size_t starts) {
        // Never below nothing: those who started before the limit was set owe it nothing.
        if (per_minute_ != 0)
            tokens_us_ =
                std::max<std::int64_t>(0, tokens_us_ - static_cast<std::int64_t>(starts) * minute_us);
    }

    /// Until one more may start.
    std::chrono::microseconds next_in() const {
        if (per_minute_ == 0 || tokens_us_ >= minute_us) return std::chrono::microseconds(0);
        return std::chrono::microseconds((minute_us - tokens_us_) / per_minute_ + 1);
    }

private:
    static constexpr std::int64_t minute_us = 60'000'000;
    std::int64_t burst_us() const { return std::max<std::int64_t>(per_minute_ / 60, 1) * minute_us; }

    std::uint32_t per_minute_;
    std::int64_t tokens_us_ = 0;  ///< starts times minute_us
    Time last_{};
};

}  // namespace libexec
