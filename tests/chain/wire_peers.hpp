#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace libexec::test {

/// A socket that speaks bytes, with a receive timeout.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    void say(std::string_view text);
    /// Everything until the other side closes.
    std::string hear_all();
    std::string hear_line();

private:
    int fd_;
};

/// A chain process that is none: greets whoever comes, then says the same bytes after each line it hears.
class FalseChain {
public:
    explicit FalseChain(std::string answer);
    ~FalseChain();
    FalseChain(const FalseChain&) = delete;
    FalseChain& operator=(const FalseChain&) = delete;

    std::uint16_t port() const { return port_; }
    int visits() const { return visits_; }

private:
    void serve();

    const std::string answer_;
    int fd_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<int> visits_{0};
    std::thread thread_;
};

}  // namespace libexec::test
