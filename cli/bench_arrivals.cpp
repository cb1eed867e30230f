#include "bench_arrivals.hpp"

#include <cmath>

namespace libexec::cli {

std::chrono::nanoseconds BenchArrivals::next() {
    constexpr std::uint64_t second = 1'000'000'000;
    if (kind_ == BenchPlan::Arrivals::constant) {
        // Whole seconds apart from the rest: the product alone would overflow in long runs.
        const std::uint64_t number = count_++;
        return std::chrono::nanoseconds(number / rate_ * second + number % rate_ * second / rate_);
    }
    // A time, never money: a logarithm of a draw in (0, 1] may be a double.
    constexpr double whole = 9007199254740992.0;  // 2^53
    const double draw = (static_cast<double>(random_.next() >> 11) + 1.0) / whole;
    at_ += std::chrono::nanoseconds(std::llround(-std::log(draw) * static_cast<double>(second) / rate_));
    return at_;
}

}  // namespace libexec::cli
