#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"

namespace libexec {

/// One question by HTTP: a POST of JSON.
struct RpcPost {
    std::string url;  ///< http or https; may hold a provider's key, so it is never logged or told
    std::string body;
    std::chrono::milliseconds timeout{5'000};  ///< for all of it: name, connection, TLS, question and answer
    std::size_t answer_bytes_most = 4 * 1024 * 1024;  ///< after decompression; beyond it: an error

    RpcPost() = default;
    /// A question to be asked within the usual bounds.
    RpcPost(std::string to, std::string text) : url(std::move(to)), body(std::move(text)) {}
};

/// What came back, whatever its status.
struct RpcReply {
    int status = 0;
    std::string body;
    std::optional<std::chrono::seconds> retry_after;  ///< of a Retry-After header, at most an hour

    RpcReply() = default;
    /// An answer as a server gives it.
    RpcReply(int code, std::string text) : status(code), body(std::move(text)) {}
};

/// The way to a node, without any idea of what is said.
class RpcTransport {
public:
    virtual ~RpcTransport() = default;

    /// Asks, and ends within the timeout. The answer comes back on the asker's executor. Ends early when the
    /// asker's operation is cancelled, with `cancelled`.
    /// Errors: service_unavailable with one sentence that names no part of the URL but the host: no
    ///         connection, no trust, no answer in time, an answer that is cut or too large; queue_full when
    ///         too many questions are under way; cancelled.
    virtual Task<Result<RpcReply>> post(RpcPost post) = 0;
};

/// The bounds of a transport.
struct CurlTransportConfig {
    std::string ca_file;  ///< PEM file of who is trusted; empty: whom the system trusts
    std::string user_agent = "libexec";
    std::size_t calls_most = 1'024;     ///< under way at once
    std::size_t connections_kept = 32;  ///< idle ones, for the next question
    std::chrono::milliseconds connect_timeout{
        5'000};  ///< of a call's timeout, the part for name, TCP and TLS
};

/// HTTP/1.1 and HTTP/2, in the clear or by TLS 1.2 and 1.3 with the certificate and its name verified, on one
/// thread of its own (libcurl's multi handle). Connections are kept for the next question; one that the
/// server closed in the same moment is replaced and the question asked again, so that what is asked must bear
/// being heard twice. Follows no redirect, takes no proxy, cookie, password or setting from the environment
/// or the user's home.
///
/// Its end waits for nothing that is under way: those who still wait are destroyed, not answered. It ends
/// before the io_contexts of its askers, on the thread that runs them. Throws std::runtime_error when libcurl
/// cannot start.
std::unique_ptr<RpcTransport> make_curl_transport(CurlTransportConfig config = {});

}  // namespace libexec
