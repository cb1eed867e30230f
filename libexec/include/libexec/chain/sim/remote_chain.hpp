#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/chain/sim/chain_wire.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Where the chain is, and how long to wait for it.
struct RemoteChainConfig {
    ChainAddress address;
    std::uint32_t time_scale_ppm = 1'000'000;  ///< of this engine; another one there is told to the log
    std::chrono::milliseconds answer_within{2'000};
    std::chrono::milliseconds connect_within{3'000};  ///< an anchor waits as long for a lost connection
};

/// The simulated chain in a process of its own, which lives on when this one dies.
///
/// Connects by itself, again and again; while there is no connection an anchor waits a moment and is then
/// service_unavailable, a send is an error, an observation Unknown. A send whose answer is lost is an error
/// too: only what the chain says later decides. That a transaction can never land is proved here, by
/// `prove_expiry` over the process's nodes, asked one by one; what the process thinks of it counts for
/// nothing as long as its slots take time.
std::unique_ptr<Chain> open_remote_chain(RemoteChainConfig config, asio::io_context& io, Timers& timers,
                                         Log& log);

}  // namespace libexec
