#include "event_frames.hpp"

#include <functional>

#include "libexec/json/event_codec.hpp"

namespace libexec::server {

WsFrame EventFrames::frame_of(const CommittedEvent& event) {
    const std::size_t at = (std::hash<OrderId>{}(event->order) + event->seq) % slots_.size();
    Slot& slot = slots_[at];
    const std::lock_guard lock(slot.mutex);
    if (slot.event != event) {
        slot.frame = text_frame(encode_event(*event, explorer_));
        slot.event = event;
    }
    return slot.frame;
}

}  // namespace libexec::server
