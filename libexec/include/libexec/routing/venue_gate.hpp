#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/routing/breaker.hpp"

namespace libexec {

/// What one venue is spared, and what others are spared of it.
struct GatePolicy {
    BreakerPolicy breaker;
    /// Calls a venue has not returned from, at once; at least 1. It is left out when half as many ran out of
    /// time and never returned, and for good while four times as many have not.
    std::size_t calls_max = 256;
    /// In the breaker's window: retries up to this share of the first questions. Only a venue that fails more
    /// often than this is spared: retries with other causes are no storm of its making.
    std::uint32_t retry_percent = 10;
    std::uint32_t retries_floor = 50;  ///< as many retries are let through in any case
};

/// What stands before one venue: its breaker, a bound on its calls under way (the bulkhead) and a budget for
/// retries. Pure like the breaker; used from the engine's thread alone.
class VenueGate {
public:
    /// What a call is for.
    enum class Purpose : std::uint8_t { first_quote, retry_quote, build };
    /// A call that was let through. Ends with `leave`, or with `give_up` and, if it ever returns, `returned`.
    struct Pass {
        std::uint64_t era = 0;
        bool probe = false;
        bool build = false;
    };

    /// A closed breaker and nobody inside. `random` outlives the gate.
    VenueGate(GatePolicy policy, Time now, Random& random);

    /// Errors: breaker_open (also while an operator holds the venue), venue_busy.
    Result<Pass> enter(Purpose purpose, Time now);
    /// The call returned in time. `answer` is why it has nothing to offer, if so: venue_timeout and
    /// venue_error are the venue's own faults, anything else is an answer.
    void leave(const Pass& pass, Time now, std::optional<Reason> answer);
    /// The call ran out of time. It stays inside: nobody knows what it holds.
    void give_up(const Pass& pass, Time now);
    /// A call that was given up returned at last.
    void returned();

    /// See Breaker. Resuming forgives the calls that never returned, as a probe does that succeeds.
    void hold(Time now, std::string why, Breaker::Holder holder = Breaker::Holder::an_operator) {
        breaker_.hold(now, std::move(why), holder);
    }
    /// Lets calls pass again.
    void resume(Time now);

    /// What it has learned of the venue.
    const Breaker& breaker() const { return breaker_; }
    /// Calls under way that count against the bound: those forgiven do not.
    std::size_t inside() const { return live_ - forgiven_; }
    /// Calls that have not returned, all of them.
    std::size_t live() const { return live_; }

private:
    Rejection closed_to(Purpose purpose) const;
    void judge(const Pass& pass, Time now, std::optional<Reason> failure);
    bool is_swamped() const { return given_up_ >= 4 * policy_.calls_max; }

    GatePolicy policy_;
    Random& random_;
    Breaker breaker_;
    CallWindow asked_;
    std::size_t live_ = 0;
    std::size_t given_up_ = 0;  ///< of those alive
    std::size_t forgiven_ = 0;  ///< of those given up: held against the venue no more, but they hold memory
};

}  // namespace libexec
