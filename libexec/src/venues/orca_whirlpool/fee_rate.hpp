#pragma once

#include <cstdint>
#include <optional>

#include "libexec/base/result.hpp"
#include "oracle.hpp"

namespace libexec::orca_whirlpool_pool {

/// Fee rates are shares of this.
inline constexpr std::uint32_t whole = 1'000'000;

/// The fee while a trade moves the price: a fixed rate, and on top of it one that grows with every tick group
/// the price runs through. Where it grows a step of the trade must not leave its group.
class FeeRate {
public:
    /// A rate that stays.
    explicit FeeRate(std::uint32_t fixed) : fixed_(fixed) {}
    /// One that also follows the volatility, from the tick of the pool on.
    /// Errors: bad_account when the clock is older than the oracle.
    static Result<FeeRate> adaptive(std::uint32_t fixed, const Oracle& oracle, std::int32_t tick,
                                    std::uint64_t unix_time, bool a_to_b);

    /// Takes the group the trade is in into account. Then the rate, over a million.
    std::uint32_t enter_group();

    /// How far the next step may go, at most to `target`.
    struct Bound {
        Wide price = 0;
        bool skips = false;  ///< the rate is the same over many groups, which are passed in one step
    };
    Bound bound(Wide target, Wide liquidity) const;

    /// After a step that ended at `price`; `next_tick` and its price are what the trade was heading for.
    void leave_group(const Bound& bound, Wide price, std::int32_t next_tick, Wide next_price);

private:
    struct Edge {
        std::int64_t group = 0;
        Wide price = 0;
    };

    void count();
    std::int64_t last_group_passed(Wide price, std::int32_t next_tick, Wide next_price) const;

    std::uint32_t fixed_;
    std::optional<Oracle> oracle_;
    bool a_to_b_ = false;
    std::int64_t group_ = 0;
    /// Below and above these the volatility is at its most, whatever comes. None: there are no such ticks.
    std::optional<Edge> lower_;
    std::optional<Edge> upper_;
};

}  // namespace libexec::orca_whirlpool_pool
