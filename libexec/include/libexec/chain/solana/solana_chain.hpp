#pragma once

#include <chrono>
#include <memory>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/chain/solana/solana_network.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// How a Solana cluster is followed.
struct SolanaChainConfig {
    Commitment announced = Commitment::finalized;   ///< below it nobody asks what a success moved
    std::chrono::milliseconds status_pause{500};    ///< between two rounds of questions about transactions
    std::chrono::milliseconds hurried_pause{100};   ///< the same after a hint that there is news
    std::chrono::milliseconds health_pause{1'000};  ///< between two looks at the endpoints
};

/// The chain as a Solana cluster.
///
/// A success is believed of one endpoint. A failure allows another transaction, so it is believed only when
/// nobody says otherwise and, of several endpoints, two say so. A transaction is dead by `prove_expiry` from
/// two witnesses; with a single one it is taken for dead on its word, and ProvablyDead::alone says so.
///
/// `network`, `clock`, `timers` and `log` outlive it.
std::unique_ptr<Chain> make_solana_chain(SolanaChainConfig config, asio::io_context& io,
                                         SolanaNetwork& network, const Clock& clock, Timers& timers,
                                         Log& log);

}  // namespace libexec
