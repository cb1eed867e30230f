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
    std::size_t calls_max = 256;  ///< calls a venue has not returned from, at once; at least 1
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
        std::uint64_t crowd = 0;
        bool probe = false;
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
    void returned(const Pass& pass);

    /// See Breaker. Resuming forgets the calls that never returned.
    void hold(Time now, std::string why) { breaker_.hold(now, std::move(why)); }
    void resume(Time now);

    const Breaker& breaker() const { return breaker_; }
    std::size_t inside() const { return inside_; }

private:
    Rejection closed_to(Purpose purpose) const;
    void judge(const Pass& pass, Time now, std::optional<Reason> failure);
    void forget_crowd();

    GatePolicy policy_;
    Random& random_;
    Breaker breaker_;
    CallWindow asked_;
    std::size_t inside_ = 0;
    std::size_t given_up_ = 0;  ///< of those inside
    std::uint64_t crowd_ = 0;   ///< grows when those inside are forgotten
};

}  // namespace libexec
