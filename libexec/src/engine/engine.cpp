#include "libexec/engine/engine.hpp"

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>

#include "claim_loop.hpp"
#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr auto cancel_patience =
    2s;                              ///< how long a cancel waits for an order in flight to reach a safe point
constexpr auto drain_patience = 8s;  ///< how long a drain waits for the orders in flight
constexpr auto drain_poll = 10ms;

/// One of those that are at it at once. Holds the count itself: a caller that is never resumed may outlive
/// the engine.
template <class Number>
class Counted {
public:
    explicit Counted(std::shared_ptr<std::atomic<Number>> count)
        : count_(std::move(count)), before_(count_->fetch_add(1)) {}
    ~Counted() { count_->fetch_sub(1); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    /// How many there were already.
    Number before() const { return before_; }

private:
    const std::shared_ptr<std::atomic<Number>> count_;
    const Number before_;
};

}  // namespace

struct Engine::Impl {
    Impl(EngineConfig config_given, EngineParts parts_given, std::uint64_t seed)
        : config(config_given),
          parts(parts_given),
          metrics(parts.metrics, parts.router),
          claims(config, parts, seed, draining, metrics) {}

    Task<Result<CancelAnswer>> cancel_here(OrderId id, Viewer viewer);
    Task<Result<CancelAnswer>> cancel_in_flight(std::shared_ptr<Flight> flight);
    Task<RoutingDecision> quote_here(OrderRequest request);
    Task<Result<VenueStatus>> hold_here(std::string name, std::optional<std::string> reason);
    Task<void> drain_here();
    bool cannot_meet(std::chrono::milliseconds deadline) const;
    Rejection queue_full() const {
        return reject(Reason::queue_full, "the queue holds " + std::to_string(queue_limit) +
                                              " orders, its limit; nothing was stored");
    }

    const EngineConfig config;
    std::atomic<std::uint64_t> queue_limit{config.queue_limit};
    EngineParts parts;
    const OrderMetrics metrics;
    std::atomic<bool> draining{false};
    /// Submissions on their way to the store. With the orders alive there they are what fills the queue; the
    /// store knows best, also when the answer to a commit was lost.
    const std::shared_ptr<std::atomic<std::uint64_t>> entering =
        std::make_shared<std::atomic<std::uint64_t>>(0);
    std::atomic<std::uint64_t> last_number{0};
    const std::shared_ptr<std::atomic<std::uint32_t>> quotes_open =
        std::make_shared<std::atomic<std::uint32_t>>(0);
    const std::shared_ptr<std::atomic<std::uint32_t>> holds_open =
        std::make_shared<std::atomic<std::uint32_t>>(0);
    std::uint64_t quotes_asked = 0;  ///< the engine's thread counts
    ClaimLoop claims;
};

Engine::Engine(EngineConfig config, EngineParts parts, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(config, parts, seed)) {
    impl_->last_number = parts.store.last_number();
}

Engine::~Engine() = default;

void Engine::start() { impl_->claims.start(); }

void Engine::set_limits(std::uint64_t queue_limit, std::uint32_t orders_per_minute) {
    impl_->queue_limit = queue_limit;
    asio::post(impl_->parts.io,
               [impl = impl_.get(), orders_per_minute] { impl->claims.limit_starts(orders_per_minute); });
}

bool Engine::draining() const { return impl_->draining; }
std::uint64_t Engine::live_orders() const { return impl_->parts.store.live_orders(); }
std::uint64_t Engine::in_flight() const { return impl_->claims.in_flight(); }

Task<Result<Submitted>> Engine::submit(OrderRequest request, SubmitOptions options) {
    Impl& impl = *impl_;
    if (impl.draining) co_return reject(Reason::draining, "the engine is stopping and takes no new orders");
    const Counted entering(impl.entering);
    std::optional<Rejection> refusal;
    if (request.deadline && impl.cannot_meet(*request.deadline)) {
        refusal = reject(Reason::timeout, "the queue is too long to start this order within its deadlineMs");
    } else if (impl.parts.store.live_orders() + entering.before() >= impl.queue_limit) {
        refusal = impl.queue_full();
    }
    const bool may_repeat = !options.idempotency_key.empty() || !request.client_order_id.empty();
    if (refusal && !may_repeat) co_return *refusal;

    Acceptance acceptance;
    Order& order = acceptance.order;
    order.id = impl.parts.ids.next();
    order.number = impl.last_number.fetch_add(1) + 1;
    order.attempts_max = impl.config.retry.attempts_max;
    order.correlation_id = std::move(options.correlation_id);
    order.trace_id = std::move(options.trace_id);
    order.account = std::move(options.account);
    order.created_at = order.updated_at = impl.parts.clock.now();
    order.last_seq = 1;
    acceptance.request_digest = request_digest(request);
    order.request = std::move(request);
    acceptance.idempotency_key = std::move(options.idempotency_key);
    // What was accepted before is answered even when nothing new is taken.
    acceptance.repetition_only = refusal.has_value();

    OrderEvent& opened = acceptance.opened;
    opened.order = order.id;
    opened.seq = 1;
    opened.at = order.created_at;
    opened.attempts_max = order.attempts_max;
    opened.correlation_id = order.correlation_id;
    opened.trace_id = order.trace_id;
    opened.account = order.account;
    const OrderId id = order.id;

    LIBEXEC_FAILPOINT("before-accept");
    Result<AcceptAnswer> answer = co_await impl.parts.store.accept(std::move(acceptance));
    LIBEXEC_FAILPOINT("after-accept");
    if (!answer || answer.value().kind != AcceptAnswer::Kind::accepted) {
        if (!answer) {
            Rejection why = answer.error();
            if (why.reason == Reason::outcome_unknown) why.order = id;
            co_return why;
        }
        if (answer.value().kind == AcceptAnswer::Kind::not_admitted)
            co_return refusal.value_or(impl.queue_full());
        if (answer.value().kind == AcceptAnswer::Kind::conflict) {
            co_return reject(Reason::idempotency_conflict,
                             "this key belongs to another order, " + answer.value().order.to_string(),
                             answer.value().order);
        }
        impl.metrics.replayed();
    } else {
        impl.metrics.accepted();
        impl.claims.wake();
    }
    Submitted submitted;
    submitted.order = answer.value().order;
    submitted.replayed = answer.value().kind == AcceptAnswer::Kind::replayed;
    co_return submitted;
}

Task<Result<CancelAnswer>> Engine::cancel(OrderId order, Viewer viewer) {
    // The engine's own thread knows whether the order is in flight; the answer comes back to the caller's.
    Result<CancelAnswer> answer =
        co_await asio::co_spawn(impl_->parts.io, impl_->cancel_here(order, std::move(viewer)), use_task);
    LIBEXEC_FAILPOINT("cancel-answered");
    co_return answer;
}

Task<Result<RoutingDecision>> Engine::quote(OrderRequest request) {
    Impl& impl = *impl_;
    const Counted place(impl.quotes_open);
    if (impl.draining)
        co_return reject(Reason::draining, "the engine is stopping and asks no venue any more");
    if (place.before() >= impl.config.quotes_max) {
        co_return reject(Reason::queue_full,
                         std::to_string(impl.config.quotes_max) +
                             " quotes are being asked for already, the limit; try again in a moment");
    }
    co_return co_await asio::co_spawn(impl.parts.io, impl.quote_here(std::move(request)), use_task);
}

Task<Result<VenueStatus>> Engine::hold_venue(std::string name, std::optional<std::string> reason) {
    Impl& impl = *impl_;
    const Counted place(impl.holds_open);
    if (impl.draining) co_return reject(Reason::draining, "the engine is stopping, and a hold ends with it");
    co_return co_await asio::co_spawn(impl.parts.io, impl.hold_here(std::move(name), std::move(reason)),
                                      use_task);
}

Task<void> Engine::drain() {
    impl_->draining = true;
    LIBEXEC_FAILPOINT("drain-begun");
    co_await asio::co_spawn(impl_->parts.io, impl_->drain_here(), use_task);
    LIBEXEC_FAILPOINT("drained");
}

Task<Result<CancelAnswer>> Engine::Impl::cancel_here(OrderId id, Viewer viewer) {
    LIBEXEC_FAILPOINT("cancel-asked");
    Result<std::optional<OrderStatus>> flagged = co_await parts.store.request_cancel(id, std::move(viewer));
    LIBEXEC_FAILPOINT("cancel-flagged");
    if (!flagged) co_return flagged.error();
    if (!flagged.value()) co_return reject(Reason::not_found, "no order " + id.to_string());
    const OrderStatus status = *flagged.value();
    if (status == OrderStatus::cancelled) co_return CancelAnswer{};
    if (is_terminal(status)) {
        co_return reject(Reason::too_late_to_cancel,
                         "the order already ended: " + std::string(to_string(status)));
    }
    if (const std::shared_ptr<Flight> flight = claims.find(id)) co_return co_await cancel_in_flight(flight);

    Result<std::optional<Claimed>> claimed = co_await parts.store.claim_order(id);
    if (!claimed) co_return claimed.error();
    if (const std::shared_ptr<Flight> flight = claims.find(id)) {
        if (claimed.value()) flight->claimed_again = true;
        co_return co_await cancel_in_flight(flight);
    }
    if (!claimed.value()) {
        // Somebody else holds it, or it ended this moment: the flag is set, and whoever has it obeys.
        CancelAnswer later;
        later.kind = CancelAnswer::Kind::cancel_requested;
        co_return later;
    }
    Claimed taken = *claimed.value();
    taken.order.cancel_requested = true;
    co_return co_await cancel_in_flight(claims.launch(std::move(taken)));
}

Task<Result<CancelAnswer>> Engine::Impl::cancel_in_flight(std::shared_ptr<Flight> flight) {
    flight->order.cancel_requested = true;
    flight->alarm->ring();
    const Time until = parts.clock.now() + cancel_patience;
    while (!flight->landed && !flight->open && parts.clock.now() < until) {
        co_await parts.timers.sleep_for(drain_poll);
    }
    CancelAnswer answer;
    if (flight->landed != RunOutcome::ended) {
        // Still flying, back in the queue, or in other hands, whatever this node thinks it did last: the flag
        // is set, and whoever has the order obeys.
        answer.kind = CancelAnswer::Kind::cancel_requested;
    } else if (flight->order.status != OrderStatus::cancelled) {
        co_return reject(Reason::too_late_to_cancel,
                         "the order already ended: " + std::string(to_string(flight->order.status)));
    }
    co_return answer;
}

Task<RoutingDecision> Engine::Impl::quote_here(OrderRequest request) {
    // With a client's own id the simulated world answers as it would answer that order.
    Order order;
    order.request = std::move(request);
    QuoteRequest question;
    question.token_in = order.request.token_in;
    question.token_out = order.request.token_out;
    question.mode = order.request.mode;
    question.amount = order.request.amount;
    question.chance_key =
        order.request.client_order_id.empty() ? derive_seed(2, ++quotes_asked) : chance_key(order);
    co_return co_await parts.router.decide(std::move(question), order.request.native_in,
                                           order.request.native_out);
}

Task<Result<VenueStatus>> Engine::Impl::hold_here(std::string name, std::optional<std::string> reason) {
    if (reason) co_return parts.router.hold(name, *reason);
    co_return parts.router.resume(name);
}

Task<void> Engine::Impl::drain_here() {
    claims.stop();
    const Time until = parts.clock.now() + drain_patience;
    // Whoever waits for a quote or a hold is answered, too: after the drain nothing runs here any more.
    while (claims.in_flight() + *quotes_open + *holds_open > 0 && parts.clock.now() < until)
        co_await parts.timers.sleep_for(drain_poll);
    if (claims.in_flight() > 0) {
        parts.log.warn("engine.drain_incomplete",
                       "some orders did not reach a safe point in time; they resume at the next start",
                       {{"inFlight", std::to_string(claims.in_flight())}});
    }
}

bool Engine::Impl::cannot_meet(std::chrono::milliseconds deadline) const {
    const std::uint64_t ahead = parts.store.live_orders();
    const std::uint64_t at_once = config.concurrency * parts.store.live_nodes();
    if (ahead < at_once) return false;
    const std::chrono::microseconds wait =
        claims.typical_run() * static_cast<std::int64_t>(ahead) / static_cast<std::int64_t>(at_once);
    return wait > deadline;
}

}  // namespace libexec
