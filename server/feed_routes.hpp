#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "call.hpp"
#include "event_frames.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/json/service_codec.hpp"
#include "libexec/telemetry/log.hpp"
#include "socket_limiter.hpp"

namespace libexec::server {

/// The queue in the words of the wire.
QueueMetrics metrics_of(const QueueCounts& counts, Time now);

/// What the queue holds, read from the store once for everybody who asks within `fresh_for`.
class QueueWatch {
public:
    QueueWatch(Service& service, const Clock& clock, std::chrono::milliseconds fresh_for)
        : service_(service), clock_(clock), fresh_for_(fresh_for) {}

    /// Safe from any thread.
    Task<Result<QueueCounts>> read();

private:
    Service& service_;
    const Clock& clock_;
    const std::chrono::milliseconds fresh_for_;
    std::mutex mutex_;
    Time asked_at_{};
    std::optional<Result<QueueCounts>> latest_;
};

/// A WebSocket about everything: the events of all orders, the queue, the venues. There is no cursor: whoever
/// comes back lists the orders again.
class FeedRoutes {
public:
    /// `interval` is how often the queue and the venues are looked at.
    FeedRoutes(Service& service, SocketLimiter& sockets, EventFrames& frames, const Clock& clock,
               std::chrono::milliseconds interval, Log& log)
        : service_(service),
          sockets_(sockets),
          frames_(frames),
          clock_(clock),
          interval_(interval),
          log_(log),
          queue_(service, clock, interval / 2) {}

    Task<void> serve(Call& call);

private:
    struct Session;

    static Task<void> send_orders(std::shared_ptr<Session> session);
    Task<void> send_states(std::shared_ptr<Session> session);
    /// What has changed since the last round; false when there is no room for it.
    Task<bool> send_changes(Session& session);

    Service& service_;
    SocketLimiter& sockets_;
    EventFrames& frames_;
    const Clock& clock_;
    const std::chrono::milliseconds interval_;
    Log& log_;
    QueueWatch queue_;
};

}  // namespace libexec::server
