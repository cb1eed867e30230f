#pragma once

#include <cstdint>
#include <optional>

#include "state.hpp"

namespace libexec::raydium_clmm_pool {

/// The fee while a trade moves the price: the rate of the config, and where the pool has a dynamic fee one on
/// top of it that grows with every spacing of ticks the price runs through, so that no step may leave its
/// own.
class FeeRate {
public:
    /// What it is to a trade that begins at the pool's price at that time.
    FeeRate(std::uint32_t base, const State& state, std::int64_t unix_time);

    /// Takes the spacing the trade is in into account. Then the rate, over a million.
    std::uint32_t enter_group();

    /// How far the next step may go, at most to `target`.
    struct Bound {
        Wide price = 0;
        bool skips = false;  ///< the rate is the same over many spacings, which are passed in one step
    };
    Bound bound(Wide target, Wide liquidity, bool a_to_b) const;

    /// After a step; `next_tick` is what the trade is heading for.
    void leave_group(const Bound& bound, std::int32_t next_tick, bool a_to_b);

private:
    std::uint32_t base_;
    std::int32_t spacing_;
    std::optional<DynamicFee> dynamic_;
    std::int32_t group_ = 0;
};

}  // namespace libexec::raydium_clmm_pool
