#pragma once

#include <chrono>
#include <optional>

#include "libexec/base/random.hpp"
#include "libexec/model/routing_decision.hpp"

namespace libexec {

/// Whether the venue was not even asked.
bool is_left_out(Reason reason);

/// Why no venue can take the order. Only a healthy market that says no is final: as long as one venue
/// had trouble of its own, or was left out, asking again later may help.
Rejection no_offer(const RoutingDecision& decision);

/// Why the best quote is not good enough. A venue that was left out might have had a better one: then it is
/// waited for.
Rejection beyond_limit(const RoutingDecision& decision, const TokenAmount& limit);

/// What an order that venues were left out for knows when it has to wait.
struct ClosedVenues {
    std::optional<std::chrono::microseconds> next_probe;  ///< until one of them is tried again, where known
    std::chrono::microseconds age{0};                     ///< since the order was first taken up
    std::chrono::microseconds left{0};                    ///< until its deadline
    std::chrono::milliseconds delay_first{0};             ///< of the retry policy
    bool was_chosen = false;                              ///< the venue shut after its quote was taken
};

/// How long it waits before it asks again; no shorter than the least pause, even when the deadline comes
/// before.
std::chrono::milliseconds pause_of(const ClosedVenues& venues, Random& jitter);

}  // namespace libexec
