#pragma once

#include <cstdint>
#include <memory>

#include "event_frames.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/net/web_socket.hpp"

namespace libexec::server {

/// One stream and the socket it is sent to. Shared by the coroutine that sends and the one that receives.
struct EventSender {
    explicit EventSender(EventFrames& shared_frames) : frames(shared_frames) {}

    EventFrames& frames;
    std::shared_ptr<WebSocket> socket;
    std::shared_ptr<EventStream> stream;
    std::uint32_t last_seq = 0;  ///< of the last event that was queued for the client
};

/// Sends what happens until the stream ends or the client has no room for more, and closes the stream.
/// `lagged` also stands for a client that reads too slowly and for history that cannot be read. The socket
/// is left open: what an end means differs from route to route.
Task<EventBatch::End> send_events(std::shared_ptr<EventSender> sender);

}  // namespace libexec::server
