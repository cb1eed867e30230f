#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/client_world.hpp"
#include "net/scripted_peer.hpp"
#include "net/ws_bytes.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::string unmasked(int first, std::string_view payload) {
    FrameSpelling how;
    how.masked = false;
    return frame_bytes(first, payload, how);
}

std::string unmasked_header(int first, std::uint64_t length) {
    FrameSpelling how;
    how.masked = false;
    return frame_header(first, length, how);
}

/// Agrees, says `bytes`, and reads the client's frames until it says goodbye.
struct FramePeer {
    explicit FramePeer(std::string bytes)
        : peer([this, bytes = std::move(bytes)](PeerSocket& socket) {
              socket.send(upgrade_answer(socket.read_head()) + bytes);
              for (std::string frame = socket.read_frame(); !frame.empty(); frame = socket.read_frame()) {
                  const auto at = [&frame](std::size_t i) { return static_cast<unsigned char>(frame[i]); };
                  if (at(0) == 0x8a) ++pongs;
                  if (at(0) != 0x88) continue;
                  close_code = frame.size() > 2 ? at(1) << 8 | at(2) : 1005;
                  return;
              }
              close_code = 1006;
          }) {}

    std::atomic<int> close_code{0};
    std::atomic<int> pongs{0};
    ScriptedPeer peer;
};

}  // namespace

TEST_SUITE("net/websocket client among hostile peers, without and with tls") {
    TEST_CASE("frames are masked, each by a key of its own; SNI names a host and never an address") {
        std::set<std::string> keys;
        std::string head;
        {
            ScriptedPeer peer([&](PeerSocket& socket) {
                head = socket.read_head();
                socket.send(upgrade_answer(head));
                for (int i = 0; i < 20; ++i) {
                    CHECK(socket.read_frame() ==
                          "\x81"
                          "hello");
                    keys.insert(socket.last_key);
                }
            });
            ClientWorld world;
            REQUIRE(world.connect(peer.url() + "path?query=1"));
            for (int i = 0; i < 20; ++i) CHECK(world.send("hello"));
            CHECK(world.next() == "error:" + peer.url().substr(0, peer.url().size() - 1) +
                                      ": the server ended the connection without a close");
        }
        CHECK(keys.size() == 20);
        CHECK(head.starts_with("GET /path?query=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
        CHECK(key_in(head).size() == 24);
        CHECK_FALSE(has(head, "Sec-WebSocket-Extensions"));
        CHECK_FALSE(has(head, "Authorization"));

        for (const char* const host : {"localhost", "127.0.0.1"}) {
            std::string hello;
            {
                ScriptedPeer peer([&hello](PeerSocket& socket) { hello = socket.read(); });
                ClientWorld world;
                CHECK_FALSE(world.connect(peer.url("wss", host)));
            }
            CHECK(hello.starts_with("\x16\x03"));
            CHECK(has(hello, "localhost") == (std::string(host) == "localhost"));
            CHECK_FALSE(has(hello, "127.0.0.1"));
        }
    }

    TEST_CASE("a wrong handshake ends in an error that says what was wrong") {
        const std::string good = upgrade_answer("Sec-WebSocket-Key: someone else's\r\n");
        const std::pair<std::string, const char*> cases[] = {
            {good, "Sec-WebSocket-Accept is not that of our key"},
            {"HTTP/1.1 403 Forbidden\r\n\r\n", "it answers 403 instead of 101"},
            {"HTTP/1.1 101 X\r\nX: " + std::string(100'000, 'x'), "more than 16384 bytes"},
            {"\x81\x05hello\r\n\r\n", "no HTTP"},
            {"", "ended the connection in the handshake"},
            {"HTTP/1.1 101 X\r\n", "ended the connection in the handshake"},
        };
        for (const auto& [answer, why] : cases) {
            CAPTURE(why);
            ScriptedPeer peer([answer = answer](PeerSocket& socket) {
                socket.read_head();
                socket.send(answer);
            });
            ClientWorld world;
            const Result<Done> refused = world.connect(peer.url() + "SECRET");
            REQUIRE_FALSE(refused);
            const bool said = has(refused.error().detail, why) || has(refused.error().detail, "broke");
            CHECK(said);
            CHECK_FALSE(has(refused.error().detail, "SECRET"));
            CHECK_FALSE(world.send("x"));
        }
        ScriptedPeer limited([](PeerSocket& socket) {
            socket.read_head();
            socket.send("HTTP/1.1 429 Slow\r\nRetry-After: 30\r\n\r\n");
        });
        ClientWorld world;
        CHECK(world.connect(limited.url()).error().reason == Reason::rate_limited);
        CHECK(world.client->retry_after() == 30s);
    }

    TEST_CASE("frames against the rules end it, and the server is told why") {
        struct Case {
            std::string bytes;
            int code;
        };
        const Case cases[] = {
            {masked(0x81, "hello"), 1002},
            {unmasked(0xc1, "reserved"), 1002},
            {unmasked(0xa1, "reserved"), 1002},
            {unmasked(0x83, "opcode"), 1002},
            {unmasked(0x80, "continuation of nothing"), 1002},
            {unmasked(0x01, "a") + unmasked(0x81, "b"), 1002},
            {unmasked(0x09, "a ping in parts"), 1002},
            {unmasked_header(0x89, 126) + std::string(126, 'x'), 1002},
            {unmasked(0x81, "\xff"), 1007},
            {unmasked(0x01, "\xe2\x82") + unmasked(0x80, ""), 1007},
            {unmasked(0x88, "\x03"), 1002},
            {unmasked(0x88, close_bytes(1005)), 1002},
            {unmasked(0x88, close_bytes(1000, "\xff")), 1007},
            {unmasked_header(0x81, 2'000'000), 1009},
            {unmasked_header(0x82, ~std::uint64_t{0} >> 1), 1009},
            {unmasked(0x01, std::string(700'000, 'x')) + unmasked_header(0x80, 700'000), 1009},
        };
        for (const Case& one : cases) {
            CAPTURE(one.code);
            CAPTURE(one.bytes.substr(0, 20));
            FramePeer peer(unmasked(0x81, "first") + one.bytes);
            ClientWorld world;
            REQUIRE(world.connect(peer.peer.url()));
            CHECK(world.next() == "text:first");
            const std::string end = world.next();
            CHECK(has(end, "broke the rules of WebSocket: "));
            CHECK(world.next() == end);
            CHECK_FALSE(world.client->is_open());
            world.turn_until([&peer] { return peer.close_code != 0; });
            CHECK(peer.close_code == one.code);
            CHECK_FALSE(world.run(world.client->close(WsCloseCode::normal, "")));
        }
    }

    TEST_CASE("a handshake and frames may come in any pieces, or end anywhere") {
        const std::string frames = unmasked(0x01, "a\xc3") + unmasked(0x89, "p") + unmasked(0x80, "\xa9") +
                                   unmasked(0x82, std::string(130, 'b')) +
                                   unmasked(0x88, close_bytes(1000, "bye"));
        const std::string head_shape = upgrade_answer("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        {
            ScriptedPeer peer([&frames](PeerSocket& socket) {
                const std::string all = upgrade_answer(socket.read_head()) + frames;
                for (const char byte : all) {
                    socket.send(std::string_view(&byte, 1));
                    ::usleep(100);
                }
                socket.read_to_end();
            });
            ClientWorld world;
            REQUIRE(world.connect(peer.url()));
            CHECK(world.next() == "text:a\xc3\xa9");
            CHECK(world.next() == "binary:" + std::string(130, 'b'));
            CHECK(world.next() == "closed:1000bye");
        }
        std::atomic<std::size_t> cut{0};  // the peer has a thread of its own
        ScriptedPeer peer([&](PeerSocket& socket) {
            socket.send((upgrade_answer(socket.read_head()) + frames).substr(0, cut));
        });
        for (std::size_t at = 0; at < head_shape.size() + frames.size(); ++at) {
            CAPTURE(at);
            cut = at;
            ClientWorld world;
            const Result<Done> connected = world.connect(peer.url());
            CHECK((at >= head_shape.size()) == static_cast<bool>(connected));
            if (!connected) continue;
            std::string said = world.next();
            while (said.starts_with("text:a\xc3\xa9") || said.starts_with("binary:bbb")) said = world.next();
            // A reset may take with it what was not read yet.
            CHECK(said.starts_with("error:ws://127.0.0.1:"));
        }
    }

    TEST_CASE("silence ends at every stage") {
        // A listener that accepts nobody: its kernel takes two connections, then nothing more.
        {
            const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            socklen_t size = sizeof address;
            REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) == 0);
            REQUIRE(::listen(listener, 0) == 0);
            REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
            const std::string url = "ws://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
            std::vector<std::unique_ptr<ClientWorld>> worlds;
            bool unconnected = false;
            for (int i = 0; i < 4 && !unconnected; ++i) {
                worlds.push_back(std::make_unique<ClientWorld>(hasty()));
                std::optional<Result<Done>> connected;
                spawn(worlds.back()->io, keep_answer(worlds.back()->client->connect(url), connected));
                worlds.back()->turn_until([&connected] { return connected.has_value(); });
                REQUIRE_FALSE(*connected);
                unconnected = has(connected->error().detail, "there is no connection in time");
                if (!unconnected) CHECK(has(connected->error().detail, "the handshake is not over in time"));
            }
            CHECK(unconnected);
            ::close(listener);
        }
        for (const char* const scheme : {"ws", "wss"}) {
            ScriptedPeer mute([](PeerSocket& socket) { socket.read_to_end(); });
            ClientWorld world(hasty());
            CHECK(has(world.connect(mute.url(scheme)).error().detail, "the handshake is not over in time"));
        }
        {
            ScriptedPeer slow([](PeerSocket& socket) {
                const std::string answer = upgrade_answer(socket.read_head());
                for (const char byte : answer) {
                    if (!socket.send(std::string_view(&byte, 1))) return;
                    ::usleep(20'000);
                }
            });
            ClientWorld world(hasty());
            CHECK(has(world.connect(slow.url()).error().detail, "the handshake is not over in time"));
        }
        ScriptedPeer mute([](PeerSocket& socket) {
            socket.send(upgrade_answer(socket.read_head()));
            socket.read_to_end();
        });
        ClientWorld waits(hasty());
        REQUIRE(waits.connect(mute.url()));
        CHECK(has(waits.next(), "the server is silent"));
        WebSocketClientConfig patient = hasty();
        patient.ping_interval = 60s;
        ClientWorld leaves(patient);
        REQUIRE(leaves.connect(mute.url()));
        const Result<Done> left = leaves.run(leaves.client->close(WsCloseCode::normal, ""));
        CHECK(has(left.error().detail, "did not answer the close in time"));
    }

    TEST_CASE("a server that takes nothing is cut; until then senders wait and the queue keeps its bound") {
        std::atomic<bool> over{false};
        ScriptedPeer deaf(
            [&over](PeerSocket& socket) {
                socket.send(upgrade_answer(socket.read_head()));
                for (int i = 0; i < 20'000 && !over; ++i) ::usleep(1'000);
            },
            4'096);
        WebSocketClientConfig config = hasty();
        config.send_queue_bytes = 200'000;
        config.ping_interval = 60s;  // a ping would find out first
        ClientWorld world(config);
        REQUIRE(world.connect(deaf.url()));
        CHECK(world.run(world.client->send_text(std::string(200'001, 'x'))).error().reason ==
              Reason::invalid_parameter);
        Result<Done> sent = Done{};
        std::size_t times = 0;
        for (; sent && times < 1'000; ++times) {
            sent = world.run(world.client->send_text(std::string(100'000, 'x')));
            CHECK(world.client->queued_bytes() <= 200'000);
        }
        CHECK(times < 1'000);
        CHECK(has(sent.error().detail, "takes nothing"));
        CHECK(has(world.next(), "takes nothing"));
        over = true;
    }

    TEST_CASE("whoever is not asked for messages is not read, and loses none") {
        constexpr int many = 400;
        std::atomic<int> said{0};
        ScriptedPeer peer(
            [&said](PeerSocket& socket) {
                socket.send(upgrade_answer(socket.read_head()));
                const std::string text(10'000, 'm');
                for (int i = 0; i < many && socket.send(unmasked(0x81, std::to_string(i) + text)); ++i)
                    said = i + 1;
                socket.send(unmasked(0x88, close_bytes(1000)));
                socket.read_to_end();
            },
            4'096);
        WebSocketClientConfig config = hasty();
        config.received_bytes_max = 50'000;
        ClientWorld world(config);
        REQUIRE(world.connect(peer.url()));
        world.pass(700ms);  // longer than a ping and its pong may take
        CHECK(world.client->is_open());
        CHECK(said < many);
        for (int i = 0; i < many; ++i) CHECK(world.next().starts_with("text:" + std::to_string(i) + "mmm"));
        CHECK(world.next() == "closed:1000");
    }

    TEST_CASE("pings are answered, a flood of them by the latest, and memory stays where it is") {
        FramePeer peer(unmasked(0x89, "one") + unmasked(0x89, "two") + unmasked(0x88, close_bytes(4'001)));
        ClientWorld polite;
        REQUIRE(polite.connect(peer.peer.url()));
        CHECK(polite.next() == "closed:4001");
        polite.turn_until([&peer] { return peer.close_code != 0; });
        CHECK(peer.pongs == 2);
        CHECK(peer.close_code == 4'001);

        ScriptedPeer flood(
            [](PeerSocket& socket) {
                socket.send(upgrade_answer(socket.read_head()));
                std::string pings;
                for (int i = 0; i < 500; ++i) pings += unmasked(0x89, std::string(125, 'p'));
                while (socket.send(pings)) {
                }
            },
            4'096);
        ClientWorld world(hasty());
        REQUIRE(world.connect(flood.url()));
        std::optional<Result<WsMessage>> end;
        spawn(world.io, keep_answer(world.client->next(), end));
        std::size_t most = 0;
        world.turn_until([&] {
            most = std::max(most, world.client->queued_bytes());
            return end.has_value();
        });
        CHECK(most <= 131 + 14);  // one pong and none behind it, besides a ping of our own
        CHECK(has(ClientWorld::shown(*end), "takes nothing"));
    }
}
