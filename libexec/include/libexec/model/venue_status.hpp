#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"
#include "libexec/base/reason.hpp"

namespace libexec {

/// Whether a venue takes part in routing.
enum class VenueState : std::uint8_t {
    active,     ///< it is asked: its breaker is closed
    open,       ///< left out after too many failures, until its pause is over
    half_open,  ///< left out while one question tries it again
    held,       ///< left out by an operator, or by itself until an operator resumes it
};

inline constexpr std::array venue_states{VenueState::active, VenueState::open, VenueState::half_open,
                                         VenueState::held};

std::string_view to_string(VenueState state);

/// What became of the last question to a venue.
struct VenueLastQuote {
    std::optional<Reason> failure;         ///< why it gave no quote; nothing when it gave one
    std::chrono::microseconds latency{0};  ///< from the question to the answer, or to the end of patience
    Time at{};                             ///< when that was

    friend bool operator==(const VenueLastQuote&, const VenueLastQuote&) = default;
};

/// One venue as this process sees it now.
struct VenueStatus {
    std::string name;
    std::string kind;  ///< "simulated"
    VenueState state = VenueState::active;
    std::optional<Time> since;                 ///< when it came into this state; known while an engine runs
    std::string reason;                        ///< why it is left out, in words; empty when it is not
    std::optional<Time> next_probe;            ///< while open: from when on a question tries it again
    std::optional<VenueLastQuote> last_quote;  ///< nothing until it was asked once

    friend bool operator==(const VenueStatus&, const VenueStatus&) = default;
};

}  // namespace libexec
