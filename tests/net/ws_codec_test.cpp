#include "net/ws_codec.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "net/ws_bytes.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

constexpr std::size_t message_max = 64 * 1024;

/// What the codec makes of `bytes` fed in pieces: one word an event, with its payload or code.
std::string events(std::string bytes, std::size_t piece, WsRole role = WsRole::server) {
    WsCodec codec(role, message_max);
    std::string seen;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t size = std::min(piece, bytes.size() - at);
        std::size_t used = 0;
        auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data() + at);
        const WsEvent event = codec.consume(std::span(data, size), used);
        at += used;
        const std::string shown =
            codec.payload().size() > 40 ? "#" + std::to_string(codec.payload().size()) : codec.payload();
        const std::string code = std::to_string(static_cast<int>(codec.close_code()));
        switch (event) {
            case WsEvent::none:
                break;
            case WsEvent::text:
                seen += "text:" + shown + " ";
                break;
            case WsEvent::binary:
                seen += "binary:" + shown + " ";
                break;
            case WsEvent::ping:
                seen += "ping:" + shown + " ";
                break;
            case WsEvent::pong:
                seen += "pong:" + shown + " ";
                break;
            case WsEvent::close:
                return seen + "close:" + code + shown;
            case WsEvent::error:
                return seen + "error:" + code;
        }
    }
    if (codec.partial_bytes() > message_max) seen += "too much kept ";
    if (!seen.empty()) seen.pop_back();
    return seen;
}

std::string big(std::size_t size) { return std::string(size, 'x'); }

}  // namespace

TEST_SUITE("net/websocket codec") {
    TEST_CASE("a continuation that claims almost 2^64 bytes is refused by its header") {
        WsCodec codec(WsRole::server, message_max);
        std::string start = masked(0x02, "A") + frame_header(0x80, ~std::uint64_t{0});
        std::size_t used = 0;
        CHECK(codec.consume(std::span(reinterpret_cast<std::uint8_t*>(start.data()), start.size()), used) ==
              WsEvent::error);
        CHECK(codec.close_code() == WsCloseCode::too_big);
        CHECK(codec.partial_bytes() == 1);
    }

    TEST_CASE("a mask of zeros is a mask") { CHECK(events(masked(0x81, "abc", 0), 100) == "text:abc"); }

    TEST_CASE("only codes that may travel are taken from a close frame") {
        for (const int good : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000,
                               3999, 4000, 4408, 4999}) {
            CAPTURE(good);
            CHECK(events(masked(0x88, close_bytes(good)), 100) == "close:" + std::to_string(good));
        }
        for (const int bad : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
            CAPTURE(bad);
            CHECK(events(masked(0x88, close_bytes(bad)), 100) == "error:1002");
        }
    }

    TEST_CASE("a server's frames are spelled as short as can be and unmasked") {
        CHECK(*text_frame("hi") == "\x81\x02hi");
        CHECK(*text_frame("") == std::string("\x81\x00", 2));
        CHECK(*binary_frame("hi") == "\x82\x02hi");
        CHECK(text_frame(big(125))->substr(0, 2) == "\x81\x7d");
        CHECK(text_frame(big(126))->substr(0, 4) == std::string("\x81\x7e\x00\x7e", 4));
        CHECK(text_frame(big(65'536))->substr(0, 10) == std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
    }

    TEST_CASE("a close reason is cut between two characters") {
        CHECK(close_payload(WsCloseCode::normal, "bye") == close_bytes(1000, "bye"));
        CHECK(close_payload(WsCloseCode::no_status, "").empty());
        CHECK(close_payload(WsCloseCode::normal, big(200)).size() == 125);
        const std::string reason = big(122) + "\xe2\x82\xac";
        CHECK(close_payload(WsCloseCode::normal, reason) == close_bytes(1000, big(122)));
    }

    TEST_CASE("each role understands the other and refuses its own kind") {
        for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u}) {
            CAPTURE(size);
            const std::string shown = size > 40 ? "#" + std::to_string(size) : big(size);
            const std::string from_server = *server_frame(WsOpcode::text, big(size));
            const std::string from_client = *client_frame(WsOpcode::text, big(size), 0xdeadbeef);
            CHECK(events(from_client, 1'000, WsRole::server) == "text:" + shown);
            CHECK(events(from_server, 1'000, WsRole::client) == "text:" + shown);
            CHECK(events(from_server, 1'000, WsRole::server) == "error:1002");
            CHECK(events(from_client, 1'000, WsRole::client) == "error:1002");
        }
        CHECK(*client_frame(WsOpcode::ping, "abcdefg", 0x11223344) !=
              *client_frame(WsOpcode::ping, "abcdefg", 1));
    }
}
