#pragma once

#include <chrono>
#include <cstdint>

#include "bench_plan.hpp"
#include "libexec/base/random.hpp"

namespace libexec::cli {

/// When the turns of an open loop are due, one after the other, counted from its beginning. The schedule
/// knows nothing of the answers, so a slow target cannot slow down the clock that measures it.
class BenchArrivals {
public:
    /// `rate` a second, above zero.
    BenchArrivals(BenchPlan::Arrivals kind, std::uint32_t rate, std::uint64_t seed)
        : kind_(kind), rate_(rate), random_(seed) {}

    /// The next one. Constant: evenly, the first at zero. Poisson: after a pause drawn from the exponential
    /// distribution, the same for the same seed.
    std::chrono::nanoseconds next();

private:
    BenchPlan::Arrivals kind_;
    std::uint32_t rate_;
    Random random_;
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds at_{0};
};

}  // namespace libexec::cli
