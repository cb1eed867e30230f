#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/model/routing_decision.hpp"
#include "libexec/routing/venue_board.hpp"
#include "libexec/routing/venue_gate.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/telemetry/metrics.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec {

/// Orders answers by the routing rule: most output after all costs (exact-out: least input), then liquidity,
/// then latency, then name; silences last, by name. Fills in every note.
void rank(std::vector<VenueAnswer>& answers, SwapMode mode);

/// How a router deals with its venues.
struct RouterConfig {
    RouterConfig() = default;
    /// Everything else as usual.
    RouterConfig(std::chrono::milliseconds timeout) : call_timeout(timeout) {}

    std::chrono::milliseconds call_timeout{1'000};  ///< for one quote, and for one transaction to be built
    GatePolicy gate;                                ///< the same for each venue
    std::uint64_t seed = 0;                         ///< of the jitter in the breakers' pauses
};

/// Asks every venue at once and says which is best and why. Each venue stands behind a gate of its own: one
/// that fails too often, or never comes back, is left out of new routes and slows nobody. Used from the
/// engine's thread alone. With `metrics` it counts quotes and their durations there, with `log` it tells when
/// a venue is left out; both outlive it.
class Router {
public:
    /// The venues must have different names, else std::invalid_argument; everything handed in outlives it.
    Router(std::vector<std::shared_ptr<Venue>> venues, RouterConfig config, asio::io_context& io,
           const Clock& clock, Timers& timers, Metrics* metrics = nullptr, Log* log = nullptr);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    /// Returns as soon as every venue that was asked has answered or run out of time; a venue that is tried
    /// again after a pause is not waited for if there is another. `native_in`/`native_out` say whether SOL is
    /// the trader's native coin. Never throws for a venue's fault: that is a silence with its reason.
    Task<RoutingDecision> decide(QuoteRequest request, bool native_in, bool native_out);
    /// The transaction for `plan.quote` by the venue that made it, within the time a call may take. Errors
    /// are the venue's own, venue_timeout, venue_error for whatever it throws, breaker_open and venue_busy
    /// when it is left out by now.
    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor);

    /// Leaves a venue out of new routes until `resume`, for a reason in words that may be empty. Answers the
    /// venue as it stands then; not_found, naming those there are.
    Result<VenueStatus> hold(std::string_view name, std::string reason);
    /// Takes it back in, also one that was left out for its failures or has stopped itself.
    Result<VenueStatus> resume(std::string_view name);
    /// How long until a venue that is left out may be tried again; nothing when none waits for its time.
    std::optional<std::chrono::microseconds> next_probe_in() const;

    /// The venue of that name; null when there is none.
    std::shared_ptr<Venue> find(std::string_view name) const;
    /// Those it asks, in the order given.
    const std::vector<std::shared_ptr<Venue>>& venues() const { return venues_; }
    /// What each venue did last, and whether it takes part. From any thread.
    std::vector<VenueStatus> statuses() const;

private:
    struct Lane;
    struct Lanes;
    struct Round;
    struct Build;
    static Task<void> ask(std::shared_ptr<Round> round, std::size_t place, QuoteRequest request);
    static Task<void> call_probe_off(std::shared_ptr<Round> round, std::size_t place, Timers& timers,
                                     std::chrono::milliseconds patience);
    static Task<void> construct(std::shared_ptr<Build> work, SwapPlan plan, Anchor anchor);
    Result<VenueStatus> stand_of(std::size_t place) const;
    std::optional<std::size_t> place_of(std::string_view name) const;
    Rejection unknown(std::string_view name) const;

    std::vector<std::shared_ptr<Venue>> venues_;
    const std::chrono::milliseconds timeout_;
    asio::io_context& io_;
    const Clock& clock_;
    Timers& timers_;
    const std::shared_ptr<Lanes> lanes_;
};

}  // namespace libexec
