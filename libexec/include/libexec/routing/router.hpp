#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/model/routing_decision.hpp"
#include "libexec/routing/venue_board.hpp"
#include "libexec/telemetry/metrics.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec {

/// Orders answers by the routing rule: most output after all costs (exact-out: least input), then liquidity,
/// then latency, then name; silences last, by name. Fills in every note.
void rank(std::vector<VenueAnswer>& answers, SwapMode mode);

/// Asks every venue at once and says which is best and why. Used from the engine's thread alone. With
/// `metrics`, which outlive it, it counts quotes and their durations there.
class Router {
public:
    /// The venues must have different names, else std::invalid_argument; everything handed in outlives it.
    Router(std::vector<std::shared_ptr<Venue>> venues, std::chrono::milliseconds quote_timeout,
           asio::io_context& io, const Clock& clock, Timers& timers, Metrics* metrics = nullptr);

    /// Returns as soon as every venue has answered or run out of time. `native_in`/`native_out` say whether
    /// SOL is the trader's native coin. Never throws for a venue's fault: that is a silence with its reason.
    Task<RoutingDecision> decide(QuoteRequest request, bool native_in, bool native_out);

    /// The venue of that name; null when there is none.
    std::shared_ptr<Venue> find(std::string_view name) const;
    /// Those it asks, in the order given.
    const std::vector<std::shared_ptr<Venue>>& venues() const { return venues_; }
    /// What each venue did last. From any thread.
    std::vector<VenueStatus> statuses() const { return board_.read(); }

private:
    std::vector<std::shared_ptr<Venue>> venues_;
    std::chrono::milliseconds quote_timeout_;
    asio::io_context& io_;
    const Clock& clock_;
    Timers& timers_;
    VenueBoard board_;
};

}  // namespace libexec
