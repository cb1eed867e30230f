#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/model/attempt.hpp"
#include "libexec/model/transaction.hpp"

namespace libexec {

/// Proof that an attempt's intent is durable: only the order store can make one, after the commit. The
/// chain sends nothing else, so no byte leaves before its intent is written.
class CommittedIntent {
public:
    /// What was committed.
    const Attempt& attempt() const { return attempt_; }

private:
    friend class OrderStore;
    explicit CommittedIntent(Attempt attempt) : attempt_(std::move(attempt)) {}
    Attempt attempt_;
};

/// The chain has it in a block.
struct Landed {
    bool ok = false;
    Commitment commitment = Commitment::processed;
    std::uint64_t slot = 0;
    Amount amount_in;
    Amount amount_out;
    std::uint64_t fee_lamports = 0;
    std::optional<Rent> rent;  ///< nothing where it cannot be told, and where there is no such thing
    Rejection error;           ///< when not ok: slippage_exceeded, account_in_use, chain_rejected ...
};

/// It can never land any more; `evidence` says which nodes, heights and slots prove it.
struct ProvablyDead {
    std::string evidence;
    bool alone = false;  ///< on one node's word: the order ends, and nothing new is signed for it
};

/// Neither: keep watching.
struct Unknown {};

using Observation = std::variant<Landed, ProvablyDead, Unknown>;

/// Somebody who listens; whoever lets go of it is told nothing more. May outlive the chain.
class Listening {
public:
    virtual ~Listening() = default;
};

/// Sends transactions and says what became of them. Used from the engine's thread alone.
class Chain {
public:
    virtual ~Chain() = default;

    /// A recent blockhash. Errors are retryable: service_unavailable, rate_limited.
    virtual Task<Result<Anchor>> anchor() = 0;

    /// Hands the bytes to the network. An error says nothing about whether they arrived: only `observe` does.
    /// Sending the same intent again is harmless.
    virtual Task<Result<Done>> send(CommittedIntent intent) = 0;

    /// Never throws for a network's trouble: that is `Unknown`.
    virtual Task<Observation> observe(Attempt attempt) = 0;

    /// Calls `look` when the chain says by itself that `observe` may have news of an attempt: a hint to look
    /// now, never evidence, and never all there is to wait for. From the engine's thread, but not from within
    /// a call, until what is returned goes. Null where the chain says nothing by itself.
    virtual std::unique_ptr<Listening> listen(const Attempt& attempt, std::function<void()> look) {
        static_cast<void>(attempt);
        static_cast<void>(look);
        return nullptr;
    }

    /// Whether the network can be reached; when not, why. From any thread. Orders are accepted all the same,
    /// and wait.
    virtual Result<Done> health() const { return Done(); }
};

/// Signs; never shows the key.
class Signer {
public:
    virtual ~Signer() = default;
    /// Signs what does no more than `terms` allow, as far as this signer can read it. Errors: policy_refused
    /// with the rule that was broken; service_unavailable when it cannot be reached.
    virtual Task<Result<SignedTransaction>> sign(UnsignedTransaction transaction, SwapTerms terms) = 0;
};

}  // namespace libexec
