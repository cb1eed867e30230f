#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"
#include "libexec/base/reason.hpp"
#include "libexec/model/venue_status.hpp"
#include "libexec/routing/call_window.hpp"

namespace libexec {

/// When a venue is left out of routing, and for how long.
struct BreakerPolicy {
    std::chrono::milliseconds window{10'000};  ///< what is looked back on
    std::uint32_t calls_min = 20;              ///< fewer calls in the window decide nothing
    std::uint32_t failed_percent = 50;         ///< from this share of failed calls on it opens
    std::chrono::milliseconds pause_first{5'000};
    std::chrono::milliseconds pause_max{60'000};  ///< the pause doubles with each opening up to this
    std::uint32_t jitter_percent = 20;            ///< at most this much is added to a pause
};

/// The switch of one venue. Closed (VenueState::active) while it works; open after too many failures; after a
/// pause half-open: one call is let through, the probe, and decides. An operator may hold it. Pure: it
/// neither waits nor looks at a clock.
class Breaker {
public:
    /// Whether a call may be made.
    enum class Admission : std::uint8_t { call, probe, refused };
    /// What a call asked for. Each is judged by its own kind: who quotes well may still build nothing.
    enum class Asked : std::uint8_t { quote, build };
    /// Who holds it: an operator, or the venue, which has stopped itself. Either way an operator resumes it.
    enum class Holder : std::uint8_t { an_operator, the_venue };

    /// Closed.
    Breaker(BreakerPolicy policy, Time now)
        : policy_(policy), since_(now), closed_at_(now), quotes_(policy.window), builds_(policy.window) {}

    /// Asks for one call now. A pause that is over ends here, with the probe.
    Admission admit(Time now);
    /// An admitted call ended, by a fault of the venue or not. `era` is that of its admission: what began
    /// before the last change says nothing about the state of now and changes nothing.
    void ended(Time now, std::uint64_t era, Asked asked, std::optional<Reason> failure, Random& random);
    /// Opens it at once, for a reason other than the share of failures, unless somebody holds it.
    void trip(Time now, std::string why, Random& random);
    /// Left out until `resume`; holding twice keeps the first moment, and the last words and their speaker.
    void hold(Time now, std::string why, Holder holder = Holder::an_operator);
    /// Closed again, whatever it was, as if nothing had happened before.
    void resume(Time now);

    /// Whether calls pass, and if not, why not.
    VenueState state() const { return state_; }
    /// Since when it is in this state.
    Time since() const { return since_; }
    /// Why it is not closed, in words; empty when it is.
    const std::string& why() const { return why_; }
    /// Who holds it, while it is held.
    Holder holder() const { return holder_; }
    /// While it is open: from when on a call is let through as a probe.
    std::optional<Time> next_probe() const {
        return state_ == VenueState::open ? std::optional(probe_at_) : std::nullopt;
    }
    /// Grows with each change of state.
    std::uint64_t era() const { return era_; }

private:
    void become(VenueState state, Time now);
    void open(Time now, std::string why, Random& random);
    void close(Time now);

    BreakerPolicy policy_;
    VenueState state_ = VenueState::active;
    Holder holder_ = Holder::an_operator;
    std::uint64_t era_ = 0;
    std::uint32_t openings_ = 0;  ///< without a calm time between
    Time since_;
    Time closed_at_;
    Time probe_at_{};
    std::string why_;
    CallWindow quotes_;
    CallWindow builds_;
};

}  // namespace libexec
