#include "chain/wire_peers.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "libexec/chain/sim/chain_wire.hpp"

namespace libexec::test {
namespace {

/// On this machine; port 0: any.
sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return place;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in place = loopback(port);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::say(std::string_view text) {
    CHECK(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) >= 0);
}

std::string RawClient::hear_all() {
    std::string heard;
    char some[4096];
    for (ssize_t size = 0; (size = ::recv(fd_, some, sizeof some, 0)) > 0;)
        heard.append(some, static_cast<std::size_t>(size));
    return heard;
}

std::string RawClient::hear_line() {
    std::string heard;
    char one = 0;
    while (::recv(fd_, &one, 1, 0) == 1 && one != '\n') heard += one;
    return heard;
}

FalseChain::FalseChain(std::string answer)
    : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in place = loopback(0);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    socklen_t size = sizeof place;
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&place), &size) == 0);
    port_ = ntohs(place.sin_port);
    thread_ = std::thread([this] { serve(); });
}

FalseChain::~FalseChain() {
    stopping_ = true;
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
}

void FalseChain::serve() {
    while (!stopping_) {
        const int client = ::accept(fd_, nullptr, nullptr);
        if (client < 0) return;
        ++visits_;
        const timeval patience{0, 200'000};
        ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        char some[4096];
        bool greeted = false;
        while (!stopping_) {
            const ssize_t size = ::recv(client, some, sizeof some, 0);
            if (size == 0 || (size < 0 && greeted && answer_.empty())) break;
            if (size < 0) {
                if (greeted) continue;
                break;
            }
            const std::string hello = encode_chain_reply(ChainReply(ChainOp::hello, 0)) + "\n";
            const std::string& words = greeted ? answer_ : hello;
            greeted = true;
            if (::send(client, words.data(), words.size(), MSG_NOSIGNAL) < 0) break;
        }
        ::close(client);
    }
}

}  // namespace libexec::test
