#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/net/web_socket.hpp"
#include "worker.hpp"
#include "ws_codec.hpp"

namespace libexec {

/// The server's end of a WebSocket: owns the socket after the 101.
class WebSocketSession final : public WebSocket,
                               public Flushable,
                               public std::enable_shared_from_this<WebSocketSession> {
public:
    /// `unread` is what the client sent right behind its handshake.
    WebSocketSession(Worker& worker, Transport socket, std::string unread);
    ~WebSocketSession() override;

    Executor executor() const override { return worker_.executor(); }
    Task<WsMessage> receive() override;
    bool send(WsFrame frame) override;
    void post_send(WsFrame frame, std::string overflow_reason) override;
    void close(WsCloseCode code, std::string_view reason) override;
    bool is_open() const override { return state_ == State::open; }
    std::size_t queued_bytes() const override { return queued_bytes_; }

    /// After the handler has left: completes the close handshake within its time and lets the socket go.
    Task<void> finish();
    /// Writes what the kernel takes; waits for it to take more by itself.
    void flush() override;
    void on_tick(Tick now);
    /// Cuts the connection; whoever waits wakes up.
    void drop();

private:
    enum class State : std::uint8_t {
        open,
        closing,  // our close frame is queued or sent, theirs has not come
        closed    // nothing more will be received
    };

    std::optional<WsMessage> read_message();
    std::optional<WsMessage> take_unread_message();
    std::optional<WsMessage> take_message(std::span<char> bytes, std::size_t& used);
    void heard_from_client();
    void answer_ping();
    bool read_paused() const { return pongs_unread_ && waiting_to_write_; }
    void queue(WsFrame frame);
    void queue_close(WsCloseCode code, std::string_view reason);
    void client_closed();
    void client_broke_the_rules();
    WsMessage last_word() const;
    void ping_if_due(Tick now);
    std::size_t write_queued(asio::error_code& error);
    void forget_written(std::size_t bytes);
    void queue_drained();

    Worker& worker_;
    std::optional<Transport> socket_;  // nothing once dropped: a holder may outlive the server
    WsCodec codec_;
    std::string unread_;  // read, not yet through the codec
    std::size_t unread_at_ = 0;

    std::vector<WsFrame> queue_;
    std::size_t queue_at_ = 0;      // first frame not wholly written
    std::size_t frame_offset_ = 0;  // bytes of it already written
    std::size_t queued_bytes_ = 0;

    std::string close_reason_;
    WsCloseCode close_code_ = WsCloseCode::abnormal;
    State state_ = State::open;
    bool flush_scheduled_ = false;
    bool waiting_to_write_ = false;
    bool pongs_unread_ = false;  // the client pings, and takes nothing
    bool receiving_ = false;
    bool pong_expected_ = false;
    int pongs_missed_ = 0;
    Tick ping_due_;
    Tick stall_due_ = no_tick;
    Tick close_due_ = no_tick;
};

}  // namespace libexec
