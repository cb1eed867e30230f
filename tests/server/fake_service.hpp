#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/base/timers.hpp"
#include "libexec/embed/open.hpp"

namespace libexec::test {

/// A service whose orders do exactly what a test says. Safe from any thread; outlives its streams.
class FakeService final : public Service {
public:
    // What the next answers are, when they are not the usual ones.
    std::optional<Rejection> submit_error;
    std::optional<Rejection> read_error;
    Result<CancelAnswer> cancel_answer = CancelAnswer{};
    Result<Done> health_answer = Done{};
    Result<Done> chain_answer = Done{};
    bool is_draining = false;
    QueueCounts counts;                        ///< while requests are on their way, `set_counts`
    std::optional<OrderId> next_is_replay_of;  ///< the next submission turns out to be that order
    Result<RoutingDecision> quote_answer = RoutingDecision{};
    std::vector<VenueStatus> venue_list;
    std::vector<StoreNode> node_list;
    SimFaults* sim_faults = nullptr;

    // What was asked for.
    std::vector<OrderRequest> requests;
    std::vector<SubmitOptions> options;
    std::vector<OrderFilter> filters;
    std::vector<OrderRequest> quote_requests;
    std::vector<ServiceLimits> limits;

    Task<Result<Submitted>> submit(OrderRequest request, SubmitOptions with) override;
    Task<Result<CancelAnswer>> cancel(OrderId order, Viewer viewer) override;
    Task<Result<std::optional<OrderRecord>>> load(OrderId order, Viewer viewer) override;
    Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) override;
    Task<Result<std::vector<CommittedEvent>>> events(OrderId order, std::uint32_t after, std::size_t limit,
                                                     Viewer viewer) override;
    std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) override;
    std::shared_ptr<EventStream> follow_all(Executor reader, Viewer viewer) override;
    Task<Result<QueueCounts>> queue() override;
    Task<Result<std::vector<StoreNode>>> nodes() override { co_return node_list; }
    Task<Result<RoutingDecision>> quote(OrderRequest request) override;
    std::vector<VenueStatus> venues() const override { return venue_list; }
    Task<Result<VenueStatus>> pause_venue(std::string name, std::string reason) override {
        co_return change_venue(name, VenueState::held, reason);
    }
    Task<Result<VenueStatus>> resume_venue(std::string name) override {
        co_return change_venue(name, VenueState::active, {});
    }
    Metrics& metrics() override { return metrics_; }
    const TokenRegistry& tokens() const override { return tokens_; }
    Result<Done> health() const override { return health_answer; }
    Result<Done> chain_health() const override { return chain_answer; }
    bool draining() const override { return is_draining; }
    SimFaults* faults() override { return sim_faults; }
    void set_limits(const ServiceLimits& wanted) override { limits.push_back(wanted); }
    void stop() override {
        const std::lock_guard lock(mutex_);
        end_ = EventBatch::End::closed;
    }

    // ---- what a test does ----

    OrderId place(OrderRequest request = {}, std::string account = {}) {
        const std::lock_guard lock(mutex_);
        return place_locked(std::move(request), std::move(account));
    }
    /// The order's next event.
    void happen(OrderId order, OrderStatus status, EventData data = NoData{},
                EventKind kind = EventKind::moved) {
        const std::lock_guard lock(mutex_);
        happen_locked(orders_.at(order), status, std::move(data), kind);
    }
    void confirm(OrderId order);
    void set_counts(const QueueCounts& now) {
        const std::lock_guard lock(mutex_);
        counts = now;
    }
    /// Every stream ends this way from now on.
    void end_streams(EventBatch::End end) {
        const std::lock_guard lock(mutex_);
        end_ = end;
    }
    std::size_t open_streams() {
        const std::lock_guard lock(mutex_);
        return open_streams_;
    }

private:
    struct Row {
        OrderRecord record;
        std::vector<CommittedEvent> events;
    };

    Result<VenueStatus> change_venue(const std::string& name, VenueState state, const std::string& reason) {
        for (VenueStatus& venue : venue_list) {
            if (venue.name != name) continue;
            venue.state = state;
            venue.reason = reason;
            return venue;
        }
        return reject(Reason::not_found, "no venue is called '" + name + "'; there are meteora");
    }

    class Stream;

    class EveryStream;

    OrderId place_locked(OrderRequest request, std::string account);
    void happen_locked(Row& row, OrderStatus status, EventData data, EventKind kind);
    std::vector<CommittedEvent> events_after(OrderId order, std::uint32_t after, std::size_t limit);

    Metrics metrics_;
    const TokenRegistry tokens_ = TokenRegistry::with_defaults();
    std::mutex mutex_;
    std::map<OrderId, Row> orders_;
    std::vector<CommittedEvent> every_;
    std::map<std::pair<std::string, std::string>, std::pair<OrderRequest, OrderId>> keys_;
    EventBatch::End end_ = EventBatch::End::none;
    std::size_t open_streams_ = 0;
};

}  // namespace libexec::test
