#include "libexec/routing/venue_gate.hpp"

#include <algorithm>

namespace libexec {
namespace {

bool is_venues_fault(Reason reason) {
    return reason == Reason::venue_timeout || reason == Reason::venue_error;
}

}  // namespace

VenueGate::VenueGate(GatePolicy policy, Time now, Random& random)
    : policy_(policy), random_(random), breaker_(policy.breaker, now), asked_(policy.breaker.window) {}

Result<VenueGate::Pass> VenueGate::enter(Purpose purpose, Time now) {
    // A build follows a quote: it is not what tries a venue anew.
    if (purpose == Purpose::build && breaker_.state() != VenueState::active) return closed_to(purpose);
    Pass pass;
    pass.build = purpose == Purpose::build;
    const Breaker::Admission admission = breaker_.admit(now);
    if (admission != Breaker::Admission::refused && is_swamped()) {
        // Not even a probe: each call that never returns keeps its memory.
        breaker_.trip(now, std::to_string(given_up_) + " calls to it never returned, the most there may be",
                      random_);
        return closed_to(purpose);
    }
    switch (admission) {
        case Breaker::Admission::refused:
            return closed_to(purpose);
        case Breaker::Admission::probe:
            pass.probe = true;  // neither bound holds for it: it is how the venue gets out of either
            break;
        case Breaker::Admission::call:
            if (inside() >= policy_.calls_max) {
                return reject(Reason::venue_busy, "left out: " + std::to_string(inside()) +
                                                      " calls to it are under way, the most there may be");
            }
            if (purpose != Purpose::retry_quote) break;
            const CallWindow::Counts seen = asked_.sum(now);
            const std::uint64_t budget = std::max<std::uint64_t>(
                policy_.retries_floor, std::uint64_t{seen.asked} * policy_.retry_percent / 100);
            const bool in_trouble =
                std::uint64_t{seen.failed} * 100 > std::uint64_t{seen.answered} * policy_.retry_percent;
            if (in_trouble && seen.retries >= budget) {
                return reject(Reason::venue_busy, "left out: its budget of " + std::to_string(budget) +
                                                      " retries is used up, and it fails too often");
            }
            break;
    }
    CallWindow::Counts& slot = asked_.at(now);
    if (purpose == Purpose::first_quote) ++slot.asked;
    if (purpose == Purpose::retry_quote) ++slot.retries;
    pass.era = breaker_.era();
    ++live_;
    return pass;
}

void VenueGate::leave(const Pass& pass, Time now, std::optional<Reason> answer) {
    --live_;
    judge(pass, now, answer && is_venues_fault(*answer) ? answer : std::nullopt);
}

void VenueGate::give_up(const Pass& pass, Time now) {
    ++given_up_;
    judge(pass, now, Reason::venue_timeout);
    // Half of its places: what the other half can carry may be too little, and nobody would know why.
    const std::size_t stuck = given_up_ - forgiven_;
    if (stuck >= (policy_.calls_max + 1) / 2)
        breaker_.trip(now, std::to_string(stuck) + " calls to it never returned", random_);
}

void VenueGate::returned() {
    --live_;
    --given_up_;
    forgiven_ = std::min(forgiven_, given_up_);
}

void VenueGate::resume(Time now) {
    breaker_.resume(now);
    forgiven_ = given_up_;
}

Rejection VenueGate::closed_to(Purpose purpose) const {
    std::string detail;
    if (breaker_.state() == VenueState::held) {
        detail =
            breaker_.holder() == Breaker::Holder::an_operator ? "held by an operator" : "stopped by itself";
        if (!breaker_.why().empty()) detail += ": " + breaker_.why();
    } else if (const auto until = breaker_.next_probe(); until && purpose != Purpose::build) {
        detail = "left out until " + to_rfc3339(*until) + ": " + breaker_.why();
    } else if (breaker_.state() == VenueState::half_open) {
        detail = "left out while one question tries it again: " + breaker_.why();
    } else {
        detail = "left out: " + breaker_.why();
    }
    return reject(Reason::breaker_open, std::move(detail));
}

void VenueGate::judge(const Pass& pass, Time now, std::optional<Reason> failure) {
    CallWindow::Counts& slot = asked_.at(now);
    ++slot.answered;
    if (failure) ++slot.failed;
    const bool decides = pass.probe && pass.era == breaker_.era();
    breaker_.ended(now, pass.era, pass.build ? Breaker::Asked::build : Breaker::Asked::quote, failure,
                   random_);
    // It answers again: what it never answered it has forgotten, too.
    if (decides && breaker_.state() == VenueState::active) forgiven_ = given_up_;
}

}  // namespace libexec
