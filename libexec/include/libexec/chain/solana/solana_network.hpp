#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/chain/expiry_proof.hpp"
#include "libexec/chain/rpc/types.hpp"

namespace libexec {

/// What following a transaction asks of the network. Used from the engine's thread alone; errors are the
/// network's troubles, never a verdict.
class SolanaNetwork {
public:
    virtual ~SolanaNetwork() = default;

    /// A blockhash of a block that is confirmed.
    virtual Task<Result<LatestBlockhash>> latest_blockhash() = 0;
    /// Hands the bytes to every endpoint; done when one of them took it.
    virtual Task<Result<Done>> send(CommittedIntent intent) = 0;
    /// What each endpoint knows of up to 256 signatures, history included.
    virtual Task<std::vector<FromEndpoint<SignatureStatuses>>> statuses(
        std::vector<std::string> signatures) = 0;
    /// What a transaction did, when an endpoint has it at that commitment.
    virtual Task<Result<std::optional<LandedTransaction>>> transaction(std::string signature,
                                                                       Commitment commitment) = 0;
    /// Calls `look` when the network says by itself that a transaction has reached the commitment, or that it
    /// may have missed saying so; as `Chain::listen` does.
    virtual std::unique_ptr<Listening> listen(std::string signature, Commitment commitment,
                                              std::function<void()> look) = 0;
    /// How high the finalized chain is.
    virtual Task<Result<std::uint64_t>> finalized_height() = 0;
    /// Nodes of different providers, for the proof that a transaction is dead.
    virtual std::vector<std::shared_ptr<ChainNode>> witnesses() const = 0;
    /// Whether somebody can be asked; when not, why.
    virtual Result<Done> health() const = 0;
};

}  // namespace libexec
