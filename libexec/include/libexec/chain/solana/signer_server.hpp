#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libexec/base/timers.hpp"
#include "libexec/chain/solana/key_pair_signer.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Where a signer process listens, and to whom.
struct SignerServerConfig {
    std::string socket_path;                ///< in a folder that nobody else may write to
    std::vector<std::uint32_t> users = {};  ///< who may ask, beside the process's own user
    std::uint32_t orders_per_minute = 60;   ///< transactions that are signed; more are rate_limited
    std::size_t connections_max = 64;       ///< at once; one more is cut
    std::chrono::milliseconds request_within{10'000};  ///< a connection that says nothing for so long is cut
};

/// Answers requests for signatures on a Unix socket: gives the wallet's address, and signs what the signer's
/// check lets through. The log has every refusal with its rule and order, and never a key or a signed byte.
///
/// The socket has mode 600, or 666 when other users may ask; whoever is at the other end is told apart by
/// what the system says of him. Throws std::runtime_error when the socket cannot be had.
class SignerServer {
public:
    /// All outlive it.
    SignerServer(SignerServerConfig config, const KeyPairSigner& signer, asio::io_context& io, Timers& timers,
                 Log& log);
    /// Closes the connections and removes the socket.
    ~SignerServer();
    SignerServer(const SignerServer&) = delete;
    SignerServer& operator=(const SignerServer&) = delete;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace libexec
