#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "libexec/base/clock.hpp"

namespace libexec {

/// When an endpoint is asked and when not.
struct RpcHealthLimits {
    std::uint64_t slots_behind_most = 25;    ///< behind the best; beyond it an endpoint's reads are not fresh
    std::uint64_t slots_back_most = 150;     ///< slot or height going back further is a lie
    std::uint64_t slots_ahead_most = 1'500;  ///< of all others, on top of the time between; further is a lie
    std::chrono::milliseconds slot_shortest{50};   ///< no chain makes slots faster
    std::chrono::milliseconds behind_rest{5'000};  ///< before an endpoint that is behind is tried again
    std::chrono::milliseconds lie_rest{30'000};    ///< before one that lied is
    std::chrono::milliseconds failure_rest{250};   ///< after the first failure; doubled with each in a row
    std::chrono::milliseconds failure_rest_most{15'000};
    std::chrono::milliseconds limit_rest{1'000};        ///< after a 429 that names no time; doubled likewise
    std::chrono::milliseconds limit_rest_most{60'000};  ///< also the most a Retry-After is taken for
};

/// Why an endpoint is not asked just now.
enum class RpcStanding : std::uint8_t { good, behind, failing, rate_limited, lying };

/// The word, such as "rate_limited".
std::string_view to_string(RpcStanding standing);

/// How an endpoint is doing, for people and for metrics.
struct RpcEndpointReport {
    std::string name;
    RpcStanding standing = RpcStanding::good;
    Time until{};             ///< when it is asked again; of a good one in the past
    std::string trouble;      ///< the last one, in words; empty when there was none since it was good
    std::uint64_t calls = 0;  ///< that ended, with an answer or without
    std::uint64_t failures = 0;
    std::uint64_t rate_limits = 0;
    std::uint64_t lies = 0;
    std::chrono::microseconds latency{0};  ///< of answers, smoothed; 0 before the first
    std::optional<std::uint64_t> slot;     ///< the highest it told at any commitment
    std::uint64_t slots_behind = 0;        ///< when it last told one
};

}  // namespace libexec
