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

struct Row {
    std::string name;
    std::string bytes;
    std::string events;
};

std::string big(std::size_t size) { return std::string(size, 'x'); }

/// A frame header that announces `length` in eight bytes and masks with zeros.
std::string announce(int first, std::uint64_t length) {
    std::string header(1, static_cast<char>(first));
    header.push_back(static_cast<char>(0xff));
    for (int shift = 56; shift >= 0; shift -= 8) header.push_back(static_cast<char>(length >> shift & 0xff));
    return header + std::string(4, '\0');
}

std::string announce_short(int first, int length) {
    std::string header(1, static_cast<char>(first));
    header.push_back(static_cast<char>(0xfe));
    header.push_back(static_cast<char>(length >> 8));
    header.push_back(static_cast<char>(length & 0xff));
    return header + std::string(4, '\0');
}

std::vector<Row> rows() {
    const std::string euro = "\xe2\x82\xac";
    const std::string sample = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
    return {
        // Framing.
        {"a text", masked(0x81, "hello"), "text:hello"},
        {"an empty text", masked(0x81, ""), "text:"},
        {"a binary message", masked(0x82, "\x01\xff"), "binary:\x01\xff"},
        {"two messages", masked(0x81, "a") + masked(0x81, "b"), "text:a text:b"},
        {"125 bytes", masked(0x81, big(125)), "text:#125"},
        {"126 bytes", masked(0x81, big(126)), "text:#126"},
        {"65535 bytes", masked(0x82, big(65'535)), "binary:#65535"},
        {"65536 bytes", masked(0x82, big(65'536)), "binary:#65536"},
        {"a mask of zeros", masked(0x81, "abc", 0), "text:abc"},
        {"no mask",
         std::string("\x81\x03"
                     "abc"),
         "error:1002"},
        {"a length spelled longer than need be", announce_short(0x81, 3) + "abc", "error:1002"},
        {"a length spelled much longer than need be", announce(0x81, 3) + "abc", "error:1002"},

        // Ping and pong.
        {"a ping", masked(0x89, "are you there"), "ping:are you there"},
        {"an empty ping", masked(0x89, ""), "ping:"},
        {"a ping of 125 bytes", masked(0x89, big(125)), "ping:#125"},
        {"a ping of 126 bytes", masked(0x89, big(126)), "error:1002"},
        {"a pong nobody asked for", masked(0x8a, "hm"), "pong:hm"},
        {"a ping in two parts", masked(0x09, "a") + masked(0x80, "b"), "error:1002"},
        {"a ping between two parts", masked(0x01, "a") + masked(0x89, "p") + masked(0x80, "b"),
         "ping:p text:ab"},

        // Reserved bits.
        {"RSV1", masked(0xc1, "a"), "error:1002"},
        {"RSV2", masked(0xa1, "a"), "error:1002"},
        {"RSV3", masked(0x91, "a"), "error:1002"},
        {"all of them on a ping", masked(0xf9, "a"), "error:1002"},
        {"RSV1 after a good message", masked(0x81, "a") + masked(0xc1, "b"), "text:a error:1002"},

        // Opcodes.
        {"opcode 3", masked(0x83, ""), "error:1002"},
        {"opcode 7", masked(0x87, "a"), "error:1002"},
        {"opcode 11", masked(0x8b, ""), "error:1002"},
        {"opcode 15", masked(0x8f, "a"), "error:1002"},

        // Fragments.
        {"three parts", masked(0x01, "a") + masked(0x00, "b") + masked(0x80, "c"), "text:abc"},
        {"empty parts", masked(0x01, "") + masked(0x00, "") + masked(0x80, ""), "text:"},
        {"binary in parts", masked(0x02, "a") + masked(0x80, "b"), "binary:ab"},
        {"a continuation of nothing", masked(0x80, "a"), "error:1002"},
        {"a continuation after the end", masked(0x01, "a") + masked(0x80, "b") + masked(0x80, "c"),
         "text:ab error:1002"},
        {"a new text inside another", masked(0x01, "a") + masked(0x81, "b"), "error:1002"},
        {"a part without an end", masked(0x01, "a"), ""},

        // UTF-8.
        {"letters of many bytes", masked(0x81, sample), "text:" + sample},
        {"the last code point", masked(0x81, "\xf4\x8f\xbf\xbf"), "text:\xf4\x8f\xbf\xbf"},
        {"a character cut by parts", masked(0x01, euro.substr(0, 1)) + masked(0x80, euro.substr(1)),
         "text:" + euro},
        {"a stray byte", masked(0x81, "a\x80"), "error:1007"},
        {"a surrogate", masked(0x81, "\xed\xa0\x80"), "error:1007"},
        {"an overlong slash", masked(0x81, "\xc0\xaf"), "error:1007"},
        {"beyond the last code point", masked(0x81, "\xf4\x90\x80\x80"), "error:1007"},
        {"a text that ends inside a character", masked(0x81, euro.substr(0, 2)), "error:1007"},
        {"parts that end inside a character", masked(0x01, euro.substr(0, 2)) + masked(0x80, ""),
         "error:1007"},
        {"three parts that end inside a character",
         masked(0x01, "a") + masked(0x00, euro.substr(0, 2)) + masked(0x80, ""), "error:1007"},
        {"the same bytes as binary", masked(0x82, euro.substr(0, 2)), "binary:" + euro.substr(0, 2)},

        // Close.
        {"a close without a code", masked(0x88, ""), "close:1005"},
        {"a close with a code", masked(0x88, close_bytes(1000)), "close:1000"},
        {"a close with a reason", masked(0x88, close_bytes(1001, "bye")), "close:1001bye"},
        {"a close of one byte", masked(0x88, "\x03"), "error:1002"},
        {"a reason of 123 bytes", masked(0x88, close_bytes(1000, big(123))), "close:1000#123"},
        {"a reason of 124 bytes", masked(0x88, close_bytes(1000, big(124))), "error:1002"},
        {"a reason that is not UTF-8", masked(0x88, close_bytes(1000, "\xff")), "error:1007"},
        {"a bad code and a bad reason", masked(0x88, close_bytes(999, "\xff")), "error:1002"},
        {"a close in two parts", masked(0x08, close_bytes(1000)), "error:1002"},
        {"a close inside a message", masked(0x01, "a") + masked(0x88, close_bytes(1000)), "close:1000"},

        // Limits.
        {"one byte more than allowed", announce(0x82, message_max + 1), "error:1009"},
        {"a tebibyte", announce(0x82, std::uint64_t{1} << 40), "error:1009"},
        {"parts that add up to too much", masked(0x02, big(40'000)) + masked(0x80, big(30'000)),
         "error:1009"},
        {"parts that add up to just enough", masked(0x02, big(40'000)) + masked(0x80, big(25'536)),
         "binary:#65536"},
    };
}

}  // namespace

TEST_SUITE("net/websocket codec") {
    TEST_CASE("frames are understood or refused by the book, however they are cut") {
        for (const Row& row : rows()) {
            CAPTURE(row.name);
            for (const std::size_t piece : {row.bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{3},
                                            std::size_t{7}, std::size_t{1'000}}) {
                CAPTURE(piece);
                CHECK(events(row.bytes, piece) == row.events);
            }
        }
    }

    TEST_CASE("a continuation that claims almost 2^64 bytes is cut off before it fills the memory") {
        WsCodec codec(WsRole::server, message_max);
        std::string start = masked(0x02, "A") + announce(0x80, ~std::uint64_t{0});
        std::size_t used = 0;
        CHECK(codec.consume(std::span(reinterpret_cast<std::uint8_t*>(start.data()), start.size()), used) ==
              WsEvent::none);
        std::vector<std::uint8_t> flood(4'096);
        WsEvent event = WsEvent::none;
        int rounds = 0;
        for (; event == WsEvent::none && rounds < 100; ++rounds) event = codec.consume(flood, used);
        CHECK(event == WsEvent::error);
        CHECK(codec.close_code() == WsCloseCode::too_big);
        CHECK(rounds <= 17);
    }

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
