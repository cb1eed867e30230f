#include "event_feed.hpp"

#include <exception>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

namespace libexec::server {

/// Shared with the pump, which may be waiting in the stream when the reader has gone.
struct EventFeed::State {
    State(std::shared_ptr<EventStream> events, asio::io_context& io)
        : stream(std::move(events)),
          timers(make_timers(io)),
          arrived(timers->make_alarm()),
          taken(timers->make_alarm()) {}

    void close() {
        closed = true;
        stream->close();
        taken->ring();
        arrived->ring();
    }

    std::shared_ptr<EventStream> stream;
    std::unique_ptr<Timers> timers;
    std::unique_ptr<Alarm> arrived;  ///< rings when `waiting` was filled
    std::unique_ptr<Alarm> taken;    ///< rings when it was emptied, or the reader has gone
    std::optional<Result<EventBatch>> waiting;
    bool closed = false;
};

EventFeed::EventFeed(std::shared_ptr<EventStream> stream, Executor executor)
    : state_(std::make_shared<State>(std::move(stream), executor.context())) {
    asio::co_spawn(executor, pump(state_), asio::detached);
}

EventFeed::~EventFeed() { state_->close(); }

std::function<void()> EventFeed::closer() const {
    return [state = state_] { state->close(); };
}

Task<void> EventFeed::pump(std::shared_ptr<State> state) {
    constexpr std::chrono::hours long_pause{1};
    bool more = true;
    while (more && !state->closed) {
        Result<EventBatch> batch = reject(Reason::internal, "the stream broke off");
        try {
            batch = co_await state->stream->next();
        } catch (const std::exception& error) {
            batch = reject(Reason::internal, error.what());
        }
        more = batch && batch.value().end == EventBatch::End::none;
        state->waiting.emplace(std::move(batch));
        state->arrived->ring();
        // One batch at a time: what the reader does not take stays in the bus, which has the bound.
        while (state->waiting && !state->closed) co_await state->taken->wait(long_pause);
    }
}

Task<std::optional<Result<EventBatch>>> EventFeed::next(std::chrono::milliseconds patience) {
    if (!state_->waiting) co_await state_->arrived->wait(patience);
    std::optional<Result<EventBatch>> batch = std::exchange(state_->waiting, std::nullopt);
    if (batch) state_->taken->ring();
    co_return batch;
}

}  // namespace libexec::server
