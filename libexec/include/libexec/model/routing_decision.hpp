#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"
#include "libexec/model/quote.hpp"

namespace libexec {

/// What one venue said, or why it said nothing, and what became of it.
struct VenueAnswer {
    std::string venue;
    std::optional<Quote> quote;
    std::optional<Rejection> silence;  ///< set when there is no quote
    std::string note;  ///< for people: "chosen", "22.7 bps behind meteora", "no answer within 1000 ms"

    friend bool operator==(const VenueAnswer&, const VenueAnswer&) = default;
};

/// Why an attempt went where it went: every quote and every silence, best first, silences last.
struct RoutingDecision {
    std::uint32_t attempt = 1;
    Time decided_at{};
    Token token_in;
    Token token_out;
    SwapMode mode = SwapMode::exact_in;
    bool wraps_sol = false;    ///< native SOL is wrapped before the swap
    bool unwraps_sol = false;  ///< wrapped SOL is unwrapped after it
    std::vector<VenueAnswer> answers;
    /// answers.front() when it has a quote; nothing when no venue offered a route.
    const Quote* chosen() const {
        return !answers.empty() && answers.front().quote ? &*answers.front().quote : nullptr;
    }

    friend bool operator==(const RoutingDecision&, const RoutingDecision&) = default;
};

/// The rule in words, shown with every decision.
inline constexpr const char* routing_rule = "most output after all costs, then liquidity, then latency";

}  // namespace libexec
