#include "stream_routes.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "accept.hpp"
#include "event_feed.hpp"
#include "event_sender.hpp"
#include "libexec/base/failpoint.hpp"
#include "libexec/json/event_codec.hpp"
#include "order_routes.hpp"

namespace libexec::server {
namespace {

/// Sends what happens until the order ends, the client falls behind or goes, or the server stops.
Task<void> send_live(std::shared_ptr<EventSender> sender) {
    EventBatch::End end = EventBatch::End::lagged;
    bool failed = false;
    try {
        end = co_await send_events(sender);
    } catch (const std::exception&) {
        failed = true;
    }
    WebSocket& socket = *sender->socket;
    if (failed) {
        socket.close(WsCloseCode::internal_error, std::to_string(sender->last_seq));
    } else if (end == EventBatch::End::lagged) {
        socket.close(WsCloseCode::try_again_later, std::to_string(sender->last_seq));
    } else if (end == EventBatch::End::finished) {
        socket.close(WsCloseCode::normal, "the order has ended");
    } else {
        socket.close(WsCloseCode::going_away, "shutting down");
    }
}

/// The newest events that fit one message well below the socket's own bound.
std::string bounded_snapshot(std::vector<CommittedEvent> events, const Explorer& explorer) {
    constexpr std::size_t bytes_most = 128 * 1024;
    std::string text = encode_snapshot(events, explorer);
    while (text.size() > bytes_most && events.size() > 1) {
        events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>((events.size() + 1) / 2));
        text = encode_snapshot(events, explorer);
    }
    return text;
}

std::string event_stream_text(const EventBatch& batch, const Explorer& explorer) {
    std::string text;
    for (const CommittedEvent& event : batch.events) {
        text += "id: " + std::to_string(event->seq) + "\ndata: " + encode_event(*event, explorer) + "\n\n";
    }
    return text;
}

/// Where to go on: `?after=`, else `header`. Nothing given is nothing; anything else but a number is a
/// problem.
struct Resume {
    std::optional<std::uint32_t> after;
    bool malformed = false;
};
Resume resume_point(const HttpRequest& request, std::string_view header) {
    Resume resume;
    std::optional<std::string> text = request.query_parameter("after");
    if (const auto field = header.empty() ? std::nullopt : request.header(header); !text && field) {
        text = std::string(*field);
    }
    if (!text || text->empty()) return resume;
    resume.after = parse_sequence(*text);
    resume.malformed = !resume.after;
    return resume;
}

/// A client that has seen more than there is has somebody else's number: nothing it waits for would come.
std::optional<Problem> beyond_the_end(const Resume& resume, const OrderRecord& record) {
    if (resume.after.value_or(0) <= record.order.last_seq) return std::nullopt;
    return bad_parameter("after", "must be at most " + std::to_string(record.order.last_seq) +
                                      ", the number of this order's last event");
}

}  // namespace

bool StreamRoutes::wants_event_stream(const HttpRequest& request) {
    const Preference stream = preference_for(request, "text/event-stream");
    const Preference json = preference_for(request, "application/json");
    if (stream.thousandths == 0) return false;
    // Who takes anything gets JSON; who names the stream wants it.
    return stream.named ? stream.thousandths >= json.thousandths : stream.thousandths > json.thousandths;
}

Task<void> StreamRoutes::follow_by_query(Call& call) {
    const std::string order = call.request().query_parameter("orderId").value_or("");
    call.id_text = order;
    co_await follow(call);
}

Task<void> StreamRoutes::follow(Call& call) {
    const Resume resume = resume_point(call.request(), "");
    if (resume.malformed) {
        call.refuse(bad_parameter("after", "must be a sequence number such as 4"));
        co_return;
    }
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    if (auto problem = beyond_the_end(resume, *record)) {
        call.refuse(std::move(*problem));
        co_return;
    }
    const OrderId id = record->order.id;
    const SocketLimiter::Presence presence = sockets_.enter();
    Task<std::optional<SocketLimiter::Place>> joining = sockets_.join(id, call.client().name);
    const std::optional<SocketLimiter::Place> place = co_await std::move(joining);
    if (!place) {
        const std::string quota = std::to_string(sockets_.per_order());
        HttpResponse head;
        head.with("RateLimit-Policy", "\"sockets\";q=" + quota).with("RateLimit", "\"sockets\";r=0");
        call.refuse(
            make_problem("too_many_connections",
                         call.client().who() + " already follows this order on " + quota + " sockets"),
            std::move(head));
        co_return;
    }
    std::vector<CommittedEvent> history;
    if (!resume.after) {
        Result<std::vector<CommittedEvent>> events = co_await all_events(service_, id, 0, call.viewer());
        if (!events) {
            call.refuse(events.error());
            co_return;
        }
        history = std::move(events).value();
    }

    const auto follower = std::make_shared<EventSender>(frames_);
    follower->socket = co_await call.http().accept_websocket("");
    if (follower->socket == nullptr) co_return;
    log_.debug(
        "stream.open", "a socket follows an order",
        {{"orderId", id.to_string()}, {"correlation_id", call.request_id()}, {"trace_id", call.trace_id()}});

    follower->last_seq = resume.after.value_or(0);
    bool ended = is_terminal(record->order.status) && follower->last_seq >= record->order.last_seq;
    bool room = true;
    if (!history.empty()) {
        ended = history.back()->ends_order();
        follower->last_seq = history.back()->seq;
        room = follower->socket->send_text(bounded_snapshot(std::move(history), explorer_));
    }
    if (ended) {
        follower->socket->close(WsCloseCode::normal, "the order has ended");
    } else if (!room) {
        follower->socket->close(WsCloseCode::try_again_later, "0");
    } else {
        follower->stream = service_.follow(id, follower->last_seq, call.http().executor());
        asio::co_spawn(call.http().executor(), send_live(follower), asio::detached);
    }
    // What a client says here means nothing; waiting for it is what answers pings and notices the end.
    while (!(co_await follower->socket->receive()).is_closed()) {
    }
    if (follower->stream != nullptr) follower->stream->close();
}

Task<void> StreamRoutes::serve_events(Call& call) {
    const Resume resume = resume_point(call.request(), "last-event-id");
    if (resume.malformed) {
        call.refuse(bad_parameter("after", "must be a sequence number such as 4"));
        co_return;
    }
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    if (auto problem = beyond_the_end(resume, *record)) {
        call.refuse(std::move(*problem));
        co_return;
    }
    const std::uint32_t after = resume.after.value_or(0);
    if (is_terminal(record->order.status) && after >= record->order.last_seq) {
        // Tells a browser's EventSource not to come back.
        HttpResponse nothing(204);
        nothing.content_type.clear();
        call.answer(std::move(nothing));
        co_return;
    }
    HttpResponse head(200, {}, "text/event-stream");
    head.with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
    call.complete(head);
    if (call.request().method == "HEAD") {
        call.http().start_stream(std::move(head));
        co_return;
    }
    EventFeed feed(service_.follow(record->order.id, after, call.http().executor()), call.http().executor());
    call.http().start_stream(std::move(head));
    call.http().on_closed(feed.closer());
    while (call.http().is_open()) {
        const std::optional<Result<EventBatch>> next = co_await feed.next(ping_interval_);
        const bool ended = next && (!*next || next->value().end != EventBatch::End::none);
        std::string text = ": still here\n\n";
        if (next) text = *next ? event_stream_text(next->value(), explorer_) : std::string();
        if (!text.empty() && !co_await call.http().write_chunk(std::move(text))) break;
        LIBEXEC_FAILPOINT("sse-chunk-written");
        if (ended) break;
    }
}

}  // namespace libexec::server
