#pragma once

#include <array>
#include <mutex>
#include <utility>

#include "libexec/model/explorer.hpp"
#include "libexec/model/order_event.hpp"
#include "libexec/net/web_socket.hpp"

namespace libexec::server {

/// Events as WebSocket frames, encoded once for all the sockets they are sent to at about the same time,
/// which then share the bytes. Safe from any thread.
class EventFrames {
public:
    EventFrames() = default;
    /// With links to the pages of transactions.
    explicit EventFrames(Explorer explorer) : explorer_(std::move(explorer)) {}

    WsFrame frame_of(const CommittedEvent& event);

private:
    struct Slot {
        std::mutex mutex;
        CommittedEvent event;  ///< kept, so that its address is not taken by another one
        WsFrame frame;
    };
    /// Enough for the events that several orders make at once; a slot taken by another event costs an
    /// encoding.
    std::array<Slot, 64> slots_;
    const Explorer explorer_;
};

}  // namespace libexec::server
