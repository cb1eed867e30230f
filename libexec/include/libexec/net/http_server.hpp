#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"
#include "libexec/net/http_exchange.hpp"
#include "libexec/net/tls_identity.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Another program listens on the port.
class PortTaken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Every bound of the server. Times are kept to about a twentieth of the shortest of them, at best 5 ms and
/// at worst half a second, always late, never early.
struct HttpServerConfig {
    std::string host = "127.0.0.1";  ///< an address, or a name the system resolves; "::" takes IPv4 as well
    std::uint16_t port = 0;          ///< 0: the system picks, `port()` tells
    std::size_t threads = 2;
    std::shared_ptr<const TlsIdentity> tls;  ///< none: plain HTTP

    /// More are answered 429 and closed. Fewer when the process may not open as many files (RLIMIT_NOFILE).
    std::size_t connections_max = 10'000;
    std::size_t header_bytes_max = 16 * 1024;      ///< 431
    std::size_t header_fields_max = 64;            ///< 431
    std::size_t body_bytes_max = 64 * 1024;        ///< 413
    std::size_t ws_message_bytes_max = 64 * 1024;  ///< close 1009
    std::size_t ws_queue_bytes = 256 * 1024;       ///< of one socket, not yet taken by the kernel
    std::size_t ws_kernel_bytes = 64 * 1024;       ///< SO_SNDBUF of WebSockets and streams

    std::chrono::milliseconds handshake_deadline{5'000};  ///< of TLS, from the accept on
    std::chrono::milliseconds request_deadline{10'000};   ///< first byte to last of a request; 408
    std::chrono::milliseconds idle_timeout{60'000};       ///< between requests
    std::chrono::milliseconds write_stall{10'000};        ///< a client that takes nothing is cut
    std::chrono::milliseconds ping_interval{20'000};
    std::chrono::milliseconds pong_timeout{10'000};  ///< two in a row close 4408
    std::chrono::milliseconds close_timeout{5'000};  ///< for the other side's part in ending a connection
    std::chrono::milliseconds stop_timeout{5'000};   ///< for `stop` as a whole
};

/// What a server is carrying, and has carried.
struct HttpServerCounts {
    std::uint64_t connections = 0;  ///< open now, WebSockets included
    std::uint64_t websockets = 0;   ///< open now
    std::uint64_t requests = 0;     ///< handed to the handler
    std::uint64_t refused = 0;      ///< never became a request, connections beyond the limit included
};

/// HTTP/1.1 and WebSocket on one port, in the clear or by TLS.
///
/// One thread accepts and deals connections out in turn; each thread has its own io_context and owns its
/// connections. The port is bound without SO_REUSEPORT, so a second daemon on it is refused by the system.
class HttpServer {
public:
    /// `handler`, `log` and `clock` outlive the server. `clock` is only for the Date header.
    HttpServer(HttpServerConfig config, HttpHandler& handler, Log& log, const Clock& clock);
    /// Stops if need be. Handlers still suspended are destroyed with it; nothing may resume them afterwards.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and serves. Throws std::runtime_error with one sentence that names host and port when it cannot,
    /// and PortTaken when another program listens there.
    void start();
    /// The bound port, once started.
    std::uint16_t port() const;

    /// New connections are shown this from now on; those that exist go on with what they began with. Null:
    /// plain HTTP. From any thread.
    void show_identity(std::shared_ptr<const TlsIdentity> tls);
    /// New connections are refused; those that exist go on. Safe from any thread but the server's.
    void stop_accepting();
    /// Ends everything: WebSockets close 1001 with `reason`, streams end, responses in progress finish, idle
    /// connections close. Waits for that at most `stop_timeout`, then cuts what is left. Returns when the
    /// threads are gone. Not from the server's own threads.
    void stop(std::string_view reason);

    /// What it has counted so far. From any thread.
    HttpServerCounts counts() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace libexec
