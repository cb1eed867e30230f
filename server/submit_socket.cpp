#include "submit_socket.hpp"

#include <map>
#include <memory>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "event_sender.hpp"
#include "libexec/json/order_codec.hpp"
#include "libexec/json/value.hpp"

namespace libexec::server {
namespace {

constexpr std::string_view too_slow = "too slow: read each order with GET, or follow it on its own stream";

/// With that much not read yet there may be no room for an answer, and an order without one is a riddle.
constexpr std::size_t unread_bytes_most = 128 * 1024;

/// The client's own name for the order, so that a refusal can be told from the others.
std::string client_order_id_in(std::string_view body) {
    constexpr std::size_t size_most = 128;
    const Result<JsonValue> value = JsonValue::parse(body);
    if (!value) return {};
    std::string id = value.value()["clientOrderId"].text();
    return id.size() <= size_most ? id : std::string();
}

}  // namespace

/// One socket and the orders it follows; used on the socket's thread alone.
struct SubmitSocket::Session {
    struct Followed {
        std::shared_ptr<EventSender> sender;
        SocketLimiter::Place place;
    };

    std::shared_ptr<WebSocket> socket;
    std::string path, account, request_id, trace_id;
    Client client;
    std::map<OrderId, Followed> orders;
};

Task<void> SubmitSocket::serve(Call& call) {
    const SocketLimiter::Presence presence = sockets_.enter();
    const auto session = std::make_shared<Session>();
    session->path = call.request().path;
    session->account = call.account();
    session->client = call.client();
    session->request_id = call.request_id();
    session->trace_id = call.trace_id();
    session->socket = co_await call.http().accept_websocket("");
    if (session->socket == nullptr) co_return;
    log_.debug("stream.open", "a socket submits orders",
               {{"correlation_id", session->request_id}, {"trace_id", session->trace_id}});
    for (;;) {
        const WsMessage message = co_await session->socket->receive();
        if (message.is_closed()) break;
        if (!session->socket->is_open()) continue;  // what came after our goodbye was not answered
        if (session->socket->queued_bytes() > unread_bytes_most) {
            session->socket->close(WsCloseCode::try_again_later, too_slow);
            continue;
        }
        co_await take(session, message);
    }
    for (auto& [order, followed] : session->orders) followed.sender->stream->close();
}

Task<void> SubmitSocket::take(std::shared_ptr<Session> session, const WsMessage& message) {
    const std::string_view body = message.payload;
    if (message.kind == WsMessage::Kind::binary) {
        refuse(*session,
               make_problem("unsupported_media_type", "the message is binary: send JSON as a text message"),
               "");
        co_return;
    }
    Task<std::optional<Problem>> admitting = submissions_.admit(session->client);
    std::optional<Problem> refusal = co_await std::move(admitting);
    if (!refusal && session->orders.size() >= orders_most_) {
        refusal =
            make_problem("too_many_connections",
                         "this socket follows " + std::to_string(orders_most_) +
                             " orders that have not ended: wait for one to end, or open another socket");
    }
    if (refusal) {
        refuse(*session, std::move(*refusal), body);
        co_return;
    }
    SubmitOptions options;
    options.account = session->account;
    options.correlation_id = session->request_id;
    options.trace_id = session->trace_id;
    Submission submission = co_await submissions_.place(body, std::move(options));
    if (submission.refusal) {
        refuse(*session, std::move(*submission.refusal), body);
        co_return;
    }
    const std::string answer =
        encode_submit_answer(submission.order, OrderStatus::pending, submission.client_order_id);
    if (!session->socket->send_text(answer)) {
        session->socket->close(WsCloseCode::try_again_later, too_slow);
        co_return;
    }
    co_await follow(session, submission.order);
}

void SubmitSocket::refuse(Session& session, Problem problem, std::string_view body) {
    problem.client_order_id = client_order_id_in(body);
    complete_problem(problem, session.path, session.request_id);
    if (!session.socket->send_text(encode_problem(problem)))
        session.socket->close(WsCloseCode::try_again_later, too_slow);
}

Task<void> SubmitSocket::follow(std::shared_ptr<Session> session, OrderId order) {
    if (session->orders.contains(order)) co_return;  // the same order, submitted again
    Task<std::optional<SocketLimiter::Place>> joining = sockets_.join(order, session->client.name);
    std::optional<SocketLimiter::Place> place = co_await std::move(joining);
    if (!place) {
        Problem problem =
            make_problem("too_many_connections", session->client.who() + " already follows this order on " +
                                                     std::to_string(sockets_.per_order()) +
                                                     " sockets: its events do not come here");
        problem.order_id = order.to_string();
        refuse(*session, std::move(problem), "");
        co_return;
    }
    const auto sender = std::make_shared<EventSender>(frames_);
    sender->socket = session->socket;
    sender->stream = service_.follow(order, 0, session->socket->executor());
    session->orders.emplace(order, Session::Followed{sender, std::move(*place)});
    asio::co_spawn(session->socket->executor(), send_order(session, order), asio::detached);
}

Task<void> SubmitSocket::send_order(std::shared_ptr<Session> session, OrderId order) {
    EventBatch::End end = EventBatch::End::lagged;
    bool failed = false;
    try {
        end = co_await send_events(session->orders.at(order).sender);
    } catch (const std::exception&) {
        failed = true;
    }
    if (failed) {
        session->socket->close(WsCloseCode::internal_error, order.to_string());
    } else if (end == EventBatch::End::lagged) {
        session->socket->close(WsCloseCode::try_again_later, too_slow);
    } else if (end == EventBatch::End::closed) {
        session->socket->close(WsCloseCode::going_away, "shutting down");
    }
    session->orders.erase(order);
}

}  // namespace libexec::server
