#pragma once

#include <asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/base/random.hpp"
#include "libexec/base/uuid.hpp"
#include "support/hand_clock.hpp"
#include "support/spawn.hpp"
#include "support/store_conformance.hpp"

namespace libexec::test {

/// Remembers what was published, in order.
class RecordingBus final : public EventBus {
public:
    void publish(const std::vector<CommittedEvent>& events) override;
    std::shared_ptr<EventStream> follow(OrderId, std::uint32_t, Executor) override { return nullptr; }
    std::shared_ptr<EventStream> follow_all(Executor, Viewer) override { return nullptr; }
    void close() override {}

    std::vector<CommittedEvent> heard() const;
    std::vector<CommittedEvent> heard_of(const OrderId& order) const;
    /// Called on the thread that publishes, before the events are remembered.
    std::function<void(const std::vector<CommittedEvent>&)> on_publish;

private:
    mutable std::mutex mutex_;
    std::vector<CommittedEvent> heard_;
};

/// Holds a store's writer inside `publish`, so that what is written meanwhile has to queue. Made before
/// anything is written, it lets the writer go with `open` or at its own end.
class ClosedBus {
    struct Gate {
        std::mutex mutex;
        std::atomic<bool> writer_stands_here = false;
    };

public:
    explicit ClosedBus(RecordingBus& bus);

    void wait_for_writer() const { gate_->writer_stands_here.wait(false); }
    void open() { closed_.unlock(); }

private:
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();  // the bus may be asked when this is gone
    std::unique_lock<std::mutex> closed_{gate_->mutex};
};

/// Runs one coroutine to its end on an io_context of its own.
template <class T>
T await(Task<T> work) {
    asio::io_context io(1);
    std::optional<T> answer;
    std::exception_ptr thrown;
    spawn(io, keep_answer(std::move(work), answer), [&thrown](std::exception_ptr error) { thrown = error; });
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(answer).value();
}

/// A store, the world around it, and short ways to say what an engine would.
class StoreWorld {
    std::unique_ptr<StorePlace> place_;  // outlives the store

public:
    explicit StoreWorld(std::unique_ptr<StorePlace> place);

    HandClock clock;
    RecordingBus bus;
    UuidGenerator ids{clock, 1};
    Random random{42};
    std::unique_ptr<OrderStore> store;

    /// Closes the store and opens it again.
    void reopen();

    /// A plain order of now, 10 SOL for USDC, as it is handed to `accept`.
    Acceptance acceptance();
    /// One with every field drawn, text with all that a database may stumble over.
    Acceptance any_acceptance();
    AcceptAnswer accept(Acceptance acceptance) { return await(store->accept(std::move(acceptance))).value(); }
    Order accepted();

    ClaimBatch claim(std::size_t limit = 100) { return await(store->claim(limit)).value(); }
    /// Accepts an order and claims it: there is nothing else to claim.
    Claimed claimed();
    std::optional<Claimed> claim_order(const OrderId& order) {
        return await(store->claim_order(order)).value();
    }

    StepAnswer commit(Step step) { return await(store->commit(std::move(step))).value(); }
    /// Moves a claimed order and keeps the claimed copy current.
    void move(Claimed& claimed, OrderStatus to);
    /// Through routing and building to submitted, with attempt `number` open.
    Attempt submit(Claimed& claimed);

    OrderRecord record(const OrderId& order) { return await(store->load(order)).value().value(); }
    std::vector<OrderEvent> events(const OrderId& order, std::uint32_t after = 0, std::size_t limit = 1000);

private:
    std::uint64_t numbers_ = 0;
};

/// A step of one event that moves the order to `to`. An end lets the job go.
Step step_to(const Claimed& claimed, OrderStatus to, Time at);
/// An open attempt of the order with a signature and signed bytes of its own.
Attempt attempt_of(const Claimed& claimed, std::uint32_t number, Time at);
/// The same, landed successfully.
Attempt landed(Attempt attempt, Time at);

/// Sequence numbers 1, 2, ... without gap; at most one end, and it is the last.
bool is_whole(const std::vector<OrderEvent>& events);

}  // namespace libexec::test
