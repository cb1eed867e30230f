#include "closed_venues.hpp"

#include <algorithm>
#include <string>

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds closed_pause_first = 250ms;
constexpr std::chrono::milliseconds closed_pause_max = 5s;

/// Of several troubles the greatest counts: one of a venue that was asked, then that of a full one, which may
/// have room in a moment.
int weight_of(Reason trouble) { return !is_left_out(trouble) ? 2 : trouble == Reason::venue_busy ? 1 : 0; }

}  // namespace

bool is_left_out(Reason reason) { return reason == Reason::breaker_open || reason == Reason::venue_busy; }

Rejection no_offer(const RoutingDecision& decision) {
    std::string detail;
    std::optional<Reason> trouble;
    std::optional<Reason> refusal;
    for (const VenueAnswer& answer : decision.answers) {
        if (!answer.silence) continue;
        if (!detail.empty()) detail += "; ";
        detail += answer.venue + ": " + answer.silence->detail;
        if (is_retryable(answer.silence->reason)) {
            if (!trouble || weight_of(*trouble) < weight_of(answer.silence->reason))
                trouble = answer.silence->reason;
        } else if (!refusal || answer.silence->reason == Reason::insufficient_liquidity) {
            refusal = answer.silence->reason;
        }
    }
    if (detail.empty()) detail = "no venue is configured";
    return reject(trouble ? *trouble : refusal.value_or(Reason::no_route), std::move(detail));
}

Rejection beyond_limit(const RoutingDecision& decision, const TokenAmount& limit) {
    const std::string words =
        "the best quote no longer meets the limit " + to_text(limit) + " fixed by the first decision";
    std::optional<Reason> missing;
    std::string detail;
    for (const VenueAnswer& answer : decision.answers) {
        if (!answer.silence || !is_left_out(answer.silence->reason)) continue;
        if (!missing || weight_of(*missing) < weight_of(answer.silence->reason))
            missing = answer.silence->reason;
        detail += "; " + answer.venue + ": " + answer.silence->detail;
    }
    return reject(missing.value_or(Reason::slippage_exceeded), words + detail);
}

std::chrono::milliseconds pause_of(const ClosedVenues& venues, Random& jitter) {
    // Without a known moment it asks more and more rarely: each time leaves its mark in the order's history.
    auto wanted = std::chrono::ceil<std::chrono::milliseconds>(
        venues.next_probe.value_or(std::max<std::chrono::microseconds>(venues.delay_first, venues.age / 4)));
    // Another venue than the one that shut may take the order at once.
    if (venues.was_chosen) wanted = closed_pause_first;
    auto pause = std::clamp(wanted, closed_pause_first, closed_pause_max);
    // So that those who wait do not all come at once.
    pause += std::chrono::milliseconds(jitter.below(static_cast<std::uint64_t>(closed_pause_first.count())));
    // The last look is shortly before the deadline, not one pause before it.
    const auto left = std::chrono::floor<std::chrono::milliseconds>(venues.left);
    return std::min(pause, std::max(closed_pause_first, left - 2 * closed_pause_first));
}

}  // namespace libexec
