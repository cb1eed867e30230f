#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "libexec/engine/engine.hpp"
#include "libexec/engine/order_store.hpp"
#include "sim/world.hpp"

namespace libexec::simulation {

/// What the checkers want to know of the database.
class StoreWatch {
public:
    virtual ~StoreWatch() = default;
    /// So many steps of this order were refused by the fence by now.
    virtual void on_stale(const OrderId& order, std::uint64_t times) = 0;
    /// A step is being written for a claim of `epoch`, while the job's is `epoch_now` (0: the job is gone).
    virtual void on_step(const Step& step, std::uint64_t epoch_now, bool cancel_requested, bool has_open) = 0;
};

/// The one database behind every node: the rules of the real stores, each transaction at one moment of its
/// own clock. Leases end on that clock.
class Database {
public:
    struct Job {
        Time visible_at{};  ///< while it is owned: the end of the lease
        std::uint64_t epoch = 0;
        std::uint64_t owner = 0;  ///< a start of a node; 0: nobody
    };
    struct Row {
        Order order;
        std::vector<CommittedEvent> events;
        std::vector<Attempt> attempts;
        std::optional<Job> job;
    };
    /// A step that passed its checks. Without the row lock others may write before it does.
    struct Checked {
        Step step;
        StepAnswer answer = StepAnswer::stale;
    };

    Time away_until{};  ///< nobody reaches it

    Database(World& world, StoreWatch& watch) : world_(world), watch_(watch) {}

    AcceptAnswer accept(const Acceptance& acceptance);
    ClaimBatch claim(std::uint64_t owner, std::size_t limit);
    std::optional<Claimed> claim_order(std::uint64_t owner, const OrderId& order);
    Checked check(Step step);
    void write(const Checked& checked);
    std::optional<OrderStatus> request_cancel(const OrderId& order, const Viewer& viewer);
    /// Extends the leases of these claims, as far as they are still the latest.
    void renew(std::uint64_t owner, const std::map<OrderId, std::uint64_t>& claims);
    /// Whatever this start of a node still holds may be taken by others at once.
    void give_back(std::uint64_t owner);

    const Row* find(const OrderId& order, const Viewer& viewer = Viewer()) const;
    const std::map<OrderId, Row>& rows() const { return rows_; }
    /// Every event ever committed, in the order of the commits.
    const std::vector<CommittedEvent>& log() const { return log_; }
    bool away() const { return world_.faults && world_.now() < away_until; }
    std::uint64_t live() const { return live_; }
    std::uint64_t last_number() const { return last_number_; }
    /// A short word for the trace.
    std::string_view name(const OrderId& order) const;

private:
    using Key = std::tuple<int, std::string, std::string>;
    struct Known {
        std::string digest;
        OrderId order;
    };
    static Key client_key(const Order& order);
    Claimed take(Row& row, std::uint64_t owner);
    std::optional<AcceptAnswer> answer_repetition(const Acceptance& acceptance);

    World& world_;
    StoreWatch& watch_;
    std::map<OrderId, Row> rows_;
    std::map<OrderId, std::string> names_;
    std::map<OrderId, std::uint64_t> stale_;
    std::map<Key, Known> keys_;
    std::vector<CommittedEvent> log_;
    std::uint64_t live_ = 0;
    std::uint64_t last_number_ = 0;
};

}  // namespace libexec::simulation
