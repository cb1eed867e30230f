#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "libexec/base/random.hpp"

namespace libexec {

/// Arithmetic only: it never waits by itself.
struct RetryPolicy {
    std::uint32_t attempts_max = 3;  ///< the first included, at least 1
    std::chrono::milliseconds delay_first{1'000};
    std::chrono::milliseconds delay_max{60'000};
    std::chrono::milliseconds jitter{100};

    /// The pause after failed attempt `attempt` (from 1), doubled each time, or nothing when attempts are
    /// spent.
    std::optional<std::chrono::milliseconds> delay_after(std::uint32_t attempt, Random& random) const {
        if (attempt >= attempts_max) return std::nullopt;
        auto delay = delay_first;
        for (std::uint32_t i = 1; i < attempt && delay < delay_max; ++i) delay *= 2;
        const auto extra = random.below(static_cast<std::uint64_t>(jitter.count()) + 1);
        return std::min(delay, delay_max) + std::chrono::milliseconds(extra);
    }
};

}  // namespace libexec
