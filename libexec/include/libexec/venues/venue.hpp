#pragma once

#include <string>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/model/quote.hpp"
#include "libexec/model/transaction.hpp"

namespace libexec {

/// One place to trade. Knows nothing of the engine; used from the engine's thread alone.
class Venue {
public:
    virtual ~Venue() = default;
    /// What decisions, events and metrics call it; different from every other venue, and always the same.
    virtual std::string_view name() const = 0;
    /// What sort of place it is, in one word: "simulated".
    virtual std::string_view kind() const = 0;

    /// Errors: no_route (pair not traded here), insufficient_liquidity, venue_error. May take long or for
    /// ever: the router puts a timeout on it.
    virtual Task<Result<Quote>> quote(QuoteRequest request) = 0;
    /// The transaction for a quote of its own that was chosen. Errors: `is_retryable` of the reason says
    /// whether another attempt is made.
    virtual Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) = 0;

    /// Why it cannot be asked for this pair just yet, in words; empty when it can. It is left out then, and
    /// an order that nobody else has an offer for waits and asks again, which uses up time and no attempt.
    /// Never throws.
    virtual std::string not_yet(const QuoteRequest& /*request*/) const { return {}; }

    /// Why it has stopped itself until somebody looked, in words; empty while it has not. It refuses
    /// everything with venue_error then, and the router holds it.
    virtual std::string stopped() const { return {}; }
    /// An operator has looked: whatever it stopped for is over.
    virtual void resume() {}
};

}  // namespace libexec
