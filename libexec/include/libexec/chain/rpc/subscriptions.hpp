#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "libexec/base/random.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/rpc/endpoint.hpp"
#include "libexec/chain/rpc/rpc_socket.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/solana/account_state.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// An account has changed. Notices need not come in the order of their slots: the one of the highest slot
/// counts. An account that is gone has no lamports and no data.
struct RpcAccountNotice {
    PublicKey account;
    std::uint64_t slot = 0;
    AccountState state;
};

/// A transaction has reached the commitment that was asked for. The only notice of that kind: the
/// subscription is over with it.
struct RpcSignatureNotice {
    std::string signature;
    std::uint64_t slot = 0;
    std::optional<TransactionError> error;
};

/// The node has begun a slot. They come as the node sees them, forks included, not always in order.
struct RpcSlotNotice {
    std::uint64_t slot = 0;
    std::uint64_t parent = 0;  ///< below the slot
    std::uint64_t root = 0;    ///< not above it
};

/// From here on changes are told. What changed before was not: fetch now. Told once the node has confirmed
/// the subscription, and again each time it does so after a connection was lost.
struct RpcGap {
    bool first = true;  ///< false: there was a time of listening before
};

/// Changes are no longer told, until the next RpcGap: the connection is lost and made again, or the node
/// refuses the subscription and is asked again later.
struct RpcSilence {
    Rejection why;
};

/// What a subscriber is told.
using RpcNotice = std::variant<RpcAccountNotice, RpcSignatureNotice, RpcSlotNotice, RpcGap, RpcSilence>;

/// Called on the loop, never from within a call to RpcSubscriptions. May subscribe, end subscriptions, its
/// own among them, and destroy the RpcSubscriptions. What it throws goes to the log.
using RpcNoticeHandler = std::function<void(const RpcNotice&)>;

/// Whom to listen to, and within which bounds.
struct RpcSubscriptionsConfig {
    /// The usual bounds.
    explicit RpcSubscriptionsConfig(RpcEndpoint whom) : endpoint(std::move(whom)) {}

    RpcEndpoint endpoint;
    std::size_t subscriptions_most = 1'000;            ///< at a time
    std::size_t unanswered_most = 32;                  ///< requests under way at once
    std::chrono::milliseconds answer_timeout{10'000};  ///< for a request; then the connection is made again
    std::chrono::milliseconds again_first{250};        ///< before connecting again, doubled up to
    std::chrono::milliseconds again_most{30'000};      ///< this; each time a half of it is left to chance
    std::chrono::milliseconds stable_after{30'000};    ///< a connection that held so long starts it over
    std::chrono::milliseconds limit_rest{5'000};       ///< at least, after a 429 that names no time
    std::chrono::milliseconds refused_rest{30'000};    ///< before a refused subscription is asked for again
};

class RpcListener;
struct RpcTopic;

/// A subscription, which ends with it. May outlive the RpcSubscriptions.
class RpcSubscription {
public:
    /// None; nothing is told.
    RpcSubscription() = default;
    ~RpcSubscription() { end(); }
    /// Takes over; `other` holds none any more.
    RpcSubscription(RpcSubscription&& other) noexcept = default;
    /// Ends what was held before.
    RpcSubscription& operator=(RpcSubscription&& other) noexcept;

    /// Nothing is told any more. Ending twice is fine.
    void end();
    /// Whether the node tells changes just now.
    bool is_listening() const;

private:
    friend class RpcSubscriptions;
    std::shared_ptr<RpcListener> listener_;
};

/// What a node tells by itself: accounts, signatures, slots; over one WebSocket, which is made again whenever
/// it is lost, with all subscriptions on it.
///
/// What the node says is checked field by field. A message that breaks a rule is not told to anybody: the
/// connection is made again. Subscriptions to the same thing share one of the node's.
///
/// Used from the thread of `executor`. The references outlive the loop's work. Connects when there is
/// something to subscribe to.
class RpcSubscriptions {
public:
    /// `sockets`, `timers`, `random` and `log` outlive the coroutines on `executor`.
    RpcSubscriptions(RpcSubscriptionsConfig config, const Executor& executor, RpcSocketMaker& sockets,
                     Timers& timers, Random& random, Log& log);
    /// Ends all subscriptions without another notice.
    ~RpcSubscriptions();
    RpcSubscriptions(const RpcSubscriptions&) = delete;
    RpcSubscriptions& operator=(const RpcSubscriptions&) = delete;

    /// Every change of an account. Errors of all three: queue_full for too many subscriptions.
    Result<RpcSubscription> account(const PublicKey& account, Commitment commitment,
                                    RpcNoticeHandler handler);
    /// A transaction's reaching of a commitment, once. Nodes tell it of transactions they see from now on, so
    /// ask for its status at each RpcGap. Errors: invalid_parameter for what is no signature.
    Result<RpcSubscription> signature(std::string signature, Commitment commitment, RpcNoticeHandler handler);
    /// Every slot.
    Result<RpcSubscription> slots(RpcNoticeHandler handler);

    /// Whether there is a connection.
    bool is_connected() const;

private:
    class State;
    Result<RpcSubscription> subscribe(RpcTopic topic, RpcNoticeHandler handler);
    std::shared_ptr<State> state_;
};

}  // namespace libexec
