#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "libexec/net/web_socket.hpp"

namespace libexec {

/// Which side of the connection we are: clients mask what they send, servers do not (RFC 6455 section 5.1).
enum class WsRole : std::uint8_t { server, client };

enum class WsEvent : std::uint8_t { none, text, binary, ping, pong, close, error };

/// The frames of RFC 6455 in both roles, without extensions. websocketpp stays behind this header, and so do
/// the checks it forgets; `ws_codec.cpp` names them.
class WsCodec {
public:
    WsCodec(WsRole role, std::size_t message_bytes_max);
    ~WsCodec();
    WsCodec(const WsCodec&) = delete;
    WsCodec& operator=(const WsCodec&) = delete;

    /// Takes bytes up to the end of one message or control frame, says how many in `used`, and unmasks them
    /// in place. After `close` or `error` nothing more may be fed.
    WsEvent consume(std::span<std::uint8_t> bytes, std::size_t& used);

    /// Of the last event: the message, the ping's or pong's bytes, the reason of a close or of an error.
    std::string& payload() { return payload_; }
    /// After `close`, what the other side gave (no_status when nothing); after `error`, what to send it.
    WsCloseCode close_code() const { return close_code_; }
    /// Bytes of the unfinished message.
    std::size_t partial_bytes() const;

private:
    WsEvent failed(WsCloseCode code, std::string why);
    WsEvent closed();

    struct Processor;
    std::unique_ptr<Processor> processor_;
    std::size_t message_bytes_max_;
    std::string payload_;
    WsCloseCode close_code_ = WsCloseCode::no_status;
};

enum class WsOpcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A final frame as a server sends it.
WsFrame server_frame(WsOpcode opcode, std::string_view payload);
/// The same as a client sends it, masked with `masking_key` (fresh randomness for each frame).
WsFrame client_frame(WsOpcode opcode, std::string_view payload, std::uint32_t masking_key);
/// What a close frame carries. The reason is cut to 123 bytes, between two characters.
std::string close_payload(WsCloseCode code, std::string_view reason);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string ws_accept_key(std::string_view key);

}  // namespace libexec
