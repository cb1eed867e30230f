#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "libexec/access/gate.hpp"
#include "libexec/json/value.hpp"
#include "net/loopback.hpp"
#include "net/ws_bytes.hpp"
#include "routes.hpp"
#include "server/fake_service.hpp"
#include "support/hand_clock.hpp"

namespace libexec::test {

/// One answer, taken apart.
struct ApiAnswer {
    int status = 0;
    std::string head;
    std::string body;

    /// The value of a header, or empty.
    std::string header(const std::string& name) const {
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
    JsonValue json() const {
        auto parsed = JsonValue::parse(body);
        if (!parsed) throw std::runtime_error("not JSON: " + body);
        return parsed.value();
    }
};

/// The whole interface on a port of its own, before a service that does as it is told.
class ApiServer {
public:
    static server::RoutesConfig usual() {
        server::RoutesConfig config;
        config.rate_limit = 0;
        config.version = "1.2.3";
        return config;
    }
    /// With `keys`, everybody is asked for one.
    explicit ApiServer(server::RoutesConfig config = usual(), HttpServerConfig http = {},
                       std::optional<std::vector<ApiKey>> keys = {})
        : log_(make_silent_log()),
          ids_(clock, 1),
          gate(keys ? std::make_unique<Gate>(GateConfig(), *keys, clock) : nullptr),
          routes(std::move(config), service, *log_, clock, ids_, gate.get()),
          server(http, routes, *log_, clock) {
        server.start();
    }

    ApiAnswer send(const std::string& request) {
        RawClient client(server.port());
        client.send(request);
        const std::string bytes = client.read_to_end();
        ApiAnswer answer;
        const std::size_t end = bytes.find("\r\n\r\n");
        if (end == std::string::npos || !bytes.starts_with("HTTP/1.1 "))
            throw std::runtime_error("no answer: " + bytes);
        answer.status = std::stoi(bytes.substr(9, 3));
        answer.head = bytes.substr(0, end + 2);
        answer.body = bytes.substr(end + 4);
        return answer;
    }
    /// `headers` are whole lines, each with its CR LF.
    ApiAnswer call(const std::string& method, const std::string& target, const std::string& headers = {},
                   const std::string& body = {}) {
        return send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers +
                    (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
                    body);
    }
    ApiAnswer get(const std::string& target, const std::string& headers = {}) {
        return call("GET", target, headers);
    }
    ApiAnswer submit(const std::string& body, const std::string& headers = {}) {
        return call("POST", "/api/orders/execute", "Content-Type: application/json\r\n" + headers, body);
    }

    // Outlives everything that refers to it; the server's threads are gone first.
    HandClock clock;
    FakeService service;

private:
    std::unique_ptr<Log> log_;
    UuidGenerator ids_;

public:
    const std::unique_ptr<Gate> gate;
    server::Routes routes;
    HttpServer server;
};

inline const std::string json_type = "Content-Type: application/json\r\n";
inline const std::string ten_sol = R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"10"})";

/// `headers` are whole lines, each with its CR LF.
inline std::string upgrade_request(const std::string& target, const std::string& headers = {}) {
    return "GET " + target +
           " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
           "13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           headers + "\r\n";
}

/// The refusal of a handshake: what came instead of 101.
inline ApiAnswer refused(ApiServer& api, const std::string& target, const std::string& headers = {}) {
    RawClient client(api.server.port());
    client.send(upgrade_request(target, headers));
    const std::string bytes = client.read();
    ApiAnswer answer;
    answer.status = std::stoi(bytes.substr(9, 3));
    const std::size_t end = bytes.find("\r\n\r\n");
    answer.head = bytes.substr(0, end + 2);
    answer.body = bytes.substr(end + 4);
    return answer;
}

/// A browser's side of one socket, as far as these tests need it.
class SocketClient {
public:
    SocketClient(std::uint16_t port, const std::string& target, const std::string& headers = {})
        : raw_(port) {
        raw_.send(upgrade_request(target, headers));
        head_ = raw_.read_until("\r\n\r\n");
        const std::size_t end = head_.find("\r\n\r\n");
        if (!head_.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("refused: " + head_);
        bytes_ = head_.substr(end + 4);
    }

    /// The next message's text; a close as "close:1000 reason"; "end" or "silence" when nothing more comes.
    std::string next() {
        std::string payload;
        const int opcode = frame(payload);
        if (opcode < 0) return raw_.timed_out() ? "silence" : "end";
        if (opcode == 8) {
            raw_.send(masked(0x88, payload.substr(0, 2)));
            const int code =
                (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
            return "close:" + std::to_string(code) + " " + payload.substr(2);
        }
        return payload;
    }
    JsonValue next_json() {
        const std::string text = next();
        auto parsed = JsonValue::parse(text);
        if (!parsed) throw std::runtime_error("not JSON: " + text);
        return parsed.value();
    }
    void say(const std::string& text) { raw_.send(masked(0x81, text)); }
    void say_bytes(const std::string& bytes) { raw_.send(masked(0x82, bytes)); }
    void hang_up() { raw_.hang_up(); }

private:
    /// A whole frame's opcode, or -1.
    int frame(std::string& payload) {
        for (;;) {
            if (bytes_.size() >= 2) {
                std::size_t size = static_cast<unsigned char>(bytes_[1]) & 0x7f;
                std::size_t from = 2;
                if (size >= 126) {
                    const std::size_t width = size == 126 ? 2 : 8;
                    from += width;
                    size = 0;
                    for (std::size_t i = 2; i < from && i < bytes_.size(); ++i) {
                        size = size << 8 | static_cast<unsigned char>(bytes_[i]);
                    }
                }
                if (bytes_.size() >= from + size && bytes_.size() >= from) {
                    const int opcode = static_cast<unsigned char>(bytes_[0]) & 0x0f;
                    payload = bytes_.substr(from, size);
                    bytes_.erase(0, from + size);
                    return opcode;
                }
            }
            const std::string part = raw_.read();
            if (part.empty()) return -1;
            bytes_ += part;
        }
    }

    RawClient raw_;
    std::string head_;
    std::string bytes_;
};

}  // namespace libexec::test
