#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "libexec/chain/solana/remote_signer.hpp"
#include "libexec/chain/solana/signer_server.hpp"
#include "support/answer_of.hpp"
#include "support/temp_dir.hpp"
#include "support/wallet_swaps.hpp"

namespace libexec::test {

/// A loop with a signer process's socket in it, and a client.
struct SignerWorld {
    explicit SignerWorld(std::function<void(SignerServerConfig&)> change = {}) : change_(std::move(change)) {}
    ~SignerWorld() {
        server.reset();
        io.restart();
        io.poll();
    }

    void open() {
        SignerServerConfig config;
        config.socket_path = path;
        if (change_) change_(config);
        server.emplace(config, signer, io, *timers, *log);
    }

    template <class T>
    T run(Task<T> work) {
        return answer_of(io, std::move(work));
    }

    Result<SignedTransaction> sign(const WalletSwap& swap,
                                   std::chrono::milliseconds within = std::chrono::seconds(5)) {
        const auto client = make_remote_signer(
            {.socket_path = path, .wallet = wallet_pair().public_key(), .answer_within = within}, io,
            *timers);
        return run(client->sign(swap.to_sign(), swap.terms));
    }
    Result<PublicKey> ask_wallet(std::chrono::milliseconds within = std::chrono::seconds(5)) {
        return run(ask_signer_wallet(path, within, io, *timers));
    }

    TempDir folder;
    const std::string path = folder.file("sign.sock");
    std::ostringstream lines;
    const SystemClock clock;
    const std::unique_ptr<Log> log = make_stream_log(lines, LogLevel::debug, LogFormat::json, clock);
    asio::io_context io{1};
    const std::unique_ptr<Timers> timers = make_timers(io);
    const KeyPairSigner signer{
        wallet_pair(),
        [policy = SwapPolicy(wallet_pair().public_key(), exact_ceilings())](
            const Message& message, const SwapTerms& terms) { return policy.check(message, terms); }};
    std::optional<SignerServer> server;

private:
    std::function<void(SignerServerConfig&)> change_;
};

/// A blocking socket to, or at, a path.
class PlainSocket {
public:
    explicit PlainSocket(int descriptor) : descriptor_(descriptor) { REQUIRE(descriptor_ >= 0); }
    ~PlainSocket() { ::close(descriptor_); }
    PlainSocket(const PlainSocket&) = delete;
    PlainSocket& operator=(const PlainSocket&) = delete;

    static sockaddr_un address(const std::string& path) {
        sockaddr_un place{};
        place.sun_family = AF_UNIX;
        path.copy(place.sun_path, sizeof(place.sun_path) - 1);
        return place;
    }
    void send(const std::string& bytes) const {
        CHECK(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(bytes.size()));
    }
    std::string receive(std::size_t size) const {
        std::string bytes(size, '\0');
        const ssize_t count = ::recv(descriptor_, bytes.data(), size, 0);
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }
    int descriptor() const { return descriptor_; }

private:
    const int descriptor_;
};

}  // namespace libexec::test
