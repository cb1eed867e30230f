#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"
#include "libexec/base/reason.hpp"

namespace libexec {

/// Whether a venue takes part in routing. A venue that is left out gets a word of its own here.
enum class VenueState : std::uint8_t { active };

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
    std::optional<VenueLastQuote> last_quote;  ///< nothing until it was asked once

    friend bool operator==(const VenueStatus&, const VenueStatus&) = default;
};

}  // namespace libexec
