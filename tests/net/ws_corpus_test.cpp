#include "net/ws_corpus.hpp"

#include <doctest/doctest.h>

#include "net/loopback.hpp"
#include "net/ws_codec.hpp"
#include "net/ws_echo.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

constexpr std::size_t echoed_bytes_max = 64 * 1024;

using Answers = std::vector<std::string>;

/// What somebody who echoes would answer, by what the codec makes of `bytes` fed in pieces.
class CodecEcho {
public:
    explicit CodecEcho(WsRole role) : codec_(role, echoed_bytes_max) {}

    void feed(std::string bytes) {
        for (std::size_t at = 0; at < bytes.size() && !ended_;) {
            std::size_t used = 0;
            auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data() + at);
            note(codec_.consume(std::span(data, bytes.size() - at), used));
            at += used;
        }
        CHECK(codec_.partial_bytes() <= echoed_bytes_max);
    }
    const Answers& answers() const { return answers_; }

private:
    void note(WsEvent event) {
        if (event == WsEvent::text) answers_.push_back(shown_answer("text", codec_.payload()));
        if (event == WsEvent::binary) answers_.push_back(shown_answer("binary", codec_.payload()));
        if (event == WsEvent::ping) answers_.push_back(shown_answer("pong", codec_.payload()));
        ended_ = event == WsEvent::close || event == WsEvent::error;
        if (ended_) answers_.push_back("close:" + std::to_string(static_cast<int>(codec_.close_code())));
    }

    WsCodec codec_;
    Answers answers_;
    bool ended_ = false;
};

Answers through_codec(WsRole role, const std::string& bytes, std::size_t piece) {
    CodecEcho echo(role);
    for (std::size_t at = 0; at < bytes.size(); at += piece) echo.feed(bytes.substr(at, piece));
    return echo.answers();
}

void check_in_process(const WsRow& row, const std::vector<std::string>& frames, WsRole role) {
    constexpr std::size_t every_cut_below = 256;
    const std::string bytes = encode_frames(frames, role == WsRole::server);
    CHECK(through_codec(role, bytes, bytes.size()) == row.answers);
    if (bytes.size() > every_cut_below) {
        // Header and end are where it matters; the long middle only takes time.
        for (const std::size_t piece : {61, 125, 126, 1'000, 65'535}) {
            CAPTURE(piece);
            CHECK(through_codec(role, bytes, piece) == row.answers);
        }
        return;
    }
    CHECK(through_codec(role, bytes, 1) == row.answers);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        CodecEcho echo(role);
        echo.feed(bytes.substr(0, cut));
        echo.feed(bytes.substr(cut));
        CHECK(echo.answers() == row.answers);
    }
}

/// All answers of a server up to its end. Nothing after its close frame, and only sound frames.
Answers read_answers(RawClient& client) {
    std::string bytes = client.read_until("\r\n\r\n");
    const std::size_t head_end = bytes.find("\r\n\r\n");
    REQUIRE(bytes.starts_with("HTTP/1.1 101 "));
    bytes.erase(0, head_end + 4);
    bytes += client.read_to_end();
    CHECK_FALSE(client.timed_out());
    Answers answers;
    for (std::string_view rest = bytes; !rest.empty();) {
        const ServerFrame frame = read_server_frame(rest);
        REQUIRE(frame.whole);
        CHECK(frame.sound);
        rest.remove_prefix(frame.size);
        if (frame.opcode == 1) answers.push_back(shown_answer("text", frame.payload));
        if (frame.opcode == 2) answers.push_back(shown_answer("binary", frame.payload));
        if (frame.opcode == 10) answers.push_back(shown_answer("pong", frame.payload));
        if (frame.opcode != 8) continue;
        const auto byte = [&frame](std::size_t i) { return static_cast<unsigned char>(frame.payload[i]); };
        const int code = frame.payload.size() >= 2 ? byte(0) << 8 | byte(1) : 1005;
        answers.push_back("close:" + std::to_string(code));
        CHECK(rest.empty());
    }
    return answers;
}

/// What a server answers to the row, sent in pieces; a row that leaves the connection usable proves it.
Answers over_loopback(std::uint16_t port, std::string bytes, bool goes_on, std::size_t piece) {
    RawClient client(port);
    client.send(ws_handshake_request() + "\r\n");
    if (goes_on) bytes += masked(0x89, "still here") + masked(0x88, close_bytes(1000));
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        if (!client.send(std::string_view(bytes).substr(at, piece))) break;
    }
    return read_answers(client);
}

bool leaves_open(const WsRow& row) {
    return row.answers.empty() || !row.answers.back().starts_with("close:");
}

}  // namespace

TEST_SUITE("net/websocket corpus") {
    TEST_CASE("the codec decides every case as listed, in both roles and at every cut") {
        const std::vector<WsRow> rows = ws_corpus();
        CHECK(rows.size() > 250);
        for (const WsRow& row : rows) {
            CAPTURE(row.id);
            CAPTURE(row.name);
            const std::vector<std::string> fragments = one_byte_fragments(row);
            for (const WsRole role : {WsRole::server, WsRole::client}) {
                check_in_process(row, row.frames, role);
                if (!fragments.empty()) check_in_process(row, fragments, role);
            }
        }
    }

    TEST_CASE("a server decides every case as listed, over a socket") {
        TestServer server(echo_messages);
        for (const WsRow& row : ws_corpus()) {
            CAPTURE(row.id);
            CAPTURE(row.name);
            const bool goes_on = leaves_open(row);
            Answers expected = row.answers;
            if (goes_on) expected.insert(expected.end(), {"pong:still here", "close:1000"});
            const std::string bytes = encode_frames(row.frames, true);
            CHECK(over_loopback(server.port(), bytes, goes_on, bytes.size() + 100) == expected);
            CHECK(over_loopback(server.port(), bytes, goes_on, bytes.size() / 2 + 1) == expected);
            if (bytes.size() < 64) CHECK(over_loopback(server.port(), bytes, goes_on, 1) == expected);
            const std::string fragments = encode_frames(one_byte_fragments(row), true);
            if (!fragments.empty())
                CHECK(over_loopback(server.port(), fragments, goes_on, fragments.size() + 100) == expected);
        }
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 0; }));
    }
}
