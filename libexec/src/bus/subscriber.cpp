#include "subscriber.hpp"

#include <asio/redirect_error.hpp>

#include <utility>

#include "libexec/base/hand_over.hpp"

namespace libexec {

Subscriber::Subscriber(Executor reader, std::size_t backlog_max)
    : reader_(reader), backlog_max_(backlog_max), bell_(reader, Timer::time_point::max()) {}

void Subscriber::deliver(const CommittedEvent& event) {
    std::unique_lock lock(mutex_);
    if (end_ != EventBatch::End::none) return;
    if (arrived_.size() >= backlog_max_) {
        arrived_.clear();
        end_ = EventBatch::End::lagged;
    } else {
        arrived_.push_back(event);
    }
    wake(std::move(lock));
}

void Subscriber::nudge() {
    std::unique_lock lock(mutex_);
    nudged_ = true;
    wake(std::move(lock));
}

void Subscriber::lag() {
    std::unique_lock lock(mutex_);
    if (end_ != EventBatch::End::none) return;
    end_ = EventBatch::End::lagged;
    wake(std::move(lock));
}

void Subscriber::close() {
    std::unique_lock lock(mutex_);
    if (end_ == EventBatch::End::none) end_ = EventBatch::End::closed;
    wake(std::move(lock));
}

void Subscriber::wake(std::unique_lock<std::mutex> lock) {
    if (!waiting_) return;
    waiting_ = false;
    lock.unlock();
    // The timer belongs to the reader's thread.
    hand_over(reader_, [self = shared_from_this()] { self->bell_.cancel(); });
}

Task<Subscriber::Taken> Subscriber::take() {
    const std::shared_ptr<Subscriber> self = shared_from_this();
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (ready()) break;
            waiting_ = true;
            bell_.expires_at(Timer::time_point::max());
        }
        asio::error_code rung;
        co_await bell_.async_wait(asio::redirect_error(use_task, rung));
    }
    Taken taken;
    const std::lock_guard lock(mutex_);
    taken.batch.events.assign(arrived_.begin(), arrived_.end());
    arrived_.clear();
    taken.batch.end = end_;
    taken.nudged = std::exchange(nudged_, false);
    co_return taken;
}

}  // namespace libexec
