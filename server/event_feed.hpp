#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "libexec/base/timers.hpp"
#include "libexec/engine/event_bus.hpp"

namespace libexec::server {

/// An event stream that can also be waited for in vain: `next` comes back after `patience` with nothing, so
/// that the reader can show it is alive. Used on the stream's executor by one reader.
class EventFeed {
public:
    EventFeed(std::shared_ptr<EventStream> stream, Executor executor);
    /// Closes the stream.
    ~EventFeed();
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    /// The next batch or error of the stream; nothing when `patience` has passed first.
    Task<std::optional<Result<EventBatch>>> next(std::chrono::milliseconds patience);
    /// Ends the feed, waking whoever waits in `next`: may be called when the feed itself is gone.
    std::function<void()> closer() const;

private:
    struct State;
    static Task<void> pump(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace libexec::server
