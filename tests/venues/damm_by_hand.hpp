#pragma once

#include <algorithm>
#include <cstdint>

#include "pool_checks.hpp"
#include "synthetic_damm.hpp"
#include "whole_numbers.hpp"

/// Meteora DAMM v2 in whole numbers without bounds, written from the definitions.
namespace libexec::test::damm_by_hand {

inline const Whole one = Whole(1) << 64;
inline const Whole billion = 1'000'000'000;

inline Wide narrow(const Whole& value) {
    return Wide(static_cast<std::uint64_t>(value >> 64)) << 64 |
           static_cast<std::uint64_t>(value & (one - 1));
}

/// The base fee: what each slice of the amount owes where the amount counts, else what time or price say.
inline Whole base_by_hand(const SyntheticDamm& pool, const Whole& gross, bool a_to_b) {
    const auto age = static_cast<std::uint64_t>(now.unix_timestamp) - pool.opens_at;
    if (pool.mode == 2) {
        if (a_to_b || pool.reduction == 0 || age > pool.duration) return pool.cliff;
        const Whole most = Whole(pool.limit_most) * 100'000;
        Whole rate = pool.cliff;
        Whole owed = 0;
        Whole rest = gross;
        for (; rest > 0 && rate <= most; rate += Whole(pool.periods) * 100'000) {
            const Whole slice = std::min<Whole>(rest, pool.reduction);
            owed += slice * rate;
            rest -= slice;
        }
        owed += rest * most;
        if (gross <= pool.reduction) return pool.cliff;
        return least_above(least_above(owed, billion) * billion, gross);
    }
    Whole passed = 0;
    if (pool.mode < 2 && pool.frequency != 0) passed = age / pool.frequency;
    if (pool.mode > 2) {
        const Whole first = whole(pool.first_price);
        const Whole grown = whole(pool.price) > first ? Whole(whole(pool.price) - first) : Whole(0);
        passed = age > pool.duration ? Whole(pool.periods) : Whole(grown * 10'000 / first / pool.price_step);
    }
    const auto periods = static_cast<unsigned>(std::min<Whole>(passed, pool.periods));
    if (pool.mode == 0 || pool.mode == 3) return Whole(pool.cliff) - Whole(pool.reduction) * periods;
    // From the highest bit of the count down: each product is rounded where the program rounds it, which is
    // by the power of two it belongs to.
    Whole power = one;
    for (unsigned bit = 0; bit < 16; ++bit) {
        if ((periods >> bit & 1) == 0) continue;
        Whole factor = one - Whole(pool.reduction) * one / 10'000;
        for (unsigned i = 0; i < bit; ++i) factor = factor * factor / one;
        power = power * factor / one;
    }
    return power * pool.cliff / one;
}

struct Traded {
    bool refused = true;
    Whole in = 0;
    Whole out = 0;
    SyntheticDamm after;
};

/// One trade as its definition says, without transfer fees.
class ByHand {
public:
    ByHand(const SyntheticDamm& pool, bool a_to_b) : pool_(pool), a_to_b_(a_to_b) {
        reserve_in_ = pool.reserves[a_to_b ? 0 : 1];
        reserve_out_ = pool.reserves[a_to_b ? 1 : 0];
    }

    Traded sell(std::uint64_t amount) const {
        const Whole rate = rate_of(amount);
        const bool on_input = pool_.collects != 0 && !a_to_b_;
        const Whole fee_in = on_input ? least_above(amount * rate, billion) : Whole(0);
        const Whole traded = amount - fee_in;
        Traded made = moved(traded, true);
        if (made.refused) return made;
        const Whole fee_out = on_input ? Whole(0) : least_above(made.out * rate, billion);
        keep_part(made.after, on_input ? fee_in : fee_out);
        made.in = amount;
        made.out -= fee_out;
        return made;
    }

    Traded buy(std::uint64_t amount) const {
        const Whole kept = billion - rate_of(amount);
        const bool on_input = pool_.collects != 0 && !a_to_b_;
        Traded made = moved(on_input ? Whole(amount) : least_above(amount * billion, kept), false);
        if (made.refused) return made;
        if (on_input) made.in = least_above(made.in * billion, kept);
        made.out = amount;
        return made;
    }

private:
    Whole rate_of(const Whole& amount) const {
        Whole rate = base_by_hand(pool_, amount, a_to_b_);
        if (pool_.volatility) {
            const Whole crossed = whole(pool_.volatility->volatility) * pool_.volatility->bin_step;
            rate += least_above(crossed * crossed * pool_.volatility->control, Whole(100) * billion);
        }
        return std::min<Whole>(rate, pool_.fee_version == 0 ? 500'000'000 : 990'000'000);
    }

    /// Half of what the fee leaves after the protocol's fifth stays in the second reserve.
    static void keep_part(SyntheticDamm& pool, const Whole& fee) {
        if (pool.collects != 2) return;
        pool.reserves[1] += static_cast<std::uint64_t>((fee - fee / 5) / 2);
    }

    Traded moved(const Whole& amount, bool comes) const {
        return pool_.collects == 2 ? of_product(amount, comes) : of_range(amount, comes);
    }

    /// The product of the reserves, by what is left of the other one.
    Traded of_product(const Whole& amount, bool comes) const {
        Traded made;
        made.after = pool_;
        const Whole product = reserve_in_ * reserve_out_;
        if (!comes && amount >= reserve_out_) return made;
        const Whole other = comes ? Whole(reserve_out_ - least_above(product, reserve_in_ + amount))
                                  : Whole(least_above(product, reserve_out_ - amount) - reserve_in_);
        made.in = comes ? amount : other;
        made.out = comes ? other : amount;
        made.refused = (reserve_in_ + made.in) >> 64 != 0;
        made.after.reserves[a_to_b_ ? 0 : 1] += static_cast<std::uint64_t>(made.in);
        made.after.reserves[a_to_b_ ? 1 : 0] -= static_cast<std::uint64_t>(made.out);
        return made;
    }

    /// x = L / p and y = L * p along the range, in 2^-64 and 2^-192.
    Traded of_range(const Whole& amount, bool comes) const {
        Traded made;
        made.after = pool_;
        const Whole liquidity = whole(pool_.liquidity);
        const Whole price = whole(pool_.price);
        const bool first = a_to_b_ == comes;
        Whole end = price;
        if (first && amount > 0) {
            const Whole weight =
                comes ? Whole(liquidity + amount * price) : Whole(liquidity - amount * price);
            if (weight <= 0) return made;
            end = least_above(liquidity * price, weight);
        }
        if (!first && amount > 0)
            end = comes ? Whole(price + amount * one * one / liquidity)
                        : Whole(price - least_above(amount * one * one, liquidity));
        if (end < whole(pool_.least_price) || end > whole(pool_.most_price)) return made;
        const Whole way = price > end ? Whole(price - end) : Whole(end - price);
        const Whole of_first =
            comes ? Whole(liquidity * way / (price * end)) : least_above(liquidity * way, price * end);
        const Whole of_second =
            comes ? Whole(liquidity * way / (one * one)) : least_above(liquidity * way, one * one);
        const Whole other = first ? of_second : of_first;
        made.in = comes ? amount : other;
        made.out = comes ? other : amount;
        made.after.price = narrow(end);
        const Whole had = a_to_b_ ? least_above(liquidity * (whole(pool_.most_price) - price),
                                                whole(pool_.most_price) * price)
                                  : least_above(liquidity * (price - whole(pool_.least_price)), one * one);
        made.refused = (had + made.in) >> 64 != 0 || made.out >> 64 != 0;
        return made;
    }

    SyntheticDamm pool_;
    bool a_to_b_;
    Whole reserve_in_;
    Whole reserve_out_;
};

}  // namespace libexec::test::damm_by_hand
