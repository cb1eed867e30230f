#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/model/order_event.hpp"
#include "libexec/model/viewer.hpp"

namespace libexec {

/// What a subscriber gets next: events in order, and why there will be no more.
struct EventBatch {
    /// Why there will be no more.
    enum class End : std::uint8_t {
        none,
        finished,  ///< the last event ended the order
        lagged,    ///< the reader fell too far behind: resume after `last_seq`
        closed,    ///< the bus is shutting down, or the subscriber asked to stop
    };
    std::vector<CommittedEvent> events;
    End end = End::none;
    std::uint32_t last_seq = 0;  ///< of the last event handed out on this stream
};

/// One subscriber's place in the log. Used by one reader at a time, on the executor it was opened for.
class EventStream {
public:
    virtual ~EventStream() = default;
    /// Waits for at least one event or the end. Errors: service_unavailable when history cannot be read.
    virtual Task<Result<EventBatch>> next() = 0;
    /// Ends a waiting or later `next` with `closed`. From any thread.
    virtual void close() = 0;
};

/// An order that somebody here follows, and how far this node has seen its events.
struct WatchedOrder {
    OrderId order;
    std::uint32_t seen = 0;
};

/// Carries committed events to whoever watches. Safe from any thread. The second half is for stores that
/// several nodes share: events of other nodes are published here, too, as this node hears of them.
class EventBus {
public:
    virtual ~EventBus() = default;

    /// Called by the store after each commit, in commit order.
    virtual void publish(const std::vector<CommittedEvent>& events) = 0;
    /// Events of one order after `after_seq`, without gap or repeat: history first, then live.
    virtual std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) = 0;
    /// Events of all orders that `viewer` sees, from now on.
    virtual std::shared_ptr<EventStream> follow_all(Executor reader, Viewer viewer) = 0;
    /// The same for everybody's orders.
    std::shared_ptr<EventStream> follow_all(Executor reader) { return follow_all(reader, Viewer()); }
    /// Ends every stream with `closed`.
    virtual void close() = 0;

    /// Whether anybody here watches this order, or all orders.
    virtual bool watched(const OrderId&) const { return true; }
    /// The orders that are followed one by one.
    virtual std::vector<WatchedOrder> watched_orders() const { return {}; }
    /// The store holds events of this order that were not published here: whoever follows it reads them
    /// there.
    virtual void catch_up(const OrderId&) {}
    /// Events of other nodes may have passed unheard: whoever watches all orders has lagged.
    virtual void missed_some() {}
};

}  // namespace libexec
