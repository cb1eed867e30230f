#include "fee_rate.hpp"

#include <algorithm>
#include <cstdlib>

#include "../pools/wide.hpp"
#include "tick_price.hpp"

namespace libexec::orca_whirlpool_pool {
namespace {

constexpr std::uint32_t rate_most = 100'000;
constexpr std::uint64_t reference_age_most = 3'600;  // seconds
constexpr std::uint32_t reduction_whole = 10'000;
constexpr std::uint64_t control_whole = 100'000;

/// What the volatility is measured from: after a pause it begins at the present price, and in between a part
/// of what was counted before stays.
void renew_reference(Oracle& oracle, std::int32_t group, std::uint64_t now, std::uint64_t last_change) {
    const auto restart = [&](std::uint32_t volatility) {
        oracle.group_reference = group;
        oracle.volatility_reference = volatility;
    };
    if (now - oracle.reference_updated_at > reference_age_most) return restart(0);
    const std::uint64_t elapsed = now - last_change;
    if (elapsed < oracle.filter_period) return;
    if (elapsed >= oracle.decay_period) return restart(0);
    restart(
        static_cast<std::uint32_t>(std::uint64_t{oracle.volatility} * oracle.reduction / reduction_whole));
}

}  // namespace

Result<FeeRate> FeeRate::adaptive(std::uint32_t fixed, const Oracle& oracle, std::int32_t tick,
                                  std::uint64_t unix_time, bool a_to_b) {
    FeeRate rate(fixed);
    const std::uint64_t last_change = std::max(oracle.reference_updated_at, oracle.major_swap_at);
    if (unix_time < last_change)
        return reject(Reason::bad_account, "the oracle of the pool is of unix time " +
                                               std::to_string(last_change) + ", the clock shows " +
                                               std::to_string(unix_time));
    rate.oracle_ = oracle;
    rate.a_to_b_ = a_to_b;
    rate.group_ = pools::floor_div<std::int64_t>(tick, oracle.group_size);
    renew_reference(*rate.oracle_, static_cast<std::int32_t>(rate.group_), unix_time, last_change);

    const Oracle& seen = *rate.oracle_;
    const std::int64_t reach = static_cast<std::int64_t>(
        pools::div_up(seen.volatility_most - seen.volatility_reference, volatility_scale));
    const std::int64_t lower = seen.group_reference - reach;
    const std::int64_t upper = seen.group_reference + reach;
    const std::int64_t lower_tick = lower * seen.group_size;
    const std::int64_t upper_tick = (upper + 1) * seen.group_size;
    if (lower_tick > first_tick && lower_tick <= last_tick)
        rate.lower_ = Edge{lower, price_of_tick(static_cast<std::int32_t>(lower_tick))};
    if (upper_tick < last_tick && upper_tick >= first_tick)
        rate.upper_ = Edge{upper, price_of_tick(static_cast<std::int32_t>(upper_tick))};
    return rate;
}

void FeeRate::count() {
    const auto away = static_cast<std::uint64_t>(std::abs(oracle_->group_reference - group_));
    const std::uint64_t counted = oracle_->volatility_reference + away * volatility_scale;
    oracle_->volatility =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(counted, oracle_->volatility_most));
}

std::uint32_t FeeRate::enter_group() {
    if (!oracle_) return fixed_;
    count();
    // Both factors fit 32 bits: what the oracle was read with says so.
    const Wide crossed = Wide(oracle_->volatility) * oracle_->group_size;
    const Wide added = pools::div_up(crossed * crossed * oracle_->control,
                                     Wide(control_whole) * volatility_scale * volatility_scale);
    return static_cast<std::uint32_t>(std::min<Wide>(fixed_ + added, rate_most));
}

FeeRate::Bound FeeRate::bound(Wide target, Wide liquidity) const {
    if (!oracle_) return {target, false};
    if (oracle_->control == 0 || liquidity == 0) return {target, true};
    if (lower_ && group_ < lower_->group) return {a_to_b_ ? target : std::min(target, lower_->price), true};
    if (upper_ && group_ > upper_->group) return {a_to_b_ ? std::max(target, upper_->price) : target, true};
    const std::int64_t edge = (a_to_b_ ? group_ : group_ + 1) * oracle_->group_size;
    const Wide price =
        price_of_tick(static_cast<std::int32_t>(std::clamp<std::int64_t>(edge, first_tick, last_tick)));
    return {a_to_b_ ? std::max(target, price) : std::min(target, price), false};
}

std::int64_t FeeRate::last_group_passed(Wide price, std::int32_t next_tick, Wide next_price) const {
    const std::int32_t tick = price == next_price ? next_tick : tick_of_price(price);
    const bool on_edge =
        tick % oracle_->group_size == 0 && (price == next_price || price == price_of_tick(tick));
    // Coming up onto the edge of a group is not yet being in it.
    return pools::floor_div<std::int64_t>(tick, oracle_->group_size) - (on_edge && !a_to_b_ ? 1 : 0);
}

void FeeRate::leave_group(const Bound& bound, Wide price, std::int32_t next_tick, Wide next_price) {
    if (!oracle_) return;
    if (bound.skips) {
        const std::int64_t passed = last_group_passed(price, next_tick, next_price);
        // Never backwards: a step that was all fee has not moved at all.
        if (a_to_b_ ? passed < group_ : passed > group_) {
            group_ = passed;
            count();
        }
    }
    group_ += a_to_b_ ? -1 : 1;
}

}  // namespace libexec::orca_whirlpool_pool
