#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/engine/retry_policy.hpp"
#include "libexec/routing/router.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/telemetry/metrics.hpp"

namespace libexec {

/// How an engine works. Plain values; whoever makes it checks them.
struct EngineConfig {
    std::size_t concurrency = 10;  ///< orders in flight on this node
    RetryPolicy retry;
    std::chrono::milliseconds order_deadline{30'000};  ///< from the first claim
    std::uint32_t orders_per_minute = 0;               ///< executions started per minute; 0: no limit
    std::uint64_t queue_limit = 10'000;                ///< live orders; admission refuses beyond
    Commitment commitment = Commitment::finalized;     ///< when a success is announced
    std::chrono::microseconds observe_interval{400'000};
    std::chrono::microseconds resend_interval{2'000'000};
    std::chrono::milliseconds in_doubt_after{30'000};  ///< an attempt open for longer raises the alert
    std::uint32_t quotes_max = 64;  ///< questions to the venues that place nothing, at once
};

/// What a client sends along with an order.
struct SubmitOptions {
    std::string account;  ///< whose order it will be; empty: placed without an account
    std::string idempotency_key;
    std::string correlation_id;
    std::string trace_id;  ///< 32 hexadecimal digits (W3C Trace Context); empty: none
};

/// The answer to a submission.
struct Submitted {
    OrderId order;
    bool replayed = false;  ///< the same key and order were accepted before
};

/// The answer to a cancel that could be taken.
struct CancelAnswer {
    /// What became of it.
    enum class Kind : std::uint8_t {
        cancelled,         ///< ended now, nothing was signed
        cancel_requested,  ///< an attempt is open: nothing new will be signed, the outcome follows
    };
    Kind kind = Kind::cancelled;
};

/// What the engine works with; all outlive it.
struct EngineParts {
    asio::io_context& io;  ///< the engine's own thread runs it
    OrderStore& store;
    Router& router;
    Chain& chain;
    Signer& signer;
    const Clock& clock;
    Timers& timers;
    UuidGenerator& ids;
    Log& log;
    Metrics& metrics;
};

/// The life of every order of this node. `submit`, `cancel`, `quote` and `hold_venue` may be awaited from
/// any thread's io_context; everything else happens on the engine's own.
class Engine {
public:
    /// An engine that stands still until `start`. `seed` decides the jitter of its retries.
    Engine(EngineConfig config, EngineParts parts, std::uint64_t seed);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Starts claiming: first whatever an earlier run left, then new orders.
    void start();
    /// Refuses new orders, takes no more jobs, lets every order in flight reach a safe point (nothing is
    /// interrupted between intent and send) and gives its job back. Await it on any executor.
    Task<void> drain();

    /// Durable when it returns. Errors: queue_full, draining, service_unavailable, outcome_unknown (naming
    /// the order that may exist), idempotency_conflict (naming the first one), timeout (the client's own
    /// deadline cannot be met).
    Task<Result<Submitted>> submit(OrderRequest request, SubmitOptions options);
    /// Errors: not_found (also when `viewer` does not see it), too_late_to_cancel, service_unavailable.
    Task<Result<CancelAnswer>> cancel(OrderId order, Viewer viewer = Viewer());
    /// What the venues would offer for this order now; places nothing. No route at all is an answer, too.
    /// Errors: queue_full (too many questions at once), draining.
    Task<Result<RoutingDecision>> quote(OrderRequest request);
    /// Holds a venue with a reason, resumes it without one; see Router. Errors: not_found, draining.
    Task<Result<VenueStatus>> hold_venue(std::string name, std::optional<std::string> reason);

    /// From any thread. Orders that were accepted stay accepted.
    void set_limits(std::uint64_t queue_limit, std::uint32_t orders_per_minute);

    /// Whether `drain` was called.
    bool draining() const;
    std::uint64_t live_orders() const;  ///< accepted and not ended
    std::uint64_t in_flight() const;    ///< being worked on by this node

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// What makes two submissions the same order: every field of the decoded request, in a fixed spelling.
std::string request_digest(const OrderRequest& request);

}  // namespace libexec
