#include "libexec/routing/breaker.hpp"

#include <algorithm>

namespace libexec {

Breaker::Admission Breaker::admit(Time now) {
    switch (state_) {
        case VenueState::active:
            return Admission::call;
        case VenueState::open:
            // A clock that was set back must not keep a venue out for longer than its pause.
            if (now < probe_at_ && now >= since_) return Admission::refused;
            become(VenueState::half_open, now);
            return Admission::probe;
        case VenueState::half_open:
        case VenueState::held:
            break;
    }
    return Admission::refused;
}

void Breaker::ended(Time now, std::uint64_t era, Asked asked, std::optional<Reason> failure, Random& random) {
    if (era != era_) return;
    if (state_ == VenueState::half_open) {
        if (!failure) {
            close(now);
        } else {
            open(now, "tried again, it failed with " + std::string(to_string(*failure)), random);
        }
        return;
    }
    if (state_ != VenueState::active) return;
    CallWindow& window = asked == Asked::build ? builds_ : quotes_;
    CallWindow::Counts& slot = window.at(now);
    ++slot.answered;
    // Only a failure opens it: a success is no reason, even if it is the one that makes the calls enough.
    if (!failure) return;
    ++slot.failed;
    const CallWindow::Counts seen = window.sum(now);
    if (seen.answered < policy_.calls_min) return;
    if (std::uint64_t{seen.failed} * 100 < std::uint64_t{seen.answered} * policy_.failed_percent) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(policy_.window).count();
    open(now,
         std::to_string(seen.failed) + " of " + std::to_string(seen.answered) +
             (asked == Asked::build ? " builds" : " quotes") + " within " + std::to_string(seconds) +
             " s failed, the last with " + std::string(to_string(*failure)),
         random);
}

void Breaker::trip(Time now, std::string why, Random& random) {
    if (state_ == VenueState::active || state_ == VenueState::half_open) open(now, std::move(why), random);
}

void Breaker::hold(Time now, std::string why, Holder holder) {
    if (state_ != VenueState::held || why_ != why || holder_ != holder) {
        const Time since = state_ == VenueState::held ? since_ : now;
        become(VenueState::held, since);
    }
    why_ = std::move(why);
    holder_ = holder;
}

void Breaker::resume(Time now) {
    if (state_ == VenueState::active) return;
    openings_ = 0;
    close(now);
}

void Breaker::become(VenueState state, Time now) {
    state_ = state;
    since_ = now;
    ++era_;
}

void Breaker::open(Time now, std::string why, Random& random) {
    // Failures long after it closed have nothing to do with the earlier ones.
    if (state_ == VenueState::active && now - closed_at_ > policy_.pause_max) openings_ = 0;
    std::chrono::microseconds pause = policy_.pause_first;
    for (std::uint32_t i = 0; i < openings_ && pause < policy_.pause_max; ++i) pause *= 2;
    pause = std::min<std::chrono::microseconds>(pause, policy_.pause_max);
    ++openings_;
    const std::int64_t extra_most = pause.count() * policy_.jitter_percent / 100;
    const auto extra = random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(extra_most, 0)) + 1);
    become(VenueState::open, now);
    probe_at_ = now + pause + std::chrono::microseconds(extra);
    why_ = std::move(why);
}

void Breaker::close(Time now) {
    become(VenueState::active, now);
    closed_at_ = now;
    why_.clear();
    quotes_.clear();
    builds_.clear();
}

}  // namespace libexec
