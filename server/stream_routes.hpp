#pragma once

#include <chrono>

#include "call.hpp"
#include "event_frames.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/telemetry/log.hpp"
#include "socket_limiter.hpp"

namespace libexec::server {

/// Following one order live: over a WebSocket, or as server-sent events.
class StreamRoutes {
public:
    StreamRoutes(Service& service, SocketLimiter& sockets, EventFrames& frames,
                 std::chrono::milliseconds ping_interval, Log& log)
        : service_(service),
          sockets_(sockets),
          frames_(frames),
          ping_interval_(ping_interval),
          log_(log),
          explorer_(service.explorer()) {}

    /// A snapshot, then live events; with `?after=N` exactly the events after N instead.
    Task<void> follow(Call& call);
    /// The same for the path that names the order in `?orderId=`.
    Task<void> follow_by_query(Call& call);
    /// text/event-stream: every event after `Last-Event-ID` or `?after=`, its id the sequence number.
    Task<void> serve_events(Call& call);

    /// Whether the client asked for server-sent events.
    static bool wants_event_stream(const HttpRequest& request);

private:
    Service& service_;
    SocketLimiter& sockets_;
    EventFrames& frames_;
    const std::chrono::milliseconds ping_interval_;
    Log& log_;
    const Explorer explorer_;
};

}  // namespace libexec::server
