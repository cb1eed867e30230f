#pragma once

#include <atomic>

#include "attempt_watcher.hpp"
#include "closed_venues.hpp"
#include "flight.hpp"
#include "libexec/engine/engine.hpp"
#include "order_metrics.hpp"

namespace libexec {

/// Takes one order from wherever it was found to its end, or back to the queue. Holds no state of its own
/// between calls: everything about an order is in its Flight.
class OrderRunner {
public:
    OrderRunner(const EngineConfig& config, EngineParts& parts, std::uint64_t seed,
                const std::atomic<bool>& draining, const OrderMetrics& metrics)
        : config_(config),
          parts_(parts),
          seed_(seed),
          draining_(draining),
          metrics_(metrics),
          watcher_(config, parts, draining) {}

    Task<RunOutcome> run(Flight& flight);
    /// Ends an order that has no open attempt because its trader asked for it.
    Task<RunOutcome> end_cancelled(Flight& flight);
    /// Lets go of an order that makes the engine fail whenever it is run, until `pause` is over; one that
    /// would miss its deadline meanwhile ends. Alerts. `why` is a sentence for its operator.
    Task<RunOutcome> park(Flight& flight, std::string why, std::chrono::microseconds pause);

private:
    /// Between two attempts to reach a store that is away.
    static constexpr std::chrono::milliseconds store_pause_first{50};
    static constexpr std::chrono::milliseconds store_pause_max{2'000};

    Task<RunOutcome> route_and_send(Flight& flight);
    Task<RunOutcome> open_attempt(Flight& flight, RoutingDecision decision);
    Task<RunOutcome> watch(Flight& flight);
    Task<RunOutcome> confirm(Flight& flight, Landed landed);
    Task<RunOutcome> retry_or_end(Flight& flight, Rejection cause, std::optional<Attempt> closed);
    Task<RunOutcome> end_poisoned(Flight& flight, const std::string& why);
    Task<RunOutcome> give_back(Flight& flight);
    Task<RunOutcome> commit_until_written(Flight& flight, Step step, RunOutcome when_written);

    Time now() const { return parts_.clock.now(); }
    Time deadline_of(const Order& order) const;
    ClosedVenues closed_venues(const Order& order, Reason why) const;
    void log_decision(const Order& order, const RoutingDecision& decision);

    const EngineConfig& config_;
    EngineParts& parts_;
    std::uint64_t seed_;
    const std::atomic<bool>& draining_;
    const OrderMetrics& metrics_;
    AttemptWatcher watcher_;
};

}  // namespace libexec
