#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>

#include "flight.hpp"
#include "libexec/engine/engine.hpp"
#include "order_runner.hpp"
#include "start_limit.hpp"

namespace libexec {

/// Takes jobs from the store as slots come free and flies them. `wake`, `in_flight` and `typical_run` are for
/// any thread; everything else belongs to the engine's.
class ClaimLoop {
public:
    ClaimLoop(const EngineConfig& config, EngineParts& parts, std::uint64_t seed,
              const std::atomic<bool>& draining, const OrderMetrics& metrics);

    void start();
    /// Takes no more jobs and wakes every flight so that it can give its order back.
    void stop();
    /// There may be something to claim. From any thread; many calls in a burst cost one.
    void wake();

    /// Another ORDERS_PER_MINUTE from now on.
    void limit_starts(std::uint32_t per_minute);

    std::shared_ptr<Flight> find(OrderId order) const;
    std::shared_ptr<Flight> launch(Claimed claimed);

    std::uint64_t in_flight() const { return in_flight_; }
    /// A moving average of how long an order takes from claim to release or end.
    std::chrono::microseconds typical_run() const {
        return std::chrono::microseconds(typical_run_us_.load());
    }

private:
    Task<void> loop();
    Task<void> fly(std::shared_ptr<Flight> flight);
    Task<RunOutcome> fly_to_outcome(Flight& flight);
    /// Why the order is not to be run at once; empty: nothing is against it.
    Task<std::string> suspicion_of(const Flight& flight);
    Task<std::chrono::microseconds> pause_of_poison(const Flight& flight);
    /// The order's last ones; none when the store does not say.
    Task<std::vector<CommittedEvent>> latest_events(const Flight& flight);
    void remember_park(const Flight& flight);
    Task<bool> take_again(Flight& flight);
    /// The order is nobody's any more: whether it ended, which this node then has not noticed.
    Task<bool> ended_unnoticed(Flight& flight);
    std::chrono::microseconds until(std::optional<Time> due) const;
    void land(Flight& flight, RunOutcome outcome, Time started);

    const EngineConfig& config_;
    EngineParts& parts_;
    const std::atomic<bool>& draining_;
    const OrderMetrics& metrics_;
    OrderRunner runner_;
    StartLimit starts_;
    std::unique_ptr<Alarm> alarm_;
    std::unordered_map<OrderId, std::shared_ptr<Flight>> flights_;
    /// Of the orders that wait for another attempt; as many as may be alive.
    std::unordered_map<OrderId, StageTimes> stages_;
    /// What is known of orders that were put aside, until they end here; as many as may be alive.
    struct Park {
        int times = 0;
        std::uint64_t claims_without_trace = 0;  ///< up to then
    };
    std::unordered_map<OrderId, Park> parks_;
    std::atomic<std::uint64_t> in_flight_{0};
    std::atomic<std::int64_t> typical_run_us_{0};
    std::atomic<bool> wake_posted_{false};
};

}  // namespace libexec
