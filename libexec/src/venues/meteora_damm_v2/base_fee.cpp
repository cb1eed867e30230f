#include "base_fee.hpp"

#include <algorithm>

#include "../pools/wide.hpp"
#include "../pools/wider.hpp"

namespace libexec::meteora_damm_v2_pool {

using namespace pools;

namespace {

constexpr Wide one = Wide(1) << 64;
constexpr std::uint64_t basis_points = 10'000;

std::uint64_t rate_of_points(std::uint64_t points) { return points * (whole / basis_points); }

/// The rate after so many periods.
std::optional<std::uint64_t> after_periods(const BaseFee& fee, std::uint64_t passed) {
    const std::uint64_t periods = std::min<std::uint64_t>(passed, fee.periods);
    if (fee.mode == FeeMode::linear_in_time || fee.mode == FeeMode::linear_in_price) {
        const auto less = as_u64(Wide(fee.reduction) * periods);
        if (!less || *less > fee.cliff) return std::nullopt;
        return fee.cliff - *less;
    }
    if (fee.reduction == 0) return fee.cliff;
    if (fee.reduction > basis_points) return std::nullopt;
    // (1 - reduction)^periods by repeated squaring, each product rounded down.
    Wide power = one;
    Wide factor = one - (Wide(fee.reduction) << 64) / basis_points;
    for (std::uint64_t rest = periods; rest != 0; rest >>= 1) {
        if ((rest & 1) != 0) power = power * factor >> 64;
        factor = factor * factor >> 64;
    }
    if (power == 0) return std::nullopt;
    return as_u64(power == one ? Wide(fee.cliff) : power * fee.cliff >> 64);
}

std::uint64_t periods_in_time(const BaseFee& fee, const FeeMoment& moment) {
    return fee.frequency == 0 ? 0 : (moment.point - moment.opens_at) / fee.frequency;
}

std::uint64_t periods_in_price(const BaseFee& fee, const FeeMoment& moment) {
    if (Wide(moment.point) > Wide(moment.opens_at) + fee.duration) return fee.periods;
    if (moment.price <= fee.first_price) return 0;
    const Wider grown = wider(multiply(moment.price - fee.first_price, basis_points));
    const auto periods = narrow(divide(divide(grown, wider(fee.first_price), false), fee.price_step, false));
    return periods && *periods < fee.periods ? static_cast<std::uint64_t>(*periods) : fee.periods;
}

/// The steps of the limiter: how many of them until the fee stays.
std::uint64_t steps_of(const BaseFee& fee) {
    return (rate_of_points(fee.most) - fee.cliff) / rate_of_points(fee.increment);
}

/// Of an amount of which each further `reference` pays more than the one before, the rate over all of it.
std::uint64_t limited_rate(const BaseFee& fee, std::uint64_t gross) {
    if (gross <= fee.reference) return fee.cliff;
    const Wide step = rate_of_points(fee.increment);
    const std::uint64_t beyond = (gross - fee.reference) / fee.reference;
    const std::uint64_t rest = (gross - fee.reference) % fee.reference;
    const std::uint64_t steps = std::min(beyond, steps_of(fee));
    // The first, and those behind it that pay one step more each: below 2^109, as a sound fee has at most
    // 9 900 steps.
    Wide due = fee.reference * (Wide(fee.cliff) * (Wide(steps) + 1) + step * steps * (Wide(steps) + 1) / 2);
    if (beyond < steps_of(fee)) {
        due += rest * (fee.cliff + step * (Wide(beyond) + 1));
    } else {
        due += (Wide(beyond - steps) * fee.reference + rest) * rate_of_points(fee.most);
    }
    const Wide paid = div_up(due, whole);  // not more than the amount
    return static_cast<std::uint64_t>(div_up(paid * whole, gross));
}

}  // namespace

bool BaseFee::limits(const FeeMoment& moment) const {
    return mode == FeeMode::rate_limiter && reference != 0 && !moment.a_to_b &&
           Wide(moment.point) <= Wide(moment.opens_at) + duration;
}

bool BaseFee::is_sound() const {
    if (cliff >= whole) return false;
    if (mode == FeeMode::rate_limiter) {
        const bool none = reference == 0 && duration == 0 && most == 0 && increment == 0;
        const bool all = reference != 0 && duration != 0 && most != 0 && increment != 0;
        return none || (all && most <= 9'900 && increment < basis_points && cliff <= rate_of_points(most));
    }
    const bool by_price = mode == FeeMode::linear_in_price || mode == FeeMode::exponential_in_price;
    if (by_price && (first_price == 0 || price_step == 0 || duration == 0)) return false;
    return after_periods(*this, periods).has_value();
}

std::optional<std::uint64_t> base_rate(const BaseFee& fee, const FeeMoment& moment, std::uint64_t gross) {
    switch (fee.mode) {
        case FeeMode::linear_in_time:
        case FeeMode::exponential_in_time:
            return after_periods(fee, periods_in_time(fee, moment));
        case FeeMode::linear_in_price:
        case FeeMode::exponential_in_price:
            return after_periods(fee, periods_in_price(fee, moment));
        case FeeMode::rate_limiter:
            break;
    }
    return fee.limits(moment) ? limited_rate(fee, gross) : fee.cliff;
}

}  // namespace libexec::meteora_damm_v2_pool
