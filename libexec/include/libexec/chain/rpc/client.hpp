#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/chain/expiry_proof.hpp"
#include "libexec/chain/rpc/endpoint.hpp"
#include "libexec/chain/rpc/health.hpp"
#include "libexec/chain/rpc/transport.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// How long a call may take, all its tries together.
struct RpcDeadlines {
    std::chrono::milliseconds small{3'000};  ///< slots, heights, blockhashes, balances, fees, versions
    std::chrono::milliseconds accounts{5'000};
    std::chrono::milliseconds program_accounts{30'000};
    std::chrono::milliseconds simulate{5'000};
    std::chrono::milliseconds send{4'000};
    std::chrono::milliseconds statuses{5'000};
    std::chrono::milliseconds transaction{8'000};
};

/// Whom to ask, and within which bounds.
struct RpcConfig {
    /// The usual bounds; at least one endpoint.
    explicit RpcConfig(std::vector<RpcEndpoint> whom) : endpoints(std::move(whom)) {}

    std::vector<RpcEndpoint> endpoints;
    RpcDeadlines deadlines;
    RpcHealthLimits health;
    std::size_t tries_most = 4;                       ///< of one call; a search may ask every endpoint once
    std::chrono::milliseconds probe_every{5'000};     ///< in `keep_probing`
    std::size_t answer_bytes_most = 4 * 1024 * 1024;  ///< of all but program accounts
    std::size_t program_bytes_most = 32 * 1024 * 1024;
};

/// Solana's JSON-RPC over several endpoints.
///
/// A read is asked of one endpoint, the best that is neither behind nor resting, and of the next when that
/// fails; what it answers is checked field by field, and an answer that breaks a rule is a failure of the
/// endpoint. Errors of all reads: rate_limited, service_unavailable (nobody could be asked, or nobody
/// answered as he should), invalid_parameter (the chain's word for a question that is wrong), chain_rejected
/// and stale_blockhash (a transaction's own fault, in the chain's words). Details name endpoint and method.
///
/// Used from one thread; tasks may outlive the client and then end with service_unavailable. The references
/// outlive all tasks.
class RpcClient {
public:
    /// Throws std::invalid_argument without an endpoint.
    RpcClient(RpcConfig config, RpcTransport& transport, const Clock& clock, Timers& timers, Random& random,
              Log& log);
    /// Tasks under way end with an error.
    ~RpcClient();
    RpcClient(const RpcClient&) = delete;
    RpcClient& operator=(const RpcClient&) = delete;

    // ---- where the chain stands

    /// A blockhash to sign with, and the height beyond which it no longer lands.
    Task<Result<LatestBlockhash>> latest_blockhash(Commitment commitment);
    /// Whether a blockhash can still be signed with.
    Task<Result<FlagAt>> is_blockhash_valid(Blockhash blockhash, Commitment commitment);
    /// How many blocks there are. A height that could be a slot is held against the same endpoint's epoch
    /// info.
    Task<Result<std::uint64_t>> block_height(Commitment commitment);
    /// The slot.
    Task<Result<std::uint64_t>> slot(Commitment commitment);
    /// Slot and height of one moment.
    Task<Result<EpochInfo>> epoch_info(Commitment commitment);

    // ---- accounts

    /// One account; empty when there is none.
    Task<Result<AccountSnapshot>> account(PublicKey key, Commitment commitment,
                                          std::uint64_t min_context_slot = 0);
    /// Accounts as they stood in one slot, not before `min_context_slot`. More than 100 are asked in parts of
    /// one endpoint until all parts speak of the same slot; when they do not come to, it is
    /// service_unavailable. Errors: invalid_parameter for more than 2000.
    Task<Result<AccountSnapshot>> accounts(std::vector<PublicKey> keys, Commitment commitment,
                                           std::uint64_t min_context_slot = 0);
    /// All accounts of a program that pass the filters; each is checked against them.
    Task<Result<AccountSnapshot>> program_accounts(ProgramAccountsQuery query);
    /// Lamports.
    Task<Result<AmountAt>> balance(PublicKey key, Commitment commitment);
    /// Tokens in a token account.
    Task<Result<TokenBalance>> token_account_balance(PublicKey key, Commitment commitment);
    /// Lamports an account of that size must hold for good.
    Task<Result<std::uint64_t>> minimum_balance_for_rent_exemption(std::uint64_t size_bytes);

    // ---- transactions

    /// What the message would do. Signatures are not asked for and not sent.
    Task<Result<Simulation>> simulate(SimulationQuery query);
    /// Hands the bytes to every endpoint at once and waits for all. Errors, before anything leaves:
    /// invalid_parameter for bytes that are no signed transaction of that signature.
    Task<Result<SendReport>> send(CommittedIntent intent, SendOptions options = SendOptions());
    /// What is known of up to 256 signatures, history included. Errors: invalid_parameter for one that is
    /// none.
    Task<Result<SignatureStatuses>> signature_statuses(std::vector<std::string> signatures);
    /// The same of each endpoint that is not resting, the others being an error: one may have forgotten what
    /// another knows.
    Task<std::vector<FromEndpoint<SignatureStatuses>>> signature_statuses_of_each(
        std::vector<std::string> signatures);
    /// The transaction of that signature; nothing when the endpoint has none at that commitment, of which
    /// there is no `processed`.
    Task<Result<std::optional<LandedTransaction>>> transaction(std::string signature, Commitment commitment);
    /// What was paid lately to write to these accounts, at most 128, a slot each.
    Task<Result<std::vector<PrioritizationFee>>> recent_prioritization_fees(std::vector<PublicKey> written);

    // ---- the network

    /// The cluster's own name.
    Task<Result<Blockhash>> genesis_hash();
    /// What the node runs that happens to be asked.
    Task<Result<NodeVersion>> version();

    // ---- each endpoint for itself

    /// Where each says that it stands. Whoever rests after a 429 is not asked.
    Task<std::vector<FromEndpoint<EpochInfo>>> epoch_info_of_each(Commitment commitment);
    /// Which cluster each belongs to: two answers that differ are two chains.
    Task<std::vector<FromEndpoint<Blockhash>>> genesis_hash_of_each();
    /// Witnesses for `prove_expiry`: one for each host, because two keys of one provider are one opinion.
    /// Each asks its own endpoint and nobody else, and is silent while that endpoint is caught lying.
    std::vector<std::shared_ptr<ChainNode>> witnesses() const;

    /// Asks every endpoint where it stands, so that those who are behind are known and those who were may
    /// come back.
    Task<void> probe();
    /// Does so every `probe_every` for as long as the client lives.
    Task<void> keep_probing();
    /// How each endpoint is doing.
    std::vector<RpcEndpointReport> report() const;

private:
    class State;
    class Witness;
    std::shared_ptr<State> state_;
};

}  // namespace libexec
