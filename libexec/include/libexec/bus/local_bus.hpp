#pragma once

#include <cstddef>
#include <memory>

#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"

namespace libexec {

/// What bounds the bus.
struct LocalBusConfig {
    std::size_t backlog_max = 4'096;  ///< events a subscriber may be behind before it is closed as lagged
};

/// The event bus of one process: committed events go to whoever watches, and a subscriber's past is read from
/// the store. Safe from any thread; a publish without subscribers costs one look-up per event.
class LocalBus final : public EventBus {
public:
    /// A bus without subscribers; without a store it has no history yet.
    explicit LocalBus(LocalBusConfig config = {});
    ~LocalBus() override;

    /// The store publishes into the bus and the bus reads from the store; call once, before the first
    /// `follow`.
    void read_history_from(OrderStore& store);

    void publish(const std::vector<CommittedEvent>& events) override;
    std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) override;
    using EventBus::follow_all;
    std::shared_ptr<EventStream> follow_all(Executor reader, Viewer viewer) override;
    void close() override;
    bool watched(const OrderId& order) const override;
    std::vector<WatchedOrder> watched_orders() const override;
    void catch_up(const OrderId& order) override;
    void missed_some() override;

private:
    struct Hub;
    std::shared_ptr<Hub> hub_;
};

}  // namespace libexec
