#include <doctest/doctest.h>

#include "net/loopback.hpp"
#include "net/ws_bytes.hpp"
#include "net/ws_codec.hpp"
#include "net/ws_echo.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

const std::string handshake = ws_handshake_request();

/// A browser, as far as a server can tell.
class WsClient {
public:
    explicit WsClient(std::uint16_t port, const std::string& with_handshake = {}, int receive_buffer = 0)
        : raw(port, receive_buffer), codec_(WsRole::client, 1024 * 1024) {
        raw.send(handshake + "\r\n" + with_handshake);
        std::string answer = raw.read_until("\r\n\r\n");
        const std::size_t end = answer.find("\r\n\r\n");
        if (!answer.starts_with("HTTP/1.1 101 ") || end == std::string::npos)
            throw std::runtime_error(answer);
        bytes_ = answer.substr(end + 4);
    }

    /// The next frame as a word with its payload, such as "text:hello" or "close:1001bye"; "end" at the end.
    std::string next(std::chrono::milliseconds patience = 30s) {
        for (;;) {
            if (at_ == bytes_.size()) {
                bytes_ = raw.read(patience);
                at_ = 0;
                if (raw.timed_out()) return "silence";
                if (bytes_.empty()) return "end";
            }
            std::size_t used = 0;
            auto* const data = reinterpret_cast<std::uint8_t*>(bytes_.data() + at_);
            const WsEvent event = codec_.consume(std::span(data, bytes_.size() - at_), used);
            at_ += used;
            const std::string code = std::to_string(static_cast<int>(codec_.close_code()));
            switch (event) {
                case WsEvent::none:
                    break;
                case WsEvent::text:
                    return "text:" + codec_.payload();
                case WsEvent::binary:
                    return "binary:" + codec_.payload();
                case WsEvent::ping:
                    return "ping:" + codec_.payload();
                case WsEvent::pong:
                    return "pong:" + codec_.payload();
                case WsEvent::close:
                    return "close:" + code + codec_.payload();
                case WsEvent::error:
                    return "error:" + code;
            }
        }
    }

    RawClient raw;

private:
    WsCodec codec_;
    std::string bytes_;
    std::size_t at_ = 0;
};

/// A socket the test speaks through from its own thread, and what its handler heard last.
struct Held {
    std::atomic<bool> ready{false};
    std::atomic<int> ended_with{0};
    std::shared_ptr<WebSocket> socket;

    Task<void> operator()(HttpExchange& exchange) {
        socket = co_await exchange.accept_websocket("");
        ready = true;
        for (;;) {
            const WsMessage message = co_await socket->receive();
            if (!message.is_closed()) continue;
            ended_with = static_cast<int>(message.close_code);
            co_return;
        }
    }
};

/// A server whose one socket is held by the test.
struct HeldServer {
    Held held;
    TestServer server;

    explicit HeldServer(HttpServerConfig config = {})
        : server([this](HttpExchange& exchange) { return held(exchange); }, config) {}
    void wait_until_ready() {
        CHECK(TestServer::eventually([&] { return held.ready.load(); }));
    }
};

}  // namespace

TEST_SUITE("net/websocket") {
    TEST_CASE("messages come back, in whatever pieces they went") {
        TestServer server(echo_messages);
        WsClient client(server.port());
        client.raw.send(masked(0x81, "hello"));
        CHECK(client.next() == "text:hello");
        for (const char byte : masked(0x81, "dribbled")) client.raw.send(std::string_view(&byte, 1));
        CHECK(client.next() == "text:dribbled");
        client.raw.send(masked(0x01, "a") + masked(0x89, "p") + masked(0x80, "b") + masked(0x82, "c"));
        CHECK(client.next() == "pong:p");
        CHECK(client.next() == "text:ab");
        CHECK(client.next() == "binary:c");
        const std::string large(64 * 1024, 'x');
        client.raw.send(masked(0x81, large));
        CHECK(client.next() == "text:" + large);
        CHECK(server.server().counts().websockets == 1);
    }

    TEST_CASE("what a client sends right behind its handshake is not lost") {
        TestServer server(echo_messages);
        WsClient client(server.port(), masked(0x81, "one") + masked(0x81, "two"));
        CHECK(client.next() == "text:one");
        CHECK(client.next() == "text:two");
    }

    TEST_CASE("either side may say goodbye, and the other answers") {
        HeldServer one;
        WsClient leaving(one.server.port());
        leaving.raw.send(masked(0x88, close_bytes(4001, "enough")));
        CHECK(leaving.next() == "close:4001");
        CHECK(leaving.next() == "end");
        CHECK(TestServer::eventually([&] { return one.held.ended_with == 4001; }));

        HeldServer other;
        WsClient left(other.server.port());
        other.wait_until_ready();
        const auto socket = other.held.socket;
        asio::post(socket->executor(), [socket] {
            CHECK(socket->send_text("last"));
            socket->close(WsCloseCode::normal, "order ended");
            CHECK_FALSE(socket->is_open());
            CHECK_FALSE(socket->send_text("too late"));
        });
        CHECK(left.next() == "text:last");
        CHECK(left.next() == "close:1000order ended");
        CHECK(other.held.ended_with == 0);
        left.raw.send(masked(0x88, close_bytes(1000)));
        CHECK(left.next() == "end");
        CHECK(TestServer::eventually([&] { return other.held.ended_with == 1000; }));
    }

    TEST_CASE("a client that never answers a goodbye is let go in time") {
        HttpServerConfig config;
        config.close_timeout = 100ms;
        HeldServer server(config);
        WsClient client(server.server.port());
        server.wait_until_ready();
        const auto socket = server.held.socket;
        asio::post(socket->executor(), [socket] { socket->close(WsCloseCode::policy, "out"); });
        CHECK(client.next() == "close:1008out");
        CHECK(client.next() == "end");
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 0; }));
    }

    TEST_CASE("a handler that leaves closes its socket") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            const auto socket = co_await exchange.accept_websocket("");
            socket->send_text("all there is");
        });
        WsClient client(server.port());
        CHECK(client.next() == "text:all there is");
        CHECK(client.next() == "close:1000");
        client.raw.send(masked(0x88, close_bytes(1000)));
        CHECK(client.next() == "end");
        client.raw.hang_up();
        CHECK(TestServer::eventually([&] { return server.server().counts().websockets == 0; }));
    }

    TEST_CASE("a handler that fails closes its socket with 1011") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            const auto socket = co_await exchange.accept_websocket("");
            throw std::runtime_error("secret of the house");
        });
        WsClient client(server.port());
        CHECK(client.next() == "close:1011internal error");
    }

    TEST_CASE("a client that breaks the rules is told which kind of rule") {
        const std::string euro_cut = "\xe2\x82";
        const std::vector<std::pair<std::string, std::string>> wrongs{
            {std::string("\x81\x01"
                         "a"),
             "close:1002"},
            {masked(0xc1, "a"), "close:1002"},
            {masked(0x83, "a"), "close:1002"},
            {masked(0x01, euro_cut) + masked(0x80, ""), "close:1007"},
            {masked(0x88, "\x03"), "close:1002"},
            {masked(0x82, std::string(64 * 1024 + 1, 'x')), "close:1009"},
        };
        TestServer server(echo_messages);
        for (const auto& [bytes, expected] : wrongs) {
            CAPTURE(expected);
            WsClient client(server.port());
            client.raw.send(bytes);
            CHECK(client.next().starts_with(expected));
            CHECK(client.next() == "end");
        }
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 0; }));
    }

    TEST_CASE("a handshake that is not by the book is refused") {
        TestServer server(echo_messages);
        const auto answer_to = [&server](std::string request, std::string_view part,
                                         std::string_view instead) {
            request.replace(request.find(part), part.size(), instead);
            RawClient client(server.port());
            client.send(request + "\r\n");
            return client.read_to_end();
        };
        const std::string old = answer_to(handshake, "Version: 13", "Version: 8");
        CHECK(statuses(old) == "426");
        CHECK(old.find("\r\nSec-WebSocket-Version: 13\r\n") != std::string::npos);
        CHECK(statuses(answer_to(handshake, "dGhlIHNhbXBsZSBub25jZQ==", "short")) == "400");
        CHECK(statuses(answer_to(handshake, "Upgrade: websocket", "Upgrade: h2c")) == "426");
    }

    TEST_CASE("an offered subprotocol is confirmed") {
        TestServer server(echo_messages);
        RawClient client(server.port());
        client.send(handshake + "Sec-WebSocket-Protocol: chat, orders\r\n\r\n");
        CHECK(client.read_until("\r\n\r\n").find("\r\nSec-WebSocket-Protocol: orders\r\n") !=
              std::string::npos);
    }

    TEST_CASE("one frame goes to many sockets from another thread") {
        std::mutex mutex;
        std::vector<std::shared_ptr<WebSocket>> sockets;
        TestServer server([&](HttpExchange& exchange) -> Task<void> {
            const auto socket = co_await exchange.accept_websocket("");
            {
                const std::lock_guard lock(mutex);
                sockets.push_back(socket);
            }
            while (true) {
                const WsMessage message = co_await socket->receive();
                if (message.is_closed()) co_return;
            }
        });
        std::vector<std::unique_ptr<WsClient>> clients;
        for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<WsClient>(server.port()));
        CHECK(TestServer::eventually([&] {
            const std::lock_guard lock(mutex);
            return sockets.size() == clients.size();
        }));
        for (int i = 0; i < 50; ++i) {
            const WsFrame frame = text_frame(std::to_string(i));
            for (const auto& socket : sockets) socket->post_send(frame, "slow");
        }
        for (const auto& client : clients) {
            for (int i = 0; i < 50; ++i) CHECK(client->next() == "text:" + std::to_string(i));
        }
        sockets.clear();
    }

    TEST_CASE("a slow reader is closed with the reason its sender gives, and its queue stays bounded") {
        HeldServer server;
        WsClient client(server.server.port(), {}, 4 * 1024);
        server.wait_until_ready();
        const auto socket = server.held.socket;
        std::atomic<int> sent{-1};
        asio::post(socket->executor(), [&sent, socket] {
            const WsFrame frame = text_frame(std::string(1'000, 'x'));
            int count = 0;
            while (socket->send(frame)) ++count;
            CHECK(socket->queued_bytes() <= 256 * 1024);
            CHECK(socket->queued_bytes() > 250 * 1024);
            CHECK(socket->is_open());
            socket->close(WsCloseCode::try_again_later, "seq 17");
            sent = count;
        });
        CHECK(TestServer::eventually([&] { return sent >= 0; }));
        // Once it reads again it gets all that was promised, and then the reason.
        client.raw.read_freely();
        int received = 0;
        std::string word = client.next();
        for (; word.starts_with("text:"); word = client.next()) ++received;
        CHECK(received == sent);
        CHECK(word == "close:1013seq 17");
    }

    TEST_CASE("a reader that never reads is cut, and the kernel holds little on its behalf") {
        HttpServerConfig config;
        config.write_stall = 100ms;
        HeldServer server(config);
        WsClient client(server.server.port(), {}, 4 * 1024);
        server.wait_until_ready();
        const auto socket = server.held.socket;
        const WsFrame frame = text_frame(std::string(1'000, 'x'));
        std::atomic<int> accepted{0};
        for (int i = 0; i < 5'000; ++i) {
            asio::post(socket->executor(),
                       [&accepted, socket, frame] { accepted += socket->send(frame) ? 1 : 0; });
        }
        CHECK(TestServer::eventually([&] { return server.held.ended_with == 1006; }));
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 0; }));
        CHECK(accepted < 1'000);
        CHECK_FALSE(socket->is_open());
    }

    TEST_CASE("a client that pings and does not read is not read either, and gets its pongs once it reads") {
        constexpr std::size_t far_too_many = 100'000;
        HttpServerConfig config;
        config.ping_interval = 10min;  // the answers alone take a while
        TestServer server(echo_messages, config);
        WsClient client(server.port(), {}, 4 * 1024);
        const std::string payload(100, 'p');
        const std::size_t sent = client.raw.send_while_taken(masked(0x89, payload), far_too_many);
        CHECK(sent > 100);
        CHECK(sent < far_too_many);  // the flood stands still in the client's own kernel
        CHECK(server.server().counts().websockets == 1);
        client.raw.read_freely();
        for (std::size_t i = 0; i < sent; ++i) REQUIRE(client.next() == "pong:" + payload);
    }

    TEST_CASE("a client that pings and never reads is cut") {
        HttpServerConfig config;
        config.write_stall = 100ms;
        TestServer server(echo_messages, config);
        WsClient client(server.port(), {}, 4 * 1024);
        client.raw.send_while_taken(masked(0x89, std::string(100, 'p')), 100'000);
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 0; }));
    }

    TEST_CASE("a client is pinged, and lives as long as it answers") {
        HttpServerConfig config;
        config.ping_interval = 40ms;
        config.pong_timeout = 2s;
        TestServer server(echo_messages, config);
        WsClient client(server.port());
        for (int i = 0; i < 5; ++i) {
            CHECK(client.next() == "ping:");
            client.raw.send(masked(0x8a, ""));
        }
        client.raw.send(masked(0x81, "still here"));
        std::string word = client.next();
        while (word == "ping:") word = client.next();
        CHECK(word == "text:still here");
    }

    TEST_CASE("a client that misses two pongs is closed with 4408") {
        HttpServerConfig config;
        config.ping_interval = 40ms;
        config.pong_timeout = 40ms;
        HeldServer server(config);
        WsClient client(server.server.port());
        CHECK(client.next() == "ping:");
        CHECK(client.next() == "ping:");
        CHECK(client.next() == "close:4408no pong");
        client.raw.hang_up();
        CHECK(TestServer::eventually([&] { return server.held.ended_with == 4408; }));
    }

    TEST_CASE("a client that vanishes ends its socket with 1006") {
        HeldServer server;
        WsClient client(server.server.port());
        server.wait_until_ready();
        client.raw.hang_up_rudely();
        CHECK(TestServer::eventually([&] { return server.held.ended_with == 1006; }));
    }

    TEST_CASE("stopping tells every client 1001 and why") {
        TestServer server(echo_messages);
        WsClient first(server.port());
        WsClient second(server.port());
        CHECK(TestServer::eventually([&] { return server.server().counts().websockets == 2; }));
        std::thread reader([&] {
            for (WsClient* client : {&first, &second}) {
                CHECK(client->next() == "close:1001maintenance");
                client->raw.send(masked(0x88, close_bytes(1001)));
                CHECK(client->next() == "end");
                client->raw.hang_up();
            }
        });
        server.server().stop("maintenance");
        reader.join();
        CHECK(server.server().counts().websockets == 0);
    }

    TEST_CASE("a socket held longer than its server lives is only closed") {
        std::shared_ptr<WebSocket> kept;
        {
            HttpServerConfig config;
            config.stop_timeout = 50ms;
            HeldServer server(config);
            WsClient client(server.server.port());
            server.wait_until_ready();
            server.server.server().stop("gone");
            kept = std::move(server.held.socket);
        }
        CHECK_FALSE(kept->is_open());
        CHECK_FALSE(kept->send_text("anyone"));
    }
}
