#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libexec/base/timers.hpp"
#include "libexec/chain/sim/sim_chain.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Every bound of a chain process.
struct ChainServerConfig {
    std::string host = "127.0.0.1";                  ///< an address of this machine
    std::uint16_t port = 0;                          ///< 0: the system picks, `port()` tells
    std::uint64_t seed = 1;                          ///< of what is lost and doubled on the way
    std::uint32_t time_scale_ppm = 1'000'000;        ///< the chain's
    std::size_t connections_max = 64;                ///< more are refused with a sentence
    std::size_t calls_max = 20'000;                  ///< under way, of one connection
    std::size_t unread_bytes_max = 8 * 1024 * 1024;  ///< answers that a client does not read; then it is cut
    std::chrono::milliseconds greeting_within{5'000};  ///< a connection that says nothing is cut
};

/// Serves one simulated chain to any number of engines, each over one connection that carries many calls at
/// once: see chain_wire.hpp. The same signature sent by two engines is one transaction. Of the chain's
/// troubles it plays those of the way: lost_request, lost_reply, duplicate; they spare the first words and
/// the switching itself.
///
/// Everything runs on the thread of `io`. What it still has under way when it goes lives in `io`, and must
/// never run again: let `io` run no more before the server and the chain are let go.
class ChainServer {
public:
    /// All but the config outlive the server. Throws std::runtime_error with one sentence when it cannot
    /// listen.
    ChainServer(ChainServerConfig config, SimChain& chain, asio::io_context& io, Timers& timers, Log& log);
    ~ChainServer();
    ChainServer(const ChainServer&) = delete;
    ChainServer& operator=(const ChainServer&) = delete;

    /// The bound port.
    std::uint16_t port() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace libexec
