#include "libexec/net/web_socket_client.hpp"

#include <utility>

#include "client_connection.hpp"

namespace libexec {

WebSocketClient::WebSocketClient(const Executor& executor, WebSocketClientConfig config)
    : connection_(std::make_shared<ClientConnection>(executor, std::move(config))) {}

WebSocketClient::~WebSocketClient() { connection_->abandon(); }

Task<Result<Done>> WebSocketClient::connect(std::string url) {
    return ClientConnection::connect(connection_, std::move(url));
}

std::optional<std::chrono::seconds> WebSocketClient::retry_after() const {
    return connection_->retry_after();
}

Task<Result<Done>> WebSocketClient::send_text(std::string text) {
    return ClientConnection::send_text(connection_, std::move(text));
}

Task<Result<WsMessage>> WebSocketClient::next() { return ClientConnection::next(connection_); }

Task<Result<Done>> WebSocketClient::close(WsCloseCode code, std::string reason) {
    return ClientConnection::close(connection_, code, std::move(reason));
}

bool WebSocketClient::is_open() const { return connection_->is_open(); }

std::size_t WebSocketClient::queued_bytes() const { return connection_->queued_bytes(); }

}  // namespace libexec
