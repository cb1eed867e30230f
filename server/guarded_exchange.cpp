#include "guarded_exchange.hpp"

namespace libexec::server {

void GuardedExchange::stay(std::function<void()> end) {
    if (!key_id_.empty()) stay_.emplace(stays_, stays_.enter(key_id_, inner_.executor(), std::move(end)));
}

void GuardedExchange::on_closed(std::function<void()> callback) {
    stay([over = over_, callback] {
        if (!std::exchange(*over, true)) callback();
    });
    inner_.on_closed(std::move(callback));
}

Task<std::shared_ptr<WebSocket>> GuardedExchange::accept_websocket(std::string subprotocol,
                                                                   std::vector<HttpHeader> headers) {
    std::shared_ptr<WebSocket> socket =
        co_await inner_.accept_websocket(std::move(subprotocol), std::move(headers));
    if (socket != nullptr) {
        stay([watched = std::weak_ptr<WebSocket>(socket)] {
            if (const auto open = watched.lock())
                open->close(WsCloseCode::unauthorized, "the API key was revoked or has expired");
        });
    }
    co_return socket;
}

}  // namespace libexec::server
