#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// After the standard library: Asio asks it about aligned allocation, and all files must get the same answer.
#include <asio/async_result.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include "libexec/base/task.hpp"
#include "tls_link.hpp"

namespace libexec {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// A connection's bytes, in the clear or by TLS. Reads and writes never block: they answer
/// asio::error::would_block, and `async_wait` tells when to try again.
class Transport {
public:
    using Direction = Socket::wait_type;

    /// `socket` does not block.
    explicit Transport(Socket socket) : socket_(std::move(socket)) {}

    /// The first byte that came, left where it is. An error when there is none.
    unsigned char first_byte(asio::error_code& error);
    /// From here on by TLS; `handshake` comes next.
    void secure(const TlsIdentity& identity);
    /// The same as a client of `host`.
    void secure(const TlsTrust& trust, const std::string& host);
    bool is_secure() const { return tls_ != nullptr; }
    /// One step of it: no error when it is done.
    void handshake(asio::error_code& error);
    /// Why TLS failed; empty when it did not.
    std::string trouble() const { return tls_ ? tls_->trouble() : std::string(); }

    /// eof at the client's end, in the clear also when it only stopped sending.
    std::size_t read_some(std::span<char> into, asio::error_code& error);
    /// After would_block the next write begins with the same bytes and has no fewer of them.
    std::size_t write_some(std::string_view bytes, asio::error_code& error);
    /// The same from many places; TLS gathers them in `room` first.
    std::size_t write_some(std::span<const asio::const_buffer> pieces, std::span<char> room,
                           asio::error_code& error);

    /// Completes with an error code when it is worth reading, or writing, again; also from a post, when bytes
    /// to read are here already.
    template <class Token>
    auto async_wait(Direction direction, Token&& token) {
        return asio::async_initiate<Token, void(asio::error_code)>(Waiting{this, direction}, token);
    }

    /// Ends our side: nothing can be written after it, and what still comes is only good for being thrown
    /// away.
    void end_sending();
    /// The kernel's share of what a slow reader makes us keep.
    void limit_kernel_bytes(std::size_t bytes);
    /// Waits end with an error.
    void cancel();
    /// The end without a word, which a client of TLS can tell from `end_sending`.
    void close();

private:
    struct Waiting {
        Transport* transport;
        Direction direction;

        template <class Handler>
        void operator()(Handler&& handler) const {
            transport->wait(direction, std::forward<Handler>(handler));
        }
    };

    template <class Handler>
    struct Ready {
        Handler handler;
        void operator()() { std::move(handler)(asio::error_code()); }
    };

    template <class Handler>
    void wait(Direction direction, Handler&& handler) {
        using Kept = std::decay_t<Handler>;
        if (!tls_) return socket_.async_wait(direction, std::forward<Handler>(handler));
        if (direction == Socket::wait_read && (tls_->has_unread() || unreported_))
            return asio::post(socket_.get_executor(), Ready<Kept>{std::forward<Handler>(handler)});
        socket_.async_wait(direction == Socket::wait_read ? reading_waits_for_ : writing_waits_for_,
                           std::forward<Handler>(handler));
    }

    static asio::error_code error_of(TlsLink::Step step, Direction& waits_for, Direction usual);

    Socket socket_;
    std::unique_ptr<TlsLink> tls_;
    asio::error_code unreported_;  // came behind bytes of TLS, and is told after them
    // TLS may have to write before it can read.
    Direction reading_waits_for_ = Socket::wait_read;
    Direction writing_waits_for_ = Socket::wait_write;
};

}  // namespace libexec
