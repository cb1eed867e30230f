#pragma once

#include <asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "libexec/base/task.hpp"
#include "options.hpp"

namespace libexec::cli {

struct BenchAddress {
    std::string host;
    std::string port;
    std::string api_key{};  ///< empty: none
};

/// Throws Trouble (usage) for anything but http://, and for a key that signs: a bench would measure the
/// signing.
BenchAddress parse_bench_address(const Options& options);

/// The little of HTTP/1.1 that a bench needs: one request at a time, answers with a Content-Length, and
/// streams. libcurl would take longer over a request than the server does. Throws std::runtime_error and
/// std::system_error when the server is gone or speaks otherwise.
class BenchConnection {
public:
    BenchConnection(asio::io_context& io, BenchAddress address)
        : socket_(io.get_executor()), address_(std::move(address)) {}

    /// Sends a request and reads its whole answer; afterwards `status` and `body` tell of it.
    Task<void> exchange(std::string_view line, std::string_view headers, std::string_view body);
    /// Sends a request and reads the head of an answer that goes on; of one that is not `expected`, the body
    /// too.
    Task<void> open_stream(std::string_view line, std::string_view headers, int expected);
    /// What has come of a stream; empty at its end. The view holds until the next call.
    Task<std::string_view> read();
    Task<void> write(std::string_view bytes);
    /// Ends a waiting `read`.
    void close();

    int status() const { return status_; }
    std::string_view body() const { return std::string_view(answer_).substr(head_size_); }
    /// Whether the stream comes in chunks (RFC 9112 section 7.1).
    bool chunked() const { return chunked_; }
    /// The last answer as one word, and for people.
    std::string refusal() const { return std::to_string(status_); }
    std::string trouble() const;
    /// The member `code` of a problem.
    std::string code() const;

private:
    using Tcp = asio::ip::tcp;

    Task<void> connect();
    Task<void> send(std::string_view line, std::string_view headers, std::string_view body);
    Task<void> read_body();
    void read_head(std::string_view head);

    asio::basic_stream_socket<Tcp, Executor> socket_;
    BenchAddress address_;
    std::string request_;
    std::string answer_;
    std::string piece_;
    std::size_t head_size_ = 0;
    std::size_t length_ = 0;
    int status_ = 0;
    bool has_length_ = false;
    bool chunked_ = false;
    bool closes_ = false;
    bool streaming_ = false;  ///< the rest of `answer_` was not handed out yet
};

}  // namespace libexec::cli
