#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// Where a signer process is, and how long it is waited for.
struct RemoteSignerConfig {
    std::string socket_path;                         ///< where it listens
    PublicKey wallet;                                ///< whose signature is expected
    std::chrono::milliseconds answer_within{2'000};  ///< connecting, again and again, and the answer
};

/// Signs through a signer process. Each transaction takes a connection of its own; while there is none to be
/// had it is tried again until the time is over. What comes back is believed only when it is the very message
/// that was sent, signed by the wallet and all others. Errors: policy_refused, in the process's words;
/// service_unavailable for all else, as when it signs no more for the moment. `io` and `timers` outlive it.
std::unique_ptr<Signer> make_remote_signer(RemoteSignerConfig config, asio::io_context& io, Timers& timers);

/// The wallet that the signer process signs for. Errors: service_unavailable.
Task<Result<PublicKey>> ask_signer_wallet(std::string socket_path, std::chrono::milliseconds within,
                                          asio::io_context& io, Timers& timers);

}  // namespace libexec
