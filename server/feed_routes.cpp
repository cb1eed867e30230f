#include "feed_routes.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "event_sender.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/json/nearest_word.hpp"

namespace libexec::server {
namespace {

constexpr std::string_view too_slow = "too slow: connect again and list the orders";

struct Topics {
    bool orders = false;
    bool queue = false;
    bool venues = false;
    std::string trouble;  ///< what is wrong with the list; empty: nothing
};

/// Nothing asked for is everything.
Topics parse_topics(const std::optional<std::string>& list) {
    static const std::vector<std::string_view> known{"orders", "queue", "venues"};
    Topics topics;
    if (!list || list->empty()) {
        topics.orders = topics.queue = topics.venues = true;
        return topics;
    }
    std::string_view rest = *list;
    while (!rest.empty() && topics.trouble.empty()) {
        const std::string_view word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        if (word == "orders") {
            topics.orders = true;
        } else if (word == "queue") {
            topics.queue = true;
        } else if (word == "venues") {
            topics.venues = true;
        } else {
            constexpr std::size_t shown_most = 32;
            const std::string_view near = nearest_word(word, known);
            topics.trouble = "must be a list of orders, queue and venues with commas between, not '" +
                             std::string(word.substr(0, shown_most)) + "'" +
                             (near.empty() ? "" : ": did you mean " + std::string(near) + "?");
        }
    }
    return topics;
}

/// A queue as it was told last; the age of the oldest grows by itself and is no news.
bool same_counts(const QueueCounts& a, const QueueCounts& b) {
    return a.waiting == b.waiting && a.delayed == b.delayed && a.active == b.active &&
           a.completed == b.completed && a.failed == b.failed;
}

}  // namespace

QueueMetrics metrics_of(const QueueCounts& counts, Time now) {
    QueueMetrics metrics;
    metrics.waiting = counts.waiting;
    metrics.delayed = counts.delayed;
    metrics.active = counts.active;
    metrics.completed = counts.completed;
    metrics.failed = counts.failed;
    if (counts.oldest_waiting) {
        const auto age = std::chrono::floor<std::chrono::milliseconds>(now - *counts.oldest_waiting);
        metrics.oldest_waiting = std::max(age, std::chrono::milliseconds(0));
    }
    return metrics;
}

Task<Result<QueueCounts>> QueueWatch::read() {
    {
        const std::lock_guard lock(mutex_);
        const Time now = clock_.now();
        if (latest_ && now - asked_at_ < fresh_for_) co_return *latest_;
        asked_at_ = now;
    }
    Result<QueueCounts> counted = co_await service_.queue();
    const std::lock_guard lock(mutex_);
    latest_.emplace(counted);
    co_return counted;
}

/// One socket and what it was told; used on the socket's thread alone.
struct FeedRoutes::Session {
    explicit Session(asio::io_context& io) : timers(make_timers(io)), alarm(timers->make_alarm()) {}

    std::shared_ptr<WebSocket> socket;
    std::shared_ptr<EventSender> orders;  ///< null when orders are not asked for
    std::unique_ptr<Timers> timers;
    std::unique_ptr<Alarm> alarm;  ///< rings when the socket has gone
    bool queue = false;
    bool venues = false;
    std::optional<QueueCounts> told_queue;
    std::optional<std::vector<VenueStatus>> told_venues;
};

Task<void> FeedRoutes::serve(Call& call) {
    const Topics topics = parse_topics(call.request().query_parameter("topics"));
    if (!topics.trouble.empty()) {
        call.refuse(bad_parameter("topics", topics.trouble));
        co_return;
    }
    const SocketLimiter::Presence presence = sockets_.enter();
    const auto session = std::make_shared<Session>(call.http().executor().context());
    session->queue = topics.queue;
    session->venues = topics.venues;
    if (topics.orders) {
        // Before the answer: what is listed after it and what comes here leave nothing out between them.
        session->orders = std::make_shared<EventSender>(frames_);
        session->orders->stream = service_.follow_all(call.http().executor(), call.viewer());
    }
    session->socket = co_await call.http().accept_websocket("");
    if (session->socket == nullptr) {
        if (session->orders != nullptr) session->orders->stream->close();
        co_return;
    }
    log_.debug("stream.open", "a socket follows everything",
               {{"correlation_id", call.request_id()}, {"trace_id", call.trace_id()}});
    if (session->orders != nullptr) {
        session->orders->socket = session->socket;
        asio::co_spawn(call.http().executor(), send_orders(session), asio::detached);
    }
    if (session->queue || session->venues) {
        asio::co_spawn(call.http().executor(), send_states(session), asio::detached);
    }
    // What a client says here means nothing; waiting for it is what answers pings and notices the end.
    while (!(co_await session->socket->receive()).is_closed()) {
    }
    if (session->orders != nullptr) session->orders->stream->close();
    session->alarm->ring();
}

Task<void> FeedRoutes::send_orders(std::shared_ptr<Session> session) {
    EventBatch::End end = EventBatch::End::lagged;
    bool failed = false;
    try {
        end = co_await send_events(session->orders);
    } catch (const std::exception&) {
        failed = true;
    }
    if (failed) {
        session->socket->close(WsCloseCode::internal_error, "");
    } else if (end == EventBatch::End::closed) {
        session->socket->close(WsCloseCode::going_away, "shutting down");
    } else {
        session->socket->close(WsCloseCode::try_again_later, too_slow);
    }
}

Task<bool> FeedRoutes::send_changes(Session& session) {
    if (session.queue) {
        const Result<QueueCounts> counts = co_await queue_.read();
        // A store that does not answer is told of by /readyz; here the next round may have better luck.
        const bool news =
            counts && (!session.told_queue || !same_counts(*session.told_queue, counts.value()));
        if (news) {
            session.told_queue = counts.value();
            const Time now = clock_.now();
            if (!session.socket->send_text(encode_queue_message(now, metrics_of(counts.value(), now))))
                co_return false;
        }
    }
    if (session.venues) {
        std::vector<VenueStatus> venues = service_.venues();
        if (session.told_venues != venues) {
            if (!session.socket->send_text(encode_venues_message(clock_.now(), venues))) co_return false;
            session.told_venues = std::move(venues);
        }
    }
    co_return true;
}

Task<void> FeedRoutes::send_states(std::shared_ptr<Session> session) {
    bool failed = false;
    try {
        while (session->socket->is_open()) {
            const bool room = co_await send_changes(*session);
            if (!room && session->socket->is_open())
                session->socket->close(WsCloseCode::try_again_later, too_slow);
            if (room) co_await session->alarm->wait(interval_);
        }
    } catch (const std::exception&) {
        failed = true;
    }
    if (failed) session->socket->close(WsCloseCode::internal_error, "");
}

}  // namespace libexec::server
