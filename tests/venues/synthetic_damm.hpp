#pragma once

#include "synthetic_pools.hpp"

namespace libexec::test {

/// A fee that goes on top while prices move, as the last trade has left it.
struct SyntheticVolatility {
    std::uint32_t control = 20'000;
    std::uint32_t most = 14'460'000;
    std::uint16_t bin_step = 1;
    std::uint64_t updated_at = 1'799'999'000;
    Wide reference = Wide(1) << 64;
    Wide volatility = 0;
};

/// A pool of Meteora DAMM v2.
struct SyntheticDamm : SyntheticPool {
    Wide liquidity = Wide(1'500'000'000) << 64;
    Wide price = Wide(1) << 64;
    Wide least_price = (Wide(1) << 64) * 97 / 100;
    Wide most_price = (Wide(1) << 64) * 103 / 100;
    std::uint8_t collects = 0;  ///< 0 of the output, 1 the second token, 2 the same and compounding
    std::uint8_t mode = 0;
    std::uint64_t cliff = 2'500'000;
    std::uint16_t periods = 0;  ///< or the increment of a rate limiter, in basis points
    std::uint64_t frequency = 0;
    std::uint64_t reduction = 0;   ///< or the limiter's amount
    std::uint32_t price_step = 0;  ///< of the modes 3 and 4
    std::uint32_t duration = 0;    ///< of the modes 2 to 4
    std::uint32_t limit_most = 0;  ///< of the mode 2, basis points
    Wide first_price = Wide(1) << 64;
    std::optional<SyntheticVolatility> volatility;
    std::uint8_t fee_version = 0;
    std::uint8_t status = 0;
    std::uint8_t activation = 1;  ///< 0 slots, 1 unix time
    std::uint64_t opens_at = 1'700'000'000;
    std::uint8_t layout = 0;
    std::array<std::uint64_t, 2> reserves{};  ///< with the layout 1

    AccountStates encode() const;
};

}  // namespace libexec::test
