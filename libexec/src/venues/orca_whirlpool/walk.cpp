#include "walk.hpp"

#include <algorithm>

#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"
#include "tick_price.hpp"

namespace libexec::orca_whirlpool_pool {

using namespace pools;

namespace {

/// A transaction has compute for some hundred steps. Whoever made an oracle that asks for more has made a
/// pool that cannot be traded that far.
constexpr int steps_most = 4'096;

Rejection past_last_array() {
    return reject(Reason::insufficient_liquidity, "the trade goes past the three tick arrays a swap may use");
}

Delta fixed_delta(Wide p, Wide q, Wide liquidity, Fixed fixed, bool a_to_b) {
    return fixed == Fixed::input ? given_between(p, q, liquidity, a_to_b)
                                 : paid_between(p, q, liquidity, a_to_b);
}

Delta other_delta(Wide p, Wide q, Wide liquidity, Fixed fixed, bool a_to_b) {
    return fixed == Fixed::input ? paid_between(p, q, liquidity, a_to_b)
                                 : given_between(p, q, liquidity, a_to_b);
}

std::optional<Wide> price_after(Wide price, Wide liquidity, std::uint64_t amount, Fixed fixed, bool a_to_b) {
    const bool comes = fixed == Fixed::input;
    if (a_to_b != comes) return price_after_b(price, liquidity, amount, comes);
    const auto after = price_after_a(price, liquidity, amount, comes);
    return after && *after >= least_price && *after <= most_price ? after : std::nullopt;
}

/// The search for the next tick with liquidity. It may end at the edge of what the arrays know of, where
/// there is none.
class Ticks {
public:
    Ticks(const Terrain& terrain, bool a_to_b) : terrain_(terrain), a_to_b_(a_to_b), from_(terrain.tick) {}

    /// Goes to the next one. False past the last array.
    bool find() {
        std::int32_t search = from_;
        for (;; ++array_) {
            if (array_ >= terrain_.arrays.size()) return false;
            const TickArray& array = *terrain_.arrays[array_];
            const std::int32_t last = array.start + ticks_in_array * spacing() - 1;
            // Going up, what lies in the array's first tick is found from the spacing below it on.
            const std::int32_t shift = a_to_b_ ? 0 : spacing();
            if (search < array.start - shift || search > last - shift) return false;
            if (const auto offset = next_offset(array, search)) {
                found_ = array.start + *offset * spacing();
                return true;
            }
            if (a_to_b_ ? array.start <= first_tick : last >= last_tick) {
                found_ = a_to_b_ ? first_tick : last_tick;
                return true;
            }
            found_ = a_to_b_ ? array.start : last;
            if (array_ + 1 == terrain_.arrays.size()) return true;
            search = a_to_b_ ? array.start - 1 : last;
        }
    }

    std::int32_t tick() const { return found_; }

    /// What the liquidity changes by, walking over the tick that was found; nothing where nobody has any.
    std::optional<SignedWide> net() const {
        const TickArray& array = *terrain_.arrays[array_];
        const std::int32_t offset = offset_of(array, found_);
        const bool usable = found_ % spacing() == 0 && offset >= 0 && offset < ticks_in_array;
        if (!usable || (array.initialized >> offset & 1) == 0) return std::nullopt;
        return array.net[static_cast<std::size_t>(offset)];
    }

    /// The price is at the tick that was found: the search goes on behind it.
    void pass() {
        const std::int32_t offset = offset_of(*terrain_.arrays[array_], found_);
        if (a_to_b_ ? offset == 0 : offset == ticks_in_array - 1) ++array_;
        from_ = a_to_b_ ? found_ - 1 : found_;
    }

private:
    std::int32_t spacing() const { return terrain_.spacing; }

    std::int32_t offset_of(const TickArray& array, std::int32_t tick) const {
        return floor_div(tick - array.start, spacing());
    }

    std::optional<std::int32_t> next_offset(const TickArray& array, std::int32_t search) const {
        std::int32_t offset = offset_of(array, search);
        if (a_to_b_) {
            for (; offset >= 0; --offset) {
                if ((array.initialized >> offset & 1) != 0) return offset;
            }
            return std::nullopt;
        }
        for (++offset; offset < ticks_in_array; ++offset) {
            if ((array.initialized >> offset & 1) != 0) return offset;
        }
        return std::nullopt;
    }

    const Terrain& terrain_;
    bool a_to_b_;
    std::size_t array_ = 0;
    std::int32_t from_;
    std::int32_t found_ = 0;
};

}  // namespace

Result<Step> take_step(std::uint64_t amount, std::uint32_t rate, Wide liquidity, Wide price, Wide target,
                       Fixed fixed, bool a_to_b) {
    const Delta whole_way = fixed_delta(price, target, liquidity, fixed, a_to_b);
    if (whole_way.kind == Delta::Kind::overflow) return beyond_numbers();
    const std::uint64_t traded =
        fixed == Fixed::input ? static_cast<std::uint64_t>(Wide(amount) * (whole - rate) / whole) : amount;

    Step step;
    step.price = target;
    if (!whole_way.fits() || whole_way.amount > traded) {
        const auto reached = price_after(price, liquidity, traded, fixed, a_to_b);
        if (!reached) return beyond_numbers();
        step.price = *reached;
    }
    const bool arrived = step.price == target;
    const Delta other = other_delta(price, step.price, liquidity, fixed, a_to_b);
    const Delta part =
        arrived && whole_way.fits() ? whole_way : fixed_delta(price, step.price, liquidity, fixed, a_to_b);
    if (!other.fits() || !part.fits()) return beyond_numbers();

    step.in = fixed == Fixed::input ? part.amount : other.amount;
    step.out = fixed == Fixed::input ? other.amount : std::min(part.amount, amount);
    if (fixed == Fixed::input && !arrived) {
        if (step.in > amount) return beyond_numbers();
        step.fee = amount - step.in;  // what is left of the input goes with it
        return step;
    }
    const auto fee = as_u64(div_up(Wide(step.in) * rate, whole - rate));
    if (!fee) return beyond_numbers();
    step.fee = *fee;
    return step;
}

Result<Walk> walk(const Terrain& terrain, FeeRate rate, std::uint64_t amount, Fixed fixed, bool a_to_b) {
    const Wide limit = a_to_b ? least_price : most_price;
    if (terrain.price == limit)
        return reject(Reason::insufficient_liquidity, "the price is at the end of all ticks");
    Walk done;
    done.price = terrain.price;
    Wide liquidity = terrain.liquidity;
    std::uint64_t left = amount;
    Ticks ticks(terrain, a_to_b);
    int steps = 0;

    while (left > 0 && done.price != limit) {
        if (!ticks.find()) return past_last_array();
        const Wide next_price = price_of_tick(ticks.tick());
        const Wide target = a_to_b ? std::max(limit, next_price) : std::min(limit, next_price);
        const std::int32_t next_tick = ticks.tick();
        while (true) {
            if (++steps > steps_most)
                return reject(Reason::insufficient_liquidity,
                              "the trade takes more steps than a transaction has compute for");
            const std::uint32_t step_rate = rate.enter_group();
            const FeeRate::Bound bound = rate.bound(target, liquidity);
            const auto taken = take_step(left, step_rate, liquidity, done.price, bound.price, fixed, a_to_b);
            if (!taken) return taken.error();
            const Step& step = taken.value();

            const auto given = checked_add(step.in, step.fee);
            const auto used = fixed == Fixed::input ? *given : Wide(step.out);
            const auto in = as_u64(*given + done.in);
            const auto out = as_u64(Wide(step.out) + done.out);
            if (used > left || !in || !out) return beyond_numbers();
            left -= static_cast<std::uint64_t>(used);
            done.in = *in;
            done.out = *out;
            done.fee += step.fee;  // a part of `in`

            if (step.price == next_price) {
                if (const auto net = ticks.net()) {
                    const auto after = liquidity_beyond(liquidity, *net, a_to_b);
                    if (!after) return after.error();
                    liquidity = after.value();
                    ++done.crossings;
                }
                ticks.pass();
            }
            done.price = step.price;
            rate.leave_group(bound, step.price, next_tick, next_price);
            if (left == 0 || done.price == target) break;
        }
    }
    if (left > 0 && fixed == Fixed::output)
        return reject(Reason::insufficient_liquidity, "the pool cannot pay that much at any price");
    done.liquidity = liquidity;
    return done;
}

}  // namespace libexec::orca_whirlpool_pool
