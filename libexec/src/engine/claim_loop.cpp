#include "claim_loop.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <exception>

#include "libexec/base/failpoint.hpp"
#include "libexec/base/safeguard.hpp"
#include "order_log.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr auto idle_poll = 1s;       ///< a claim is never further away than this, whatever was missed
constexpr auto store_pause = 250ms;  ///< after the store refused a claim
constexpr auto fault_pause = 1s;     ///< after a run threw
constexpr int faults_max = 3;        ///< then the order is poison
constexpr auto fault_memory = 60s;   ///< a fault so long after the last one has nothing to do with it
constexpr std::uint64_t fruitless_claims_max = 5;  ///< so it is after as many claims that led to nothing
constexpr auto park_first = 15s;                   ///< doubled each time the same order is parked
constexpr auto park_max = 300s;

std::string describe_current_exception() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown exception";
    }
}

/// At least so many of the claims before this one wrote nothing: a claim that writes leaves an event or more.
std::uint64_t claims_without_trace(const Flight& flight) {
    return flight.epoch - std::min<std::uint64_t>(flight.epoch, flight.order.last_seq);
}

/// How often in a row the order was found in the midst of a run, this time included.
std::uint64_t interruptions(const std::vector<CommittedEvent>& history) {
    std::uint64_t count = 1;
    for (auto event = history.rbegin(); event != history.rend(); ++event) {
        const OrderEvent& seen = **event;
        if (seen.kind == EventKind::parked || seen.status == OrderStatus::submitted) break;
        if (seen.kind != EventKind::moved || seen.status != OrderStatus::pending) continue;
        const RetryData* const back = std::get_if<RetryData>(&seen.data);
        if (back == nullptr || back->reason != Reason::interrupted) break;
        ++count;
    }
    return count;
}

}  // namespace

ClaimLoop::ClaimLoop(const EngineConfig& config, EngineParts& parts, std::uint64_t seed,
                     const std::atomic<bool>& draining, const OrderMetrics& metrics)
    : config_(config),
      parts_(parts),
      draining_(draining),
      metrics_(metrics),
      runner_(config, parts, seed, draining, metrics),
      starts_(config.orders_per_minute),
      alarm_(parts.timers.make_alarm()) {}

void ClaimLoop::start() {
    asio::co_spawn(parts_.io, loop(), [this](std::exception_ptr thrown) {
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (...) {
            parts_.log.error("engine.fault", describe_current_exception());
        }
        if (!draining_) start();  // orders must not wait for a restart of the process
    });
}

void ClaimLoop::stop() {
    alarm_->ring();
    for (const auto& [id, flight] : flights_) flight->alarm->ring();
}

void ClaimLoop::wake() {
    if (wake_posted_.exchange(true)) return;
    asio::post(parts_.io, [this] {
        wake_posted_ = false;
        alarm_->ring();
    });
}

void ClaimLoop::limit_starts(std::uint32_t per_minute) {
    starts_.change(per_minute);
    alarm_->ring();
}

std::shared_ptr<Flight> ClaimLoop::find(OrderId order) const {
    const auto found = flights_.find(order);
    return found == flights_.end() ? nullptr : found->second;
}

Task<void> ClaimLoop::loop() {
    bool complained = false;
    while (!draining_) {
        const std::size_t free =
            config_.concurrency - std::min<std::size_t>(config_.concurrency, flights_.size());
        const std::size_t allowed = std::min(free, starts_.available(parts_.clock.now()));
        if (allowed == 0) {
            // Either a flight rings when it ends, or the limit lets one more start after a known while.
            const std::chrono::microseconds pause =
                free == 0 ? std::chrono::microseconds(idle_poll) : starts_.next_in();
            co_await alarm_->wait(pause);
            continue;
        }
        Result<ClaimBatch> batch = co_await parts_.store.claim(allowed);
        if (!batch) {
            if (!complained) parts_.log.error("store.claim_failed", batch.error().detail);
            complained = true;
            co_await parts_.timers.sleep_for(store_pause);
            continue;
        }
        complained = false;
        ClaimBatch taken = std::move(batch).value();
        if (!taken.orders.empty()) LIBEXEC_FAILPOINT("after-claim");
        for (Claimed& claimed : taken.orders) {
            // Taking an order up again, after a pause or a crash, is no start.
            if (!claimed.order.first_claimed_at) starts_.take(1);
            launch(std::move(claimed));
        }
        if (taken.orders.size() < allowed) co_await alarm_->wait(until(taken.next_due));
    }
}

std::chrono::microseconds ClaimLoop::until(std::optional<Time> due) const {
    std::chrono::microseconds wait = idle_poll;
    if (due) wait = std::min(wait, std::max(*due - parts_.clock.now(), std::chrono::microseconds(0)));
    return wait;
}

std::shared_ptr<Flight> ClaimLoop::launch(Claimed claimed) {
    if (auto flying = find(claimed.order.id)) {
        // Another node took the order over, let go of it, and it came back before the flight here noticed.
        // That one goes on: it finds itself stale at its next write. Two would take the order from each other
        // for ever.
        if (LIBEXEC_SAFEGUARD(one_flight_an_order)) {
            flying->claimed_again = true;
            return flying;
        }
    }
    auto flight = std::make_shared<Flight>(std::move(claimed), parts_.timers.make_alarm());
    if (auto known = stages_.extract(flight->order.id)) flight->stages = known.mapped();
    flight->stages.enter(flight->order.status,
                         flight->open ? flight->open->attempt().opened_at : parts_.clock.now());
    flights_[flight->order.id] = flight;
    in_flight_ = flights_.size();
    asio::co_spawn(parts_.io, fly(flight), asio::detached);
    return flight;
}

Task<void> ClaimLoop::fly(std::shared_ptr<Flight> flight) {
    const Time started = parts_.clock.now();
    const RunOutcome outcome = co_await fly_to_outcome(*flight);
    land(*flight, outcome, started);
}

Task<RunOutcome> ClaimLoop::fly_to_outcome(Flight& flight) {
    std::string poison = co_await suspicion_of(flight);
    Time last_fault{};
    for (int faults = 0;;) {
        std::string fault;
        try {
            RunOutcome outcome = RunOutcome::lost;
            if (!poison.empty()) {
                const std::chrono::microseconds pause = co_await pause_of_poison(flight);
                outcome = co_await runner_.park(flight, poison, pause);
                if (outcome == RunOutcome::released) remember_park(flight);
            } else {
                outcome = co_await runner_.run(flight);
            }
            // What was released may have been claimed by this node again before it was told of the release.
            // Whoever lands then leaves an order behind that is held here and flown by nobody.
            const bool here_again = outcome == RunOutcome::released && flight.claimed_again;
            if (outcome != RunOutcome::lost && !here_again) co_return outcome;
        } catch (...) {
            fault = describe_current_exception();
        }
        if (!fault.empty()) {
            const Time at = parts_.clock.now();
            faults = at - last_fault > fault_memory ? 1 : faults + 1;
            last_fault = at;
            if (faults >= faults_max) poison = "the engine failed on this order again and again: " + fault;
            log_order(parts_.log, LogLevel::error, "order.fault", fault, flight.order);
            co_await parts_.timers.sleep_for(fault_pause);
        }
        // What is in memory may no longer be what is stored: the store has the last word.
        if (draining_) co_return RunOutcome::lost;
        bool taken = co_await take_again(flight);
        while (!taken) {
            const bool ended = co_await ended_unnoticed(flight);
            if (ended) co_return RunOutcome::ended;
            if (!flight.claimed_again || draining_) co_return RunOutcome::lost;
            taken = co_await take_again(flight);
        }
    }
}

/// A process that dies of an order takes everybody's orders with it, and dies of it again at the next start:
/// what it left in the store tells.
Task<std::string> ClaimLoop::suspicion_of(const Flight& flight) {
    std::uint64_t fruitless = claims_without_trace(flight);
    if (const auto parked = parks_.find(flight.order.id); parked != parks_.end())
        fruitless -= std::min(fruitless, parked->second.claims_without_trace);
    const bool in_midst =
        flight.order.status == OrderStatus::routing || flight.order.status == OrderStatus::building;
    if (fruitless < fruitless_claims_max && in_midst && !flight.open) {
        // Each run that died left the move into routing, and the next one that it was interrupted.
        const std::vector<CommittedEvent> history = co_await latest_events(flight);
        fruitless = std::max(fruitless, interruptions(history));
    }
    if (fruitless < fruitless_claims_max) co_return std::string();
    co_return "it was taken up " + std::to_string(fruitless) +
        " times and got nowhere: the process may die of it";
}

Task<std::vector<CommittedEvent>> ClaimLoop::latest_events(const Flight& flight) {
    constexpr std::uint32_t events_looked_at = 64;
    const std::uint32_t last = flight.order.last_seq;
    Result<std::vector<CommittedEvent>> history = co_await parts_.store.events_after(
        flight.order.id, last - std::min(last, events_looked_at), events_looked_at);
    if (!history) co_return std::vector<CommittedEvent>();
    co_return std::move(history).value();
}

Task<std::chrono::microseconds> ClaimLoop::pause_of_poison(const Flight& flight) {
    const std::vector<CommittedEvent> history = co_await latest_events(flight);
    std::int64_t times = std::count_if(history.begin(), history.end(), [](const CommittedEvent& event) {
        return event->kind == EventKind::parked;
    });
    // Older parks than those are remembered by the process that did them.
    if (const auto known = parks_.find(flight.order.id); known != parks_.end())
        times = std::max<std::int64_t>(times, known->second.times);
    std::chrono::microseconds pause = park_first;
    for (std::int64_t i = 0; i < times && pause < park_max; ++i) pause *= 2;
    co_return std::min<std::chrono::microseconds>(pause, park_max);
}

void ClaimLoop::remember_park(const Flight& flight) {
    if (!parks_.contains(flight.order.id) && parks_.size() >= config_.queue_limit)
        parks_.erase(parks_.begin());
    Park& park = parks_[flight.order.id];
    ++park.times;
    // The park is a trace itself; the claims so far are dealt with.
    park.claims_without_trace = claims_without_trace(flight);
}

Task<bool> ClaimLoop::take_again(Flight& flight) {
    for (;;) {
        flight.claimed_again = false;
        Result<std::optional<Claimed>> claimed = co_await parts_.store.claim_order(flight.order.id);
        if (claimed) {
            if (!claimed.value()) co_return false;
            Claimed taken = *claimed.value();
            flight.take(std::move(taken));
            co_return true;
        }
        if (draining_) co_return false;
        co_await parts_.timers.sleep_for(store_pause);
    }
}

Task<bool> ClaimLoop::ended_unnoticed(Flight& flight) {
    Result<std::optional<OrderRecord>> stored = co_await parts_.store.load(flight.order.id);
    if (!stored || !stored.value() || !is_terminal(stored.value()->order.status)) co_return false;
    flight.order = stored.value()->order;
    flight.stages.enter(flight.order.status, flight.order.updated_at);
    co_return true;
}

void ClaimLoop::land(Flight& flight, RunOutcome outcome, Time started) {
    flight.landed = outcome;
    flights_.erase(flight.order.id);
    in_flight_ = flights_.size();
    if (outcome == RunOutcome::ended) {
        parks_.erase(flight.order.id);
        metrics_.ended(flight.order);
        log_end(parts_.log, flight.order, flight.stages);
        const std::int64_t run_us = (parts_.clock.now() - started).count();
        const std::int64_t typical = typical_run_us_.load();
        typical_run_us_ = typical == 0 ? run_us : typical + (run_us - typical) / 16;
    } else if (outcome == RunOutcome::released) {
        // Another node may be the one that ends it: what is forgotten then is how long its first stages took.
        if (!stages_.empty() && stages_.size() >= config_.queue_limit) stages_.erase(stages_.begin());
        stages_.emplace(flight.order.id, flight.stages);
    }
    alarm_->ring();
}

}  // namespace libexec
