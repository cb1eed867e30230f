#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <asio/io_context.hpp>

#include "libexec/net/web_socket_client.hpp"
#include "support/spawn.hpp"

namespace libexec::test {

/// A loop of its own with one WebSocket client on it.
struct ClientWorld {
    asio::io_context io{1};
    std::optional<WebSocketClient> client;

    explicit ClientWorld(WebSocketClientConfig config = WebSocketClientConfig()) {
        client.emplace(io.get_executor(), std::move(config));
    }
    ~ClientWorld() { client.reset(); }
    ClientWorld(const ClientWorld&) = delete;
    ClientWorld& operator=(const ClientWorld&) = delete;

    /// Runs the loop until `work` is over.
    template <class T>
    T run(Task<T> work) {
        std::optional<T> answer;
        spawn(io, keep_answer(std::move(work), answer));
        turn_until([&answer] { return answer.has_value(); });
        return std::move(*answer);
    }
    template <class Condition>
    void turn_until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        io.restart();
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error("nothing comes of it");
            if (io.run_one_for(std::chrono::milliseconds(20)) == 0) io.restart();
        }
    }
    /// Lets the loop turn for a while.
    void pass(std::chrono::milliseconds span) {
        io.restart();
        io.run_for(span);
    }

    Result<Done> connect(std::string url) { return run(client->connect(std::move(url))); }
    /// What `next` says, in one line.
    std::string next() { return shown(run(client->next())); }
    static std::string shown(const Result<WsMessage>& said) {
        if (!said) return "error:" + said.error().detail;
        const WsMessage& message = said.value();
        if (message.kind == WsMessage::Kind::text) return "text:" + message.payload;
        if (message.kind == WsMessage::Kind::binary) return "binary:" + message.payload;
        return "closed:" + std::to_string(static_cast<int>(message.close_code)) + message.payload;
    }
    bool send(std::string text) { return static_cast<bool>(run(client->send_text(std::move(text)))); }
};

/// Deadlines that a test can wait for.
inline WebSocketClientConfig hasty() {
    WebSocketClientConfig config;
    config.connect_deadline = std::chrono::milliseconds(300);
    config.handshake_deadline = std::chrono::milliseconds(300);
    config.write_stall = std::chrono::milliseconds(300);
    config.ping_interval = std::chrono::milliseconds(100);
    config.pong_timeout = std::chrono::milliseconds(200);
    config.close_timeout = std::chrono::milliseconds(300);
    return config;
}

}  // namespace libexec::test
