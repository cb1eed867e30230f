#pragma once

#include <cstdint>

#include "state.hpp"

namespace libexec::meteora_dlmm_pool {

/// The fee while a trade goes from bin to bin: a fixed rate, and on top of it one that grows with the way.
class FeeRate {
public:
    /// As it stands at that time: what was remembered decays first.
    /// Errors: bad_account where the figures overflow the program's own.
    static Result<FeeRate> at(const State& state, std::int64_t unix_time);

    /// The rate in a bin, over `fee_whole`.
    std::uint64_t in_bin(std::int32_t bin) const;

private:
    explicit FeeRate(const State& state)
        : volatility_(state.volatility), step_(state.step), base_(state.base_rate) {}

    Volatility volatility_;
    std::uint16_t step_;
    std::uint64_t base_;
};

}  // namespace libexec::meteora_dlmm_pool
