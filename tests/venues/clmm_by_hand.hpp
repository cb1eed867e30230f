#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "pool_checks.hpp"
#include "synthetic_clmm.hpp"
#include "venues/raydium_clmm/tick_price.hpp"
#include "whole_numbers.hpp"

/// Raydium CLMM in whole numbers without bounds, written from the definitions.
namespace libexec::test::clmm_by_hand {

using raydium_clmm_pool::price_of_tick;
using raydium_clmm_pool::tick_of_price;

inline const Whole one = Whole(1) << 64;
inline const Whole million = 1'000'000;

inline Whole up(const Whole& numerator, const Whole& by) { return least_above(numerator, by); }

inline Wide narrow(const Whole& value) {
    return Wide(static_cast<std::uint64_t>(value >> 64)) << 64 |
           static_cast<std::uint64_t>(value & (one - 1));
}

inline std::int32_t floor_of(std::int32_t value, std::int32_t by) {
    return (value - (value % by + by) % by) / by;
}

/// What a trade moved, the pool behind it, and whether anything was left to trade.
struct Traded {
    Whole in = 0;
    Whole out = 0;
    Whole left = 0;
    SyntheticClmm after;
};

/// One trade as its definition says: from tick to tick, orders first, a fee for every spacing on the way.
class ByHand {
public:
    ByHand(const SyntheticClmm& pool, std::uint64_t amount, bool sells, bool a_to_b)
        : sells_(sells), a_to_b_(a_to_b), price_(whole(pool.price)), liquidity_(whole(pool.liquidity)) {
        traded_.left = amount;
        traded_.after = pool;
        fee_on_input_ = pool.fee_on == 0 || (pool.fee_on == 1) == a_to_b;
        if (pool.dynamic_fee) begin(*pool.dynamic_fee);
    }

    Traded go() {
        const std::vector<std::int32_t> stops = ticks_ahead();
        for (const std::int32_t stop : stops) {
            if (traded_.left > 0) go_to(stop);
        }
        traded_.after.price = narrow(price_);
        traded_.after.liquidity = narrow(liquidity_);
        return traded_;
    }

private:
    void begin(const SyntheticDynamicFee& fee) {
        group_ = floor_of(traded_.after.tick, traded_.after.spacing);
        reference_ = fee.reference;
        home_ = fee.group_reference;
        const auto elapsed =
            std::max<std::int64_t>(0, now.unix_timestamp - static_cast<std::int64_t>(fee.updated_at));
        if (elapsed < fee.filter) return;
        home_ = group_;
        reference_ = elapsed < fee.decay ? Whole(fee.volatility) * fee.reduction / 10'000 : 0;
    }

    /// Those of the first six arrays with any, nearest first.
    std::vector<std::int32_t> ticks_ahead() const {
        const SyntheticClmm& pool = traded_.after;
        std::set<std::int32_t> all;
        for (const auto& [at, net] : pool.ticks) all.insert(at);
        for (const auto& [at, left] : pool.orders) all.insert(at);
        std::vector<std::int32_t> ahead(all.begin(), all.end());
        if (a_to_b_) std::reverse(ahead.begin(), ahead.end());
        std::vector<std::int32_t> stops;
        std::set<std::int32_t> arrays;
        const std::int32_t here = pool.array_start(pool.tick);
        for (const std::int32_t at : ahead) {
            const std::int32_t start = pool.array_start(at);
            if (a_to_b_ ? start > here : start < here) continue;
            arrays.insert(start);
            if (arrays.size() > 6) break;
            if (a_to_b_ ? at <= pool.tick : at > pool.tick) stops.push_back(at);
        }
        return stops;
    }

    Whole volatility() const {
        const Whole away = group_ > home_ ? group_ - home_ : home_ - group_;
        const Whole counted = reference_ + away * 10'000;
        return std::min<Whole>(counted, traded_.after.dynamic_fee->volatility_most);
    }

    Whole rate() const {
        if (!traded_.after.dynamic_fee) return traded_.after.fee_rate;
        const Whole crossed = volatility() * traded_.after.spacing;
        const Whole added =
            up(crossed * crossed * traded_.after.dynamic_fee->control, Whole(10'000'000'000'000));
        return std::min<Whole>(traded_.after.fee_rate + added, 100'000);
    }

    void go_to(std::int32_t stop) {
        const Whole target = whole(price_of_tick(stop));
        do {
            const Whole rate_now = rate();
            const bool bounded = traded_.after.dynamic_fee && liquidity_ > 0 &&
                                 volatility() < traded_.after.dynamic_fee->volatility_most;
            Whole end = target;
            if (bounded) {
                const std::int32_t edge = (a_to_b_ ? group_ : group_ + 1) * traded_.after.spacing;
                const Whole price = whole(price_of_tick(std::clamp(edge, -443'636, 443'636)));
                end = a_to_b_ ? std::max(target, price) : std::min(target, price);
            }
            if (end != price_) slide(end, rate_now);
            if (price_ == target) {
                fill_orders(stop, rate_now);
                cross(stop);
            }
            if (!bounded) group_ = floor_of(stop, traded_.after.spacing) - (a_to_b_ ? 0 : 1);
            group_ += a_to_b_ ? -1 : 1;
        } while (traded_.left > 0 && price_ != target);
    }

    /// Of the first token L/p, of the second L*p.
    Whole given_to(const Whole& end) const {
        const Whole moved = a_to_b_ ? price_ - end : end - price_;
        return a_to_b_ ? up(liquidity_ * one * moved, price_ * end) : up(liquidity_ * moved, one);
    }
    Whole paid_to(const Whole& end) const {
        const Whole moved = a_to_b_ ? price_ - end : end - price_;
        return a_to_b_ ? liquidity_ * moved / one : liquidity_ * one * moved / (price_ * end);
    }

    Whole stop_after(const Whole& amount) const {
        const Whole weight = liquidity_ * one;
        if (a_to_b_ && sells_) return up(weight * price_, weight + amount * price_);
        if (!a_to_b_ && !sells_) return up(weight * price_, weight - amount * price_);
        return sells_ ? Whole(price_ + amount * one / liquidity_)
                      : Whole(price_ - up(amount * one, liquidity_));
    }

    void slide(const Whole& end, const Whole& rate) {
        const Whole kept = million - rate;
        Whole usable = traded_.left;
        if (sells_ && fee_on_input_) usable = usable * kept / million;
        if (!sells_ && !fee_on_input_) usable = up(usable * million, kept);
        const bool whole_way = usable >= (sells_ ? given_to(end) : paid_to(end)) &&
                               given_to(end) >> 64 == 0 && paid_to(end) >> 64 == 0;
        const Whole stop = whole_way ? end : stop_after(usable);
        Whole in = given_to(stop);
        Whole out = paid_to(stop);
        const bool all_of_it = sells_ && stop != end;  // whatever it is worth
        if (fee_on_input_) {
            out = sells_ ? out : std::min(out, traded_.left);
            in = all_of_it ? traded_.left : Whole(in + up(in * rate, kept));
        } else {
            out = out - up(out * rate, million);
            out = sells_ ? out : std::min(out, traded_.left);
            in = all_of_it ? traded_.left : in;
        }
        if (price_ != stop) traded_.after.tick = tick_of_price(narrow(stop));
        price_ = stop;
        book(in, out);
    }

    void fill_orders(std::int32_t stop, const Whole& rate) {
        const auto found = traded_.after.orders.find(stop);
        if (found == traded_.after.orders.end() || traded_.left == 0) return;
        const Whole kept = million - rate;
        const Whole standing = found->second;
        // The second token per first, to the good of whoever made the order.
        const Whole worth = a_to_b_ ? Whole(price_ * price_ / one) : up(price_ * price_, one);
        const auto price_of = [&](const Whole& out) {
            const Whole net = a_to_b_ ? up(out * one, worth) : up(out * worth, one);
            return fee_on_input_ ? Whole(net + up(net * rate, kept)) : net;
        };
        Whole in = 0;
        Whole out = standing;
        if (sells_) {
            const Whole net = fee_on_input_ ? Whole(traded_.left * kept / million) : traded_.left;
            const Whole worth_of_it = a_to_b_ ? Whole(net * worth / one) : Whole(net * one / worth);
            in = worth_of_it <= standing ? traded_.left : price_of(standing);
            out = std::min(worth_of_it, standing);
        } else {
            const Whole gross = fee_on_input_ ? traded_.left : up(traded_.left * million, kept);
            out = std::min(gross, standing);
            in = price_of(out);
        }
        found->second -= static_cast<std::uint64_t>(out);
        if (found->second == 0) traded_.after.orders.erase(found);
        book(in, fee_on_input_ ? out : Whole(out - up(out * rate, million)));
    }

    void cross(std::int32_t stop) {
        const bool orders_stand = traded_.after.orders.contains(stop);
        const auto found = traded_.after.ticks.find(stop);
        if (!orders_stand && found != traded_.after.ticks.end()) {
            const test::SignedWide net = found->second;
            const Whole change = net < 0 ? whole(-static_cast<Wide>(net)) : whole(static_cast<Wide>(net));
            liquidity_ += (net < 0) == a_to_b_ ? change : Whole(-change);
        }
        traded_.after.tick = a_to_b_ == orders_stand ? stop : stop - 1;
    }

    void book(const Whole& in, const Whole& out) {
        traded_.in += in;
        traded_.out += out;
        traded_.left -= sells_ ? in : out;
    }

    bool sells_;
    bool a_to_b_;
    bool fee_on_input_ = true;
    Whole price_;
    Whole liquidity_;
    std::int32_t group_ = 0;
    std::int32_t home_ = 0;
    Whole reference_ = 0;
    Traded traded_;
};

}  // namespace libexec::test::clmm_by_hand
