#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace libexec::cli {

/// Any number of times in bounded memory.
/// Shape:  one counter for each 1/128 of each power of two: about 58 KiB once something was recorded, however
///         much it is. The largest and the smallest are kept exactly.
/// Unit:   nanoseconds; below zero counts as zero.
/// Errors: a percentile is at most 0.4 % away from a value that was recorded there (the middle of its
///         counter); below 256 ns it is exact.
class LatencyHistogram {
public:
    void record(std::chrono::nanoseconds time);
    std::uint64_t count() const { return count_; }
    /// Exact; zero when nothing was recorded.
    std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(static_cast<std::int64_t>(max_)); }
    /// The smallest value that this share of all does not exceed; zero when nothing was recorded.
    std::chrono::nanoseconds percentile(std::uint32_t per_ten_thousand) const;

private:
    std::vector<std::uint64_t> counters_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace libexec::cli
