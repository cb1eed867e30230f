#include "fee_rate.hpp"

#include <algorithm>

#include "../pools/wide.hpp"

namespace libexec::meteora_dlmm_pool {
namespace {

constexpr std::uint32_t scale = 10'000;  ///< of volatility, and of its reduction
constexpr Wide control_whole = 100'000'000'000;

}  // namespace

Result<FeeRate> FeeRate::at(const State& state, std::int64_t unix_time) {
    FeeRate rate(state);
    Volatility& seen = rate.volatility_;
    std::int64_t elapsed = 0;
    std::uint32_t kept = 0;
    if (__builtin_sub_overflow(unix_time, seen.updated_at, &elapsed))
        return reject(Reason::bad_account, "the pool was last traded at unix time " +
                                               std::to_string(seen.updated_at) + ", the clock shows " +
                                               std::to_string(unix_time));
    if (elapsed < seen.filter_period) return rate;  // trades in quick succession are measured as one
    seen.bin_reference = state.active;
    seen.reference = 0;
    if (elapsed >= seen.decay_period) return rate;
    if (__builtin_mul_overflow(seen.accumulated, std::uint32_t{seen.reduction}, &kept))
        return reject(Reason::bad_account, "the volatility of the pool is beyond what the program computes");
    seen.reference = kept / scale;
    return rate;
}

std::uint64_t FeeRate::in_bin(std::int32_t bin) const {
    const std::int64_t way = std::int64_t{volatility_.bin_reference} - bin;
    const auto away = static_cast<std::uint64_t>(way < 0 ? -way : way);
    const std::uint64_t volatility =
        std::min<std::uint64_t>(volatility_.reference + away * scale, volatility_.most);
    // Below 2^41, squared and times 32 bits.
    const Wide crossed = Wide(volatility) * step_;
    const Wide added = pools::div_up(crossed * crossed * volatility_.control, control_whole);
    return static_cast<std::uint64_t>(std::min<Wide>(base_ + added, fee_most));
}

}  // namespace libexec::meteora_dlmm_pool
