#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/model/money.hpp"
#include "libexec/model/token.hpp"

namespace libexec {

/// Which side of the trade the trader fixed.
enum class SwapMode : std::uint8_t { exact_in, exact_out };

/// What every venue is asked.
struct QuoteRequest {
    Token token_in;
    Token token_out;
    SwapMode mode = SwapMode::exact_in;
    Amount amount;  ///< base units of token_in (exact_in) or of token_out (exact_out)
    /// What simulated venues draw from; real ones ignore it. Same key and attempt, same quote.
    std::uint64_t chance_key = 0;
    std::uint32_t attempt = 1;
};

/// One venue's offer.
/// Unit:   amount_in and venue_fee in base units of token_in, amount_out and liquidity of token_out;
///         network_cost in base units of the side being ranked (token_out for exact_in, token_in for
///         exact_out).
struct Quote {
    std::string venue;
    std::string pool;
    Amount amount_in;
    Amount amount_out;  ///< after the venue's own fee
    Bps fee;
    Amount venue_fee;
    Amount network_cost;
    std::uint32_t price_impact_bps = 0;
    Amount liquidity;  ///< reserve on the output side
    std::chrono::microseconds latency{0};
    Time quoted_at{};
    std::uint64_t slot = 0;  ///< of the chain, whose accounts were priced; 0 where there are none
    /// At `quoted_at`, since the chain was asked for those accounts; 0 where there are none. The node may
    /// have been behind as well: that is what `slot` is for.
    std::chrono::microseconds age{0};

    friend bool operator==(const Quote&, const Quote&) = default;
};

/// What is compared: exact_in ranks the most of (amount_out - network_cost), exact_out the least of
/// (amount_in + network_cost), saturating at Amount::most.
Amount net_of_costs(const Quote& quote, SwapMode mode);

}  // namespace libexec
