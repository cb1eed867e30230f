#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace libexec::test {

/// A server that is none: hears a request, says the same bytes whatever it was, and hangs up, or never does.
/// One connection at a time.
class ByteServer {
public:
    enum class Then { hangs_up, stays };

    explicit ByteServer(std::string bytes, Then then = Then::hangs_up)
        : bytes_(std::move(bytes)), then_(then) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            ::close(listener_);
            throw std::runtime_error("cannot listen on loopback");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~ByteServer() {
        stopping_ = true;
        thread_.join();
        ::close(listener_);
    }
    ByteServer(const ByteServer&) = delete;
    ByteServer& operator=(const ByteServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
    int visits() const { return visits_; }

private:
    bool readable(int socket) const {
        while (!stopping_) {
            pollfd waiting{socket, POLLIN, 0};
            if (::poll(&waiting, 1, 20) > 0) return true;
        }
        return false;
    }
    void serve() {
        while (readable(listener_)) {
            const int socket = ::accept(listener_, nullptr, nullptr);
            if (socket < 0) continue;
            ++visits_;
            std::string heard;
            while (heard.find("\r\n\r\n") == std::string::npos && readable(socket)) {
                char some[4'096];
                const ssize_t got = ::recv(socket, some, sizeof some, 0);
                if (got <= 0) break;
                heard.append(some, static_cast<std::size_t>(got));
            }
            std::string_view rest = bytes_;
            while (!rest.empty()) {
                const ssize_t sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
                if (sent <= 0) break;
                rest.remove_prefix(static_cast<std::size_t>(sent));
            }
            // Until the client has gone.
            while (then_ == Then::stays && readable(socket)) {
                char some[4'096];
                if (::recv(socket, some, sizeof some, 0) <= 0) break;
            }
            ::shutdown(socket, SHUT_WR);
            ::close(socket);
        }
    }

    const std::string bytes_;
    const Then then_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<int> visits_{0};
    std::thread thread_;
};

}  // namespace libexec::test
