#pragma once

#include <asio/basic_waitable_timer.hpp>
#include <asio/wait_traits.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>

#include "libexec/engine/event_bus.hpp"

namespace libexec {

/// The mailbox between the thread that publishes and the one that reads.
class Subscriber : public std::enable_shared_from_this<Subscriber> {
public:
    Subscriber(Executor reader, std::size_t backlog_max);

    /// What lay in the mailbox.
    struct Taken {
        EventBatch batch;
        bool nudged = false;  ///< there is more in the store
    };

    /// From any thread. Past the limit the backlog is dropped and the subscriber has lagged.
    void deliver(const CommittedEvent& event);
    void nudge();
    void lag();
    void close();

    /// Takes what has arrived; waits when nothing has. On the reader's executor, one at a time.
    Task<Taken> take();

private:
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>, Executor>;

    bool ready() const { return nudged_ || !arrived_.empty() || end_ != EventBatch::End::none; }
    void wake(std::unique_lock<std::mutex> lock);

    Executor reader_;
    const std::size_t backlog_max_;
    std::mutex mutex_;
    std::deque<CommittedEvent> arrived_;
    EventBatch::End end_ = EventBatch::End::none;
    bool nudged_ = false;
    bool waiting_ = false;
    Timer bell_;  ///< never rings by itself: cancelling it is the signal
};

}  // namespace libexec
