#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/net/web_socket_client.hpp"

namespace libexec {

/// One WebSocket to a node, without any idea of what is said; it may go at any moment, and its tasks then end
/// with `cancelled`.
class RpcSocket {
public:
    virtual ~RpcSocket() = default;

    /// Connects, once. Errors: as WebSocketClient::connect.
    virtual Task<Result<Done>> connect(std::string url) = 0;
    /// After a refusal: how long the node asks to be left alone.
    virtual std::optional<std::chrono::seconds> retry_after() const = 0;
    /// Queues one text. Errors: as WebSocketClient::send_text.
    virtual Task<Result<Done>> send_text(std::string text) = 0;
    /// The next message, or the end. Errors: as WebSocketClient::next.
    virtual Task<Result<WsMessage>> next() = 0;
};

/// Makes a socket for each connection.
class RpcSocketMaker {
public:
    virtual ~RpcSocketMaker() = default;
    /// A socket that is not connected yet.
    virtual std::unique_ptr<RpcSocket> make() = 0;
};

/// The bounds that suit a node's notifications: an account of any size fits into a message.
WebSocketClientConfig rpc_socket_config();
/// Real sockets on the loop of `executor`. Whom the system trusts is read here, unless the configuration says
/// whom to trust; throws BadTlsFile when that cannot be read.
std::unique_ptr<RpcSocketMaker> make_rpc_sockets(const Executor& executor,
                                                 WebSocketClientConfig config = rpc_socket_config());

}  // namespace libexec
