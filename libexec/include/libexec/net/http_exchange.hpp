#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/task.hpp"
#include "libexec/net/http_message.hpp"
#include "libexec/net/web_socket.hpp"

namespace libexec {

/// One request and its answer, on the thread of its connection. Exactly one of three ways to answer:
/// `respond`; `start_stream` with chunks after it; `accept_websocket`.
class HttpExchange {
public:
    virtual ~HttpExchange() = default;

    /// What was asked; valid until the answer has ended.
    virtual const HttpRequest& request() const = 0;
    /// The connection's thread; completions of a store must come back here.
    virtual Executor executor() const = 0;

    /// The whole answer. Not a coroutine: the bytes are queued, and the connection writes them once `handle`
    /// returns, those of pipelined requests together.
    virtual void respond(HttpResponse response) = 0;

    /// An answer that goes on, such as text/event-stream: chunked, or until close for HTTP/1.0. A body given
    /// here is the first chunk. The connection closes after a stream. Ends when `handle` returns.
    virtual void start_stream(HttpResponse head) = 0;
    /// Returns when the kernel has taken the text. False when the client has gone (also when it stopped
    /// reading for `write_stall`) or the server is stopping: then leave `handle`.
    virtual Task<bool> write_chunk(std::string text) = 0;
    /// During a stream or a WebSocket: whether there is still somebody to write to.
    virtual bool is_open() const = 0;
    /// During a stream: called once, on the connection's thread, when the client has gone or the server is
    /// stopping, even if nothing is being written. Use it to wake a handler that waits for something else.
    virtual void on_closed(std::function<void()> callback) = 0;

    /// Whether the request asks for a WebSocket: GET, HTTP/1.1, `Upgrade: websocket`, `Connection: upgrade`.
    virtual bool is_websocket_upgrade() const = 0;
    /// Completes the handshake; `subprotocol` is named in the answer if the client offered it, and `headers`
    /// are in it, also when it is a refusal. Null when the handshake was refused (the 400 or 426 is already
    /// queued) or the client has gone: then leave `handle`. Otherwise stay in `handle` for as long as the
    /// socket is in use: when it returns, the socket is closed with 1000. One suspended `handle` waiting in
    /// `receive` is all an idle subscriber costs.
    virtual Task<std::shared_ptr<WebSocket>> accept_websocket(std::string subprotocol,
                                                              std::vector<HttpHeader> headers = {}) = 0;
};

/// Who answers. One object serves all threads of a server at once.
class HttpHandler {
public:
    virtual ~HttpHandler() = default;

    /// Answers one request. May suspend for long; must come back on the exchange's executor. Throwing, or
    /// returning without an answer, becomes a 500. The exchange ends with this call.
    virtual Task<void> handle(HttpExchange& exchange) = 0;

    /// The answer to what never became a request: 400, 408, 413, 414, 417, 429, 431, 501, 505, and 426, 500.
    /// `detail` is fit for the client. Called from any thread of the server.
    virtual HttpResponse make_error(int status, std::string_view detail);
};

}  // namespace libexec
