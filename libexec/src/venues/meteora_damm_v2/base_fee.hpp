#pragma once

#include <cstdint>
#include <optional>

#include "libexec/model/money.hpp"

namespace libexec::meteora_damm_v2_pool {

/// Fee rates are shares of this.
inline constexpr std::uint64_t whole = 1'000'000'000;

/// How the fee of a pool moves without any trade, or with the size of one.
enum class FeeMode : std::uint8_t {
    linear_in_time,
    exponential_in_time,
    rate_limiter,  ///< grows with the amount of the second token that is given, for a while
    linear_in_price,
    exponential_in_price,
};

/// One trade as the fee sees it.
struct FeeMoment {
    std::uint64_t point = 0;
    std::uint64_t opens_at = 0;  ///< not after the point
    Wide price = 0;              ///< of the pool
    bool a_to_b = false;
};

/// A base fee as the pool keeps it. Points are slots or seconds, as the pool counts them.
/// Source: github.com/MeteoraAg/damm-v2, base_fee/.
struct BaseFee {
    FeeMode mode = FeeMode::linear_in_time;
    std::uint64_t cliff = 0;       ///< what it begins at
    std::uint16_t periods = 0;     ///< after which it stays
    std::uint64_t reduction = 0;   ///< a period: of the rate, or in basis points of what is left of it
    std::uint64_t frequency = 0;   ///< points to a period
    std::uint32_t price_step = 0;  ///< basis points of the square root of the price to a period
    std::uint32_t duration = 0;    ///< points from the opening on, in which price or amount count
    std::uint16_t increment = 0;   ///< basis points that each further `reference` of an amount pays more
    std::uint32_t most = 0;        ///< basis points that none pays more than
    std::uint64_t reference = 0;   ///< base units
    Wide first_price = 0;          ///< the square root of the price at the beginning

    /// Whether the program would let a pool be made so.
    bool is_sound() const;
    /// Whether the size of a trade counts.
    bool limits(const FeeMoment& moment) const;
};

/// The rate for an amount with the fee in it. Nothing where the program's arithmetic refuses.
std::optional<std::uint64_t> base_rate(const BaseFee& fee, const FeeMoment& moment, std::uint64_t gross);

}  // namespace libexec::meteora_damm_v2_pool
