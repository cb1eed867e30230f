#include "ws_handshake.hpp"

#include <cstddef>

#include "response_writer.hpp"
#include "tokens.hpp"
#include "ws_codec.hpp"

namespace libexec {

namespace {

constexpr std::string_view key_name = "Sec-WebSocket-Key";
constexpr std::string_view version_name = "Sec-WebSocket-Version";
constexpr std::string_view protocol_name = "Sec-WebSocket-Protocol";

std::size_t count_of(const HttpRequest& request, std::string_view name) {
    std::size_t count = 0;
    for (const HttpField& field : request.fields) count += equal_ignoring_case(field.name, name) ? 1 : 0;
    return count;
}

/// The base64 form of 16 bytes: 22 digits, the last of which holds two bits only, and two marks.
bool is_key(std::string_view key) {
    if (key.size() != 24 || key.substr(22) != "==") return false;
    for (const char c : key.substr(0, 22)) {
        const char l = lower(c);
        if (!(l >= 'a' && l <= 'z') && !is_digit(c) && c != '+' && c != '/') return false;
    }
    return std::string_view("AQgw").find(key[21]) != std::string_view::npos;
}

}  // namespace

bool wants_websocket(const HttpRequest& request) {
    return request.method == "GET" && request.version_minor == 1 &&
           request.header_has_token("Upgrade", "websocket") &&
           request.header_has_token("Connection", "upgrade");
}

Refusal check_ws_handshake(const HttpRequest& request) {
    if (!wants_websocket(request)) return refuse(426, "This address speaks WebSocket.");
    if (count_of(request, version_name) != 1 || request.header(version_name) != "13") {
        return refuse(426, "Only version 13 of WebSocket is spoken.");
    }
    if (count_of(request, key_name) != 1 || !is_key(*request.header(key_name))) {
        return refuse(400, "Sec-WebSocket-Key is missing or malformed.");
    }
    return {};
}

std::string ws_handshake_answer(const HttpRequest& request, std::string_view subprotocol,
                                const std::vector<HttpHeader>& headers) {
    std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    answer.append("Sec-WebSocket-Accept: ").append(ws_accept_key(*request.header(key_name))).append("\r\n");
    // Subprotocols are compared as they are, case included.
    if (!subprotocol.empty() && request.header_has_token(protocol_name, subprotocol)) {
        answer.append(protocol_name).append(": ").append(subprotocol).append("\r\n");
    }
    write_header_lines(answer, headers);
    answer.append("\r\n");
    return answer;
}

}  // namespace libexec
