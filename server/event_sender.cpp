#include "event_sender.hpp"

#include <exception>

namespace libexec::server {
namespace {

/// Whether everything was queued; a client that reads too slowly gets what there is room for.
bool send_batch(EventSender& sender, const EventBatch& batch) {
    for (const CommittedEvent& event : batch.events) {
        if (!sender.socket->send(sender.frames.frame_of(event))) return false;
        sender.last_seq = event->seq;
    }
    return true;
}

Task<EventBatch::End> send_until_end(EventSender& sender) {
    for (;;) {
        const Result<EventBatch> next = co_await sender.stream->next();
        if (!next || !send_batch(sender, next.value())) co_return EventBatch::End::lagged;
        if (next.value().end != EventBatch::End::none) co_return next.value().end;
    }
}

}  // namespace

Task<EventBatch::End> send_events(std::shared_ptr<EventSender> sender) {
    EventBatch::End end = EventBatch::End::lagged;
    try {
        end = co_await send_until_end(*sender);
    } catch (...) {
        sender->stream->close();
        throw;
    }
    sender->stream->close();
    co_return end;
}

}  // namespace libexec::server
