#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// After the standard library: Asio asks it about aligned allocation, and all files must get the same answer.
#include <asio/ip/tcp.hpp>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/net/web_socket_client.hpp"
#include "steady_timer.hpp"
#include "transport.hpp"
#include "ws_codec.hpp"
#include "ws_url.hpp"

namespace libexec {

/// Wakes all who wait. They look again at what they waited for, and may wait again.
class Signal {
public:
    explicit Signal(const Executor& executor) : timer_(executor, SteadyTimer::time_point::max()) {}

    Task<void> wait();
    void ring() { timer_.cancel(); }

private:
    SteadyTimer timer_;
};

/// The life of a client's connection. Its coroutines hold it until they have seen its end, so it outlives the
/// client; the tasks of the client hold it as well.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
public:
    ClientConnection(const Executor& executor, WebSocketClientConfig config);

    // What WebSocketClient promises.
    static Task<Result<Done>> connect(std::shared_ptr<ClientConnection> self, std::string url);
    static Task<Result<Done>> send_text(std::shared_ptr<ClientConnection> self, std::string text);
    static Task<Result<WsMessage>> next(std::shared_ptr<ClientConnection> self);
    static Task<Result<Done>> close(std::shared_ptr<ClientConnection> self, WsCloseCode code,
                                    std::string reason);
    std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
    bool is_open() const { return state_ == State::open; }
    std::size_t queued_bytes() const { return queued_bytes_; }
    /// Nobody wants it any more.
    void abandon();

private:
    using Clock = std::chrono::steady_clock;
    using Moment = Clock::time_point;
    static constexpr Moment never = Moment::max();
    enum class State : std::uint8_t {
        fresh,
        connecting,
        open,
        closing,  ///< our close frame is queued or sent, theirs has not come
        ended     ///< nothing more will be received; the last bytes may still be on their way
    };

    // The coroutines of the connection itself.
    static Task<void> live(std::shared_ptr<ClientConnection> self, WsUrl url);
    static Task<void> watch(std::shared_ptr<ClientConnection> self);
    Task<Result<Done>> reach(const WsUrl& url);
    Task<Result<Done>> reach_one(const asio::ip::tcp::endpoint& place, std::size_t places_left);
    Task<Result<Done>> shake_hands(const WsUrl& url);
    Task<Result<Done>> upgrade(const WsUrl& url);
    Task<std::string> write_all(std::string bytes);
    Task<void> read_on();
    Task<void> linger();

    bool is_connecting() const { return state_ == State::connecting; }
    bool has_socket() const { return socket_.has_value() || transport_.has_value(); }
    Result<Done> find_trust();
    void opened();
    void wake_all();
    bool inbox_full() const;
    void take(WsEvent event);
    void server_closed();
    void answer_ping(std::string payload);
    void heard();

    void queue(WsOpcode opcode, std::string_view payload);
    void flush();
    void forget_written(std::size_t bytes);
    void all_written();
    void queue_close(WsCloseCode code, std::string_view reason);

    /// What `next` says when there is nothing left; only the first counts.
    void set_end(Result<WsMessage> end);
    /// Ends by our own word, which the server is told.
    void leave(WsCloseCode code, std::string_view reason, Rejection why);
    /// Ends without another word.
    void cut(Rejection why);
    void lost(const asio::error_code& error);
    void drop();
    void on_tick(Moment now);
    void ping_if_due(Moment now);
    Rejection unavailable(const std::string& what) const;
    Rejection not_open() const;

    const Executor executor_;
    WebSocketClientConfig config_;
    const std::chrono::milliseconds tick_;
    std::string name_ = "the WebSocket";

    std::optional<Socket> socket_;        ///< until it is connected
    std::optional<Transport> transport_;  ///< from then on, until it is dropped
    WsCodec codec_;
    std::vector<std::uint8_t>
        buffer_;  ///< read, not yet through the codec: from `unread_at_` to `unread_end_`
    std::size_t unread_at_ = 0;
    std::size_t unread_end_ = 0;

    std::deque<WsMessage> inbox_;
    std::size_t inbox_bytes_ = 0;
    std::optional<Result<WsMessage>> end_;

    std::deque<WsFrame> outbox_;
    std::size_t written_of_first_ = 0;
    std::size_t queued_bytes_ = 0;
    WsFrame pong_queued_;                    ///< one at a time: a server may ping faster than it reads
    std::optional<std::string> pong_later_;  ///< the latest ping that came meanwhile
    bool waiting_to_write_ = false;
    bool said_last_word_ = false;

    State state_ = State::fresh;
    bool connected_ = false;  ///< it was open once
    bool abandoned_ = false;
    std::optional<std::chrono::seconds> retry_after_;
    Signal changed_;   ///< state_
    Signal received_;  ///< inbox_ or end_
    Signal room_;      ///< in the inbox
    Signal drained_;   ///< room in the outbox
    SteadyTimer watch_timer_;

    Moment phase_due_ = never;
    std::string phase_;  ///< what is to be done by then
    Moment attempt_due_ = never;
    Moment ping_due_ = never;
    Moment pong_due_ = never;
    Moment stall_due_ = never;
    Moment close_due_ = never;
};

}  // namespace libexec
