#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "libexec/base/task.hpp"

namespace libexec {

/// A whole frame, ready to write and shared between any number of sockets. Never null, never changed.
using WsFrame = std::shared_ptr<const std::string>;

/// Frames once what is sent to many. `payload` is UTF-8.
WsFrame text_frame(std::string_view payload);
WsFrame binary_frame(std::string_view payload);

/// Close codes: RFC 6455 section 7.4, and our own from 4000.
enum class WsCloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    no_status = 1005,  ///< the other side gave none; never sent
    abnormal = 1006,   ///< the connection just ended; never sent
    bad_payload = 1007,
    policy = 1008,
    too_big = 1009,
    internal_error = 1011,
    try_again_later = 1013,
    unauthorized = 4401,  ///< the key it was opened with stopped counting
    no_pong = 4408,
};

/// What `receive` hands out: a message, or the end.
struct WsMessage {
    /// What came.
    enum class Kind : std::uint8_t { text, binary, closed };

    Kind kind = Kind::closed;
    std::string payload;                             ///< the text, the bytes, or the reason of the close
    WsCloseCode close_code = WsCloseCode::abnormal;  ///< for `closed`

    /// Whether the socket has ended.
    bool is_closed() const { return kind == Kind::closed; }
};

/// One upgraded connection.
/// Threads: everything but `executor` and `post_send` belongs to the connection's thread (`executor`).
/// Life:    hold it by shared_ptr as long as you like; once closed it only says so.
class WebSocket {
public:
    virtual ~WebSocket() = default;

    /// The connection's thread.
    virtual Executor executor() const = 0;

    /// The next message. Somebody has to wait here: pings, pongs and the close handshake are dealt with
    /// while a `receive` is waiting, and a client that stops answering pings is noticed here. One waiter at a
    /// time. After `closed` it returns `closed` again at once.
    virtual Task<WsMessage> receive() = 0;

    /// Queues a frame; frames queued in one turn of the loop leave in one write. False, and nothing is
    /// queued, when the socket is closed or the frame would take the queue past `ws_queue_bytes`: then say
    /// `close(WsCloseCode::try_again_later, ...)`.
    virtual bool send(WsFrame frame) = 0;
    /// Frames and sends one text.
    bool send_text(std::string_view payload) { return send(text_frame(payload)); }

    /// The same from any other thread. When the queue is full there, the socket closes with try_again_later
    /// and `overflow_reason`.
    virtual void post_send(WsFrame frame, std::string overflow_reason) = 0;

    /// Sends what is queued, then a close frame, and waits for the other side's for a bounded time. The
    /// reason is cut to 123 bytes. Only the first close counts. Nothing can be sent afterwards.
    virtual void close(WsCloseCode code, std::string_view reason) = 0;

    /// False from the first close, of either side, and from a broken connection.
    virtual bool is_open() const = 0;
    /// Bytes accepted by `send` and not yet taken by the kernel.
    virtual std::size_t queued_bytes() const = 0;
};

}  // namespace libexec
