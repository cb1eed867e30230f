#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/ws_codec.hpp"

namespace libexec::test {

/// The server's end of one connection, byte by byte. Waits at most ten seconds for anything.
class PeerSocket {
public:
    explicit PeerSocket(int socket) : socket_(socket) {}
    ~PeerSocket() { hang_up(); }
    PeerSocket(const PeerSocket&) = delete;
    PeerSocket& operator=(const PeerSocket&) = delete;

    /// False when the client has gone, or takes nothing.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            pollfd waiting{socket_, POLLOUT, 0};
            if (::poll(&waiting, 1, 10'000) <= 0) return false;
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// What comes next; empty at the end or when nothing comes.
    std::string read(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return {};
        std::string bytes(64 * 1024, '\0');
        const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    std::string read_to_end() {
        std::string all;
        for (std::string part = read(); !part.empty(); part = read()) all += part;
        return all;
    }
    /// The request's head; what comes behind it is not there yet, for a client waits for its answer.
    std::string read_head() {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            const std::string part = read();
            if (part.empty()) break;
            head += part;
        }
        return head;
    }
    /// A client's next frame: its first byte, then the payload without its mask. Empty at the end.
    std::string read_frame() {
        if (!fill(2)) return {};
        const auto at = [this](std::size_t i) { return static_cast<unsigned char>(unread_[i]); };
        if ((at(1) & 0x80) == 0) throw std::runtime_error("a client's frame without a mask");
        std::size_t length = at(1) & 0x7f;
        const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
        const std::size_t header = 2 + length_bytes + 4;
        if (!fill(header)) return {};
        for (std::size_t i = 0; i < length_bytes; ++i) length = (i == 0 ? 0 : length << 8) | at(2 + i);
        if (!fill(header + length)) return {};
        std::string frame(1, unread_[0]);
        last_key = unread_.substr(header - 4, 4);
        for (std::size_t i = 0; i < length; ++i)
            frame += static_cast<char>(at(header + i) ^ at(header - 4 + i % 4));
        unread_.erase(0, header + length);
        return frame;
    }
    void hang_up() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    std::string last_key;  ///< that the last frame was masked with

private:
    bool fill(std::size_t size) {
        while (unread_.size() < size) {
            const std::string part = read();
            if (part.empty()) return false;
            unread_ += part;
        }
        return true;
    }

    int socket_;
    std::string unread_;
};

/// The value of Sec-WebSocket-Key in a client's request.
inline std::string key_in(const std::string& request) {
    constexpr std::string_view name = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(name);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size();
    return request.substr(begin, request.find('\r', begin) - begin);
}

/// The answer of a server that agrees.
inline std::string upgrade_answer(const std::string& request) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           ws_accept_key(key_in(request)) + "\r\n\r\n";
}

/// A listener on loopback that runs `script` on each connection, one after the other, on a thread of its own.
class ScriptedPeer {
public:
    using Script = std::function<void(PeerSocket&)>;

    /// `kernel_bytes` above 0 keeps the kernel from taking much on the peer's behalf, either way.
    explicit ScriptedPeer(Script script, int kernel_bytes = 0)
        : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        for (const int which : {SO_RCVBUF, SO_SNDBUF}) {
            if (kernel_bytes > 0)
                ::setsockopt(listener_, SOL_SOCKET, which, &kernel_bytes, sizeof kernel_bytes);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedPeer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view scheme = "ws", std::string_view host = "127.0.0.1") const {
        return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(port_) + "/";
    }

private:
    void serve() {
        for (;;) {
            const int socket = ::accept(listener_, nullptr, nullptr);
            if (socket < 0) return;
            PeerSocket peer(socket);
            script_(peer);
        }
    }

    Script script_;
    int listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace libexec::test
