#include "fee_rate.hpp"

#include <algorithm>
#include <cstdlib>

#include "../pools/wide.hpp"
#include "tick_price.hpp"

namespace libexec::raydium_clmm_pool {
namespace {

constexpr std::uint32_t dynamic_rate_most = 100'000;
constexpr std::uint64_t volatility_scale = 10'000;
constexpr std::uint64_t control_whole = 100'000;
constexpr std::uint64_t reduction_whole = 10'000;

}  // namespace

FeeRate::FeeRate(std::uint32_t base, const State& state, std::int64_t unix_time)
    : base_(base), spacing_(state.spacing), dynamic_(state.dynamic_fee) {
    if (!dynamic_) return;
    group_ = pools::floor_div(state.tick, spacing_);
    // The program keeps the time in 32 bits, and takes one before the last change for the same.
    const std::uint64_t now = static_cast<std::uint32_t>(unix_time);
    const std::uint64_t elapsed = now > dynamic_->updated_at ? now - dynamic_->updated_at : 0;
    if (elapsed < dynamic_->filter_period) return;
    const bool decays = elapsed < dynamic_->decay_period;
    dynamic_->group_reference = group_;
    dynamic_->volatility_reference = decays
                                         ? static_cast<std::uint32_t>(std::uint64_t{dynamic_->volatility} *
                                                                      dynamic_->reduction / reduction_whole)
                                         : 0;
}

std::uint32_t FeeRate::enter_group() {
    if (!dynamic_) return base_;
    const auto away = static_cast<std::uint64_t>(std::abs(std::int64_t{dynamic_->group_reference} - group_));
    dynamic_->volatility = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        dynamic_->volatility_reference + away * volatility_scale, dynamic_->volatility_most));
    // 32 bits hold this: the settings the pool was read with say so.
    const Wide crossed = Wide(dynamic_->volatility) * static_cast<std::uint32_t>(spacing_);
    const Wide added = pools::div_up(crossed * crossed * dynamic_->control,
                                     Wide(control_whole) * volatility_scale * volatility_scale);
    return static_cast<std::uint32_t>(std::min<Wide>(base_ + added, dynamic_rate_most));
}

FeeRate::Bound FeeRate::bound(Wide target, Wide liquidity, bool a_to_b) const {
    if (!dynamic_ || liquidity == 0 || dynamic_->volatility == dynamic_->volatility_most)
        return {target, true};
    const std::int32_t edge = (a_to_b ? group_ : group_ + 1) * spacing_;
    const Wide price = price_of_tick(std::clamp(edge, first_tick, last_tick));
    return {a_to_b ? std::max(target, price) : std::min(target, price), false};
}

void FeeRate::leave_group(const Bound& bound, std::int32_t next_tick, bool a_to_b) {
    if (!dynamic_) return;
    // A step that skips ends at the tick it was heading for, or the trade ends with it.
    if (bound.skips) group_ = pools::floor_div(next_tick, spacing_) - (a_to_b ? 0 : 1);
    group_ += a_to_b ? -1 : 1;
}

}  // namespace libexec::raydium_clmm_pool
