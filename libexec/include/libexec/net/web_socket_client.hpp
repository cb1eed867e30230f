#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/net/tls_trust.hpp"
#include "libexec/net/web_socket.hpp"

namespace libexec {

class ClientConnection;

/// Every bound of a client. Times are kept to a tenth of the shortest of them, late, never early.
struct WebSocketClientConfig {
    std::shared_ptr<const TlsTrust> trust;  ///< for wss; none: whom the system trusts, read anew by
                                            ///< each client when it connects
    std::string user_agent = "libexec";     ///< what the server is told of who asks

    std::size_t head_bytes_max = 16 * 1024;        ///< of the server's answer to the handshake
    std::size_t message_bytes_max = 1024 * 1024;   ///< of one message from the server; close 1009
    std::size_t received_bytes_max = 1024 * 1024;  ///< waiting for `next`, one message more than that at
                                                   ///< most; then nothing is read
    std::size_t received_messages_max = 1'024;     ///< likewise
    std::size_t send_queue_bytes = 256 * 1024;     ///< not yet taken by the kernel; then senders wait

    std::chrono::milliseconds connect_deadline{5'000};    ///< name and TCP, all addresses together
    std::chrono::milliseconds handshake_deadline{5'000};  ///< TLS and the WebSocket handshake
    std::chrono::milliseconds write_stall{10'000};        ///< a server that takes nothing is cut
    std::chrono::milliseconds ping_interval{20'000};
    std::chrono::milliseconds pong_timeout{10'000};  ///< without a byte from the server: close 4408
    std::chrono::milliseconds close_timeout{5'000};  ///< for the server's part in ending a connection
};

/// One WebSocket to a server, ws:// or wss://. Whoever wants another one after it ended makes another client.
///
/// Pings are answered, and the close handshake is kept, also while nobody waits for messages. Once more is
/// received than may wait, nothing is read until `next` takes some.
///
/// Threads: used from the thread of its executor's context, which outlives it.
/// Life:    may go at any moment; the connection is cut, and tasks under way end with `cancelled`.
///          They must not be left to a context that never runs again.
/// Errors:  no error and no log line shows more of the URL than its scheme, host and port.
class WebSocketClient {
public:
    /// A client that is not connected yet.
    WebSocketClient(const Executor& executor, WebSocketClientConfig config);
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    /// Connects, once. `user:password@` in the URL becomes an Authorization header. With wss the certificate
    /// is verified, and that it is for the URL's host.
    /// Errors: invalid_parameter for a URL that is none, or a second call; rate_limited when the server
    ///         answers 429; cancelled; else service_unavailable: no such name, no connection, no trust, an
    ///         answer other than 101 (its status is named), nothing in time. A name the system takes long
    ///         to look up delays the end of its context.
    Task<Result<Done>> connect(std::string url);
    /// After an answer other than 101: how long it asks to be left alone, at most an hour.
    std::optional<std::chrono::seconds> retry_after() const;

    /// Queues one text, which is UTF-8; waits first while the queue is full. Texts of one task keep their
    /// order.
    /// Errors: invalid_parameter for one larger than the queue; service_unavailable when the connection is
    ///         not open, or stops being; cancelled.
    Task<Result<Done>> send_text(std::string text);

    /// The next message, or the end: `closed`, with code and reason of the server's close frame.
    /// Errors: service_unavailable when the connection ended otherwise, with the reason: cut, silent, or
    ///         against the rules; cancelled. What came before the end is handed out first; the end is told as
    ///         often as it is asked for.
    Task<Result<WsMessage>> next();

    /// Closes and waits for the server's part. What is received from now on is dropped. Closing what is
    /// closed is fine.
    /// Errors: service_unavailable when the server did not play its part; cancelled.
    Task<Result<Done>> close(WsCloseCode code, std::string reason);

    /// Whether texts can be sent.
    bool is_open() const;
    /// Bytes queued and not yet taken by the kernel.
    std::size_t queued_bytes() const;

private:
    std::shared_ptr<ClientConnection> connection_;
};

}  // namespace libexec
