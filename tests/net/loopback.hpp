#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// After the standard library: Asio asks it about aligned allocation, and all files must get the same answer.
#include <asio/post.hpp>

#include "libexec/base/timers.hpp"
#include "libexec/net/http_server.hpp"

namespace libexec::test {

/// What a client speaks through when not through its bare socket.
class Channel {
public:
    virtual ~Channel() = default;
    /// False when the server has gone.
    virtual bool send(std::string_view bytes) = 0;
    enum class Sent { all, nothing_yet, gone };
    /// All of them or none, as the kernel takes more or not.
    virtual Sent send_now(std::string_view bytes) = 0;
    virtual std::string read(std::chrono::milliseconds patience, bool& timed_out) = 0;
    virtual void send_no_more() = 0;
    virtual void say_goodbye() = 0;
};

/// What tests run over when they do not say: the bare socket, unless the program sets this before main.
struct UsualTransport {
    std::shared_ptr<const TlsIdentity> identity;
    std::function<std::unique_ptr<Channel>(int socket)> wrap;
};
inline UsualTransport usual_transport;

/// A client that sends exactly the bytes it is told to. Waits at most half a minute for anything.
class RawClient {
public:
    /// `receive_buffer` above 0 keeps the kernel from taking much on the client's behalf.
    explicit RawClient(std::uint16_t port, int receive_buffer = 0)
        : RawClient(port, receive_buffer, usual_transport.wrap) {}
    RawClient(std::uint16_t port, int receive_buffer,
              const std::function<std::unique_ptr<Channel>(int socket)>& wrap)
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const int yes = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (receive_buffer > 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(socket_);
            throw std::runtime_error("cannot connect");
        }
        if (wrap) channel_ = wrap(socket_);
    }
    ~RawClient() { hang_up(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the server has gone.
    bool send(std::string_view bytes) {
        if (channel_) return channel_->send(bytes);
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Sends `bytes` again and again for as long as the kernels take them; returns how often all of it went.
    /// What began to go goes on with the next call.
    std::size_t send_while_taken(std::string_view bytes, std::size_t times_most) {
        const std::chrono::milliseconds patience(300);
        std::size_t times = 0;
        while (times < times_most) {
            pollfd waiting{socket_, POLLOUT, 0};
            if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) break;
            if (channel_) {
                const Channel::Sent sent = channel_->send_now(bytes);
                if (sent == Channel::Sent::gone) break;
                times += sent == Channel::Sent::all ? 1 : 0;
                continue;
            }
            const std::string_view rest = bytes.substr(sent_of_repeated_);
            const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent <= 0) break;
            sent_of_repeated_ += static_cast<std::size_t>(sent);
            if (sent_of_repeated_ < bytes.size()) continue;
            sent_of_repeated_ = 0;
            ++times;
        }
        return times;
    }
    /// From now on the kernel takes as much as comes: through a window of a few KiB each 3 KiB may wait for a
    /// timer of 200 ms, minutes in all.
    void read_freely() {
        const int plenty = 1024 * 1024;
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &plenty, sizeof plenty);
    }
    void send_no_more() {
        if (channel_) return channel_->send_no_more();
        ::shutdown(socket_, SHUT_WR);
    }

    /// What comes next, or nothing at the end; `timed_out` tells silence from the end.
    std::string read(std::chrono::milliseconds patience = std::chrono::seconds(30)) {
        if (channel_) return channel_->read(patience, timed_out_);
        pollfd waiting{socket_, POLLIN, 0};
        timed_out_ = ::poll(&waiting, 1, static_cast<int>(patience.count())) == 0;
        if (timed_out_) return {};
        std::string bytes(16 * 1024, '\0');
        const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    std::string read_to_end() {
        std::string all;
        for (std::string part = read(); !part.empty(); part = read()) all += part;
        return all;
    }
    /// Reads until what has come ends with `mark` (or holds it), or nothing more comes.
    std::string read_until(std::string_view mark) {
        std::string all;
        while (all.find(mark) == std::string::npos) {
            const std::string part = read();
            if (part.empty()) break;
            all += part;
        }
        return all;
    }
    bool timed_out() const { return timed_out_; }

    void hang_up() {
        if (channel_) channel_->say_goodbye();
        channel_.reset();
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    /// Ends with a reset instead of a goodbye.
    void hang_up_rudely() {
        const linger now{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        channel_.reset();
        hang_up();
    }

private:
    int socket_;
    std::unique_ptr<Channel> channel_;
    bool timed_out_ = false;
    std::size_t sent_of_repeated_ = 0;
};

/// Answers with whatever function the test gives it.
class ScriptedHandler final : public HttpHandler {
public:
    using Script = std::function<Task<void>(HttpExchange&)>;

    explicit ScriptedHandler(Script script) : script_(std::move(script)) {}
    Task<void> handle(HttpExchange& exchange) override { return script_(exchange); }

private:
    Script script_;
};

/// Remembers which events were written.
class RecordingLog final : public Log {
public:
    bool enabled(LogLevel) const override { return true; }
    void write(LogLevel, std::string_view event, std::string_view, std::initializer_list<LogField>) override {
        const std::lock_guard lock(mutex_);
        events_.emplace(event);
    }
    void set_level(LogLevel) override {}

    bool saw(const std::string& event) const {
        const std::lock_guard lock(mutex_);
        return events_.contains(event);
    }

private:
    mutable std::mutex mutex_;
    std::set<std::string> events_;
};

/// A server on a port of its own, and the handler it serves.
class TestServer {
public:
    explicit TestServer(ScriptedHandler::Script script, HttpServerConfig config = {})
        : handler_(std::move(script)), server_(with_transport(config), handler_, log_, clock_) {
        server_.start();
    }

    std::uint16_t port() const { return server_.port(); }
    HttpServer& server() { return server_; }
    const RecordingLog& log() const { return log_; }

    /// Waits for what another thread brings about.
    template <class Condition>
    static bool eventually(Condition condition) {
        for (int i = 0; i < 5'000; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return condition();
    }

private:
    static HttpServerConfig with_transport(HttpServerConfig config) {
        if (!config.tls) config.tls = usual_transport.identity;
        return config;
    }

    ScriptedHandler handler_;
    RecordingLog log_;
    SystemClock clock_;
    HttpServer server_;
};

/// Sleeps on the exchange's own thread.
inline Task<void> pause_on(Executor executor, std::chrono::milliseconds delay) {
    const auto timers = make_timers(executor.context());
    co_await timers->sleep_for(delay);
}

/// 200 with the method, the path and the body, so that a test sees what the server understood.
inline Task<void> echo(HttpExchange& exchange) {
    const HttpRequest& request = exchange.request();
    HttpResponse answer(200, std::string(request.body), "text/plain");
    answer.with("X-Saw", std::string(request.method) + " " + std::string(request.path));
    exchange.respond(std::move(answer));
    co_return;
}

/// The statuses of all answers in `bytes`, in order, such as "200 200 400".
inline std::string statuses(std::string_view bytes) {
    std::string found;
    const std::string_view mark = "HTTP/1.1 ";
    for (std::size_t at = bytes.find(mark); at != std::string_view::npos; at = bytes.find(mark, at + 1)) {
        if (!found.empty()) found += ' ';
        found += bytes.substr(at + mark.size(), 3);
    }
    return found;
}

}  // namespace libexec::test
