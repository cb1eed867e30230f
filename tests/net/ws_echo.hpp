#pragma once

#include <string>

#include "libexec/net/http_exchange.hpp"

namespace libexec::test {

/// A client's handshake but for the empty line that ends it.
inline std::string ws_handshake_request() {
    return "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
}

/// Sends every message back; closes with 1013 when its client does not read.
inline Task<void> echo_messages(HttpExchange& exchange) {
    const auto socket = co_await exchange.accept_websocket("orders");
    if (!socket) co_return;
    for (;;) {
        const WsMessage message = co_await socket->receive();
        if (message.is_closed()) co_return;
        const bool text = message.kind == WsMessage::Kind::text;
        if (!socket->send(text ? text_frame(message.payload) : binary_frame(message.payload)))
            socket->close(WsCloseCode::try_again_later, "too many unread messages");
    }
}

}  // namespace libexec::test
