#include "bench_histogram.hpp"

#include <algorithm>
#include <bit>

namespace libexec::cli {
namespace {

constexpr unsigned part_bits = 7;
constexpr std::uint64_t parts = 1U << part_bits;  // of each power of two
constexpr std::size_t counters = (64 - part_bits + 1) * parts;

/// How far right a value is shifted until it has `part_bits` + 1 digits.
unsigned shift_of(std::uint64_t value) {
    const auto digits = static_cast<unsigned>(std::bit_width(value));
    return digits > part_bits + 1 ? digits - part_bits - 1 : 0;
}

std::size_t counter_of(std::uint64_t value) {
    const unsigned shift = shift_of(value);
    return static_cast<std::size_t>(shift * parts + (value >> shift));
}

std::uint64_t middle_of(std::size_t counter) {
    if (counter < 2 * parts) return counter;
    const std::uint64_t shift = counter / parts - 1;
    const std::uint64_t least = (counter - shift * parts) << shift;
    return least + ((std::uint64_t{1} << shift) >> 1);
}

__extension__ using Wide = unsigned __int128;

}  // namespace

void LatencyHistogram::record(std::chrono::nanoseconds time) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
    if (counters_.empty()) counters_.resize(counters);
    counters_[counter_of(value)] += 1;
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = std::max(max_, value);
    count_ += 1;
}

std::chrono::nanoseconds LatencyHistogram::percentile(std::uint32_t per_ten_thousand) const {
    if (count_ == 0) return {};
    const auto asked = static_cast<std::uint64_t>((Wide(count_) * per_ten_thousand + 9'999) / 10'000);
    const std::uint64_t rank = std::clamp<std::uint64_t>(asked, 1, count_);
    std::uint64_t seen = 0;
    std::size_t counter = 0;
    while ((seen += counters_[counter]) < rank) ++counter;
    const std::uint64_t value = rank == count_ ? max_ : std::clamp(middle_of(counter), min_, max_);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(value));
}

}  // namespace libexec::cli
