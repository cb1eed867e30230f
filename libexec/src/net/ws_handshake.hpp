#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libexec/net/http_message.hpp"
#include "refusal.hpp"

namespace libexec {

/// Whether the request wants to become a WebSocket at all.
bool wants_websocket(const HttpRequest& request);
/// What is wrong with the rest of its handshake (RFC 6455 section 4.2.1): 426 for another version, else 400.
Refusal check_ws_handshake(const HttpRequest& request);
/// The whole 101 answer, with `headers` in it. `subprotocol` is confirmed only if the client offered it.
std::string ws_handshake_answer(const HttpRequest& request, std::string_view subprotocol,
                                const std::vector<HttpHeader>& headers = {});

}  // namespace libexec
