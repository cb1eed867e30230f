#include "libexec/chain/rpc/rpc_socket.hpp"

#include <utility>

namespace libexec {
namespace {

class WebRpcSocket final : public RpcSocket {
public:
    WebRpcSocket(const Executor& executor, WebSocketClientConfig config)
        : client_(executor, std::move(config)) {}

    Task<Result<Done>> connect(std::string url) override { return client_.connect(std::move(url)); }
    std::optional<std::chrono::seconds> retry_after() const override { return client_.retry_after(); }
    Task<Result<Done>> send_text(std::string text) override { return client_.send_text(std::move(text)); }
    Task<Result<WsMessage>> next() override { return client_.next(); }

private:
    WebSocketClient client_;
};

class WebRpcSockets final : public RpcSocketMaker {
public:
    WebRpcSockets(const Executor& executor, WebSocketClientConfig config)
        : executor_(executor), config_(std::move(config)) {}

    std::unique_ptr<RpcSocket> make() override { return std::make_unique<WebRpcSocket>(executor_, config_); }

private:
    const Executor executor_;
    const WebSocketClientConfig config_;
};

}  // namespace

WebSocketClientConfig rpc_socket_config() {
    WebSocketClientConfig config;
    // 10 MiB of data in base64, and what stands around it.
    config.message_bytes_max = 14 * 1024 * 1024;
    return config;
}

std::unique_ptr<RpcSocketMaker> make_rpc_sockets(const Executor& executor, WebSocketClientConfig config) {
    // Once, not with each connection.
    if (!config.trust) config.trust = TlsTrust::load({});
    return std::make_unique<WebRpcSockets>(executor, std::move(config));
}

}  // namespace libexec
