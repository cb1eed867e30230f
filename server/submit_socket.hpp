#pragma once

#include "call.hpp"
#include "event_frames.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/telemetry/log.hpp"
#include "socket_limiter.hpp"
#include "submissions.hpp"

namespace libexec::server {

/// Submitting and following on one socket: each text message is a body as POST takes it. Answers come in the
/// order of the messages, each an acceptance or a problem; between and after them come the events of every
/// order placed there. No message ends the socket.
class SubmitSocket {
public:
    /// A socket follows at most `orders_most` orders at a time; more are refused, not placed.
    SubmitSocket(Service& service, Submissions& submissions, SocketLimiter& sockets, EventFrames& frames,
                 std::size_t orders_most, Log& log)
        : service_(service),
          submissions_(submissions),
          sockets_(sockets),
          frames_(frames),
          orders_most_(orders_most),
          log_(log) {}

    Task<void> serve(Call& call);

private:
    struct Session;

    /// Answers one message.
    Task<void> take(std::shared_ptr<Session> session, const WsMessage& message);
    void refuse(Session& session, Problem problem, std::string_view body);
    /// Events of an order placed here, from the first on.
    Task<void> follow(std::shared_ptr<Session> session, OrderId order);
    static Task<void> send_order(std::shared_ptr<Session> session, OrderId order);

    Service& service_;
    Submissions& submissions_;
    SocketLimiter& sockets_;
    EventFrames& frames_;
    const std::size_t orders_most_;
    Log& log_;
};

}  // namespace libexec::server
