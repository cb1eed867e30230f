#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/engine/shared_limits.hpp"
#include "libexec/model/order.hpp"
#include "libexec/model/order_event.hpp"
#include "libexec/model/store_node.hpp"
#include "libexec/model/viewer.hpp"

namespace libexec {

/// A new order, its first event and what makes a repetition recognisable: one transaction, or nothing.
struct Acceptance {
    Order order;                   ///< status pending, last_seq 1; the store assigns nothing
    OrderEvent opened;             ///< seq 1
    std::string idempotency_key;   ///< of the order's account; empty: none
    std::string request_digest;    ///< of the decoded order: same text means same order
    bool repetition_only = false;  ///< the queue is full: answer what was accepted before, take nothing new
};

/// What became of a new order.
struct AcceptAnswer {
    /// What became of it.
    enum class Kind : std::uint8_t {
        accepted,
        replayed,      ///< same key (or client order id) and same digest: `order` is the first one
        conflict,      ///< same key (or client order id), other digest
        not_admitted,  ///< nothing known under these keys, and `repetition_only` was asked for
    };
    Kind kind = Kind::accepted;
    OrderId order;
};

/// An order somebody took to work on. Writes carry the epoch; a later claim of the same order makes it stale.
struct Claimed {
    Order order;
    std::uint64_t epoch = 0;
    std::optional<CommittedIntent> open_attempt;
    std::vector<Attempt> closed_attempts;  ///< oldest first
};

/// What a claim took.
struct ClaimBatch {
    std::vector<Claimed> orders;
    std::optional<Time> next_due;  ///< when the earliest job not taken becomes visible
};

/// What happens to the order's job with a step.
struct JobChange {
    /// Held on to, given back, or gone with its order.
    enum class Kind : std::uint8_t { keep, release, done };
    Kind kind = Kind::keep;
    Time visible_at{};  ///< for release: earliest moment it may be claimed again
};

/// One atomic move of one order: everything in it is written, or nothing is.
/// Written only if the job still has `epoch`, the order still has `expected_seq`, and, when it opens an
/// attempt, nobody has asked to cancel.
struct Step {
    std::uint64_t epoch = 0;
    std::uint32_t expected_seq = 0;
    Order after;  ///< as the order stands afterwards; `cancel_requested` is never written from here
    std::vector<OrderEvent> events;  ///< expected_seq + 1, + 2, ...
    std::optional<Attempt> opens;
    std::optional<Attempt> closes;
    JobChange job;
};

enum class StepAnswer : std::uint8_t {
    committed,
    stale,  ///< epoch or sequence moved on: somebody else has the order, or an earlier step was lost
    cancel_requested,  ///< the intent was refused; the order is unchanged
};

/// An order and what was sent for it.
struct OrderRecord {
    Order order;
    std::vector<Attempt> attempts;  ///< by number; signed bytes left out
};

/// Which orders a list shows: those for which everything given holds.
struct OrderFilter {
    Viewer viewer;  ///< whose orders
    std::optional<OrderStatus> status;
    std::string token_in;  ///< base58 mint; empty: any
    std::string token_out;
    std::string venue;
    std::string client_id;
    std::optional<Time> since;
    std::optional<OrderId> id_from;  ///< the least id, itself included
    std::optional<OrderId> id_to;    ///< the greatest id, itself included
    std::optional<OrderId> before;   ///< cursor: orders with smaller ids, newest first
    std::size_t limit = 50;
};

/// How many orders stand where.
struct QueueCounts {
    std::uint64_t waiting = 0;    ///< claimable now
    std::uint64_t delayed = 0;    ///< waiting for a retry
    std::uint64_t active = 0;     ///< claimed
    std::uint64_t completed = 0;  ///< confirmed
    std::uint64_t failed = 0;     ///< failed, expired or cancelled
    std::optional<Time> oldest_waiting;
};

/// The one truth about orders. Every method may be called from any thread of an io_context; the answer
/// comes back on the caller's executor, after the commit. Nobody hears of an event before it is durable: the
/// store publishes to the bus after the commit and before it answers.
///
/// Errors of the writing methods: service_unavailable (disk full, read-only, database away: nothing was
/// written), outcome_unknown (the commit's answer was lost and could not be read back), queue_full.
class OrderStore {
public:
    virtual ~OrderStore() = default;

    /// Writes a new order, or finds the one it repeats.
    virtual Task<Result<AcceptAnswer>> accept(Acceptance acceptance) = 0;

    /// Takes up to `limit` due jobs, oldest first, and bumps their epochs.
    virtual Task<Result<ClaimBatch>> claim(std::size_t limit) = 0;
    /// Takes this one job whether it is due or not, also from an earlier claim of the same node; nothing when
    /// another node holds it or the order has ended.
    virtual Task<Result<std::optional<Claimed>>> claim_order(OrderId order) = 0;

    /// A step the order waits for.
    virtual Task<Result<StepAnswer>> commit(Step step) = 0;
    /// A step nobody waits for, durable in order with the others. When it cannot be written, the order's next
    /// `commit` answers `stale`.
    virtual void commit_later(Step step) = 0;
    /// A step that opens an attempt. The token is the only thing `Chain::send` takes.
    Task<Result<std::optional<CommittedIntent>>> commit_intent(Step step, StepAnswer& answer);

    /// Sets the flag; needs no lease. Nothing when the order is unknown, else its status at that moment
    /// (a terminal order is left alone). Of this and the questions below: what `viewer` does not see is
    /// unknown.
    virtual Task<Result<std::optional<OrderStatus>>> request_cancel(OrderId order, Viewer viewer) = 0;
    /// The same for everybody's orders.
    Task<Result<std::optional<OrderStatus>>> request_cancel(OrderId order) {
        return request_cancel(order, Viewer());
    }

    /// The order as it stands; nothing when it is unknown.
    virtual Task<Result<std::optional<OrderRecord>>> load(OrderId order, Viewer viewer) = 0;
    /// The same for everybody's orders.
    Task<Result<std::optional<OrderRecord>>> load(OrderId order) { return load(order, Viewer()); }
    /// Orders that pass, newest first.
    virtual Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) = 0;
    /// Events with a sequence number above `seq`, in order, at most `limit`.
    virtual Task<Result<std::vector<CommittedEvent>>> events_after(OrderId order, std::uint32_t seq,
                                                                   std::size_t limit, Viewer viewer) = 0;
    /// The same for everybody's orders.
    Task<Result<std::vector<CommittedEvent>>> events_after(OrderId order, std::uint32_t seq,
                                                           std::size_t limit) {
        return events_after(order, seq, limit, Viewer());
    }
    /// How many orders stand where, now.
    virtual Task<Result<QueueCounts>> counts() = 0;

    /// The nodes that share the store: those seen within the last hour or holding something, in the order of
    /// their starts. Empty for a store of one node.
    virtual Task<Result<std::vector<StoreNode>>> nodes();

    /// Limits that all nodes on this store keep together; null for a store of one node.
    virtual SharedLimits* shared_limits() { return nullptr; }

    /// The highest order number ever accepted; 0 for an empty store. Blocking; for the start.
    virtual std::uint64_t last_number() = 0;
    /// Orders that have not ended, at all nodes, as of a moment ago.
    virtual std::uint64_t live_orders() = 0;
    /// Nodes that share the store now, this one included.
    virtual std::uint64_t live_nodes() { return 1; }
    /// Whether writes are being accepted; when not, why.
    virtual Result<Done> health() const = 0;

protected:
    /// For stores reading back an attempt that was committed earlier.
    static CommittedIntent committed(Attempt attempt) { return CommittedIntent(std::move(attempt)); }
};

}  // namespace libexec
