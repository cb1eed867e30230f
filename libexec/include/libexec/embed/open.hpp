#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/embed/config.hpp"
#include "libexec/embed/parts.hpp"
#include "libexec/engine/engine.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/model/sim_faults.hpp"
#include "libexec/model/token.hpp"
#include "libexec/model/venue_status.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/telemetry/metrics.hpp"

namespace libexec {

/// The limits that may change while an engine runs; they mean what they mean in `Config`.
struct ServiceLimits {
    std::uint64_t queue_limit = 10'000;
    std::uint32_t orders_per_minute = 0;
};

/// A running engine with its store, venues and chain. Owns its threads: one for the engine, one writer and
/// two readers for the SQLite store, one for the simulated chain's journal; fewer with `Parts` of the
/// program's own. Every coroutine may be awaited from any io_context thread and resumes there.
/// docs/library.md says what may be called from where.
class Service {
public:
    virtual ~Service() = default;  ///< stops first, if `stop` was not called

    /// Errors: queue_full, draining, service_unavailable, outcome_unknown (naming the order that may exist),
    /// idempotency_conflict (naming the first one), timeout.
    virtual Task<Result<Submitted>> submit(OrderRequest request, SubmitOptions options) = 0;
    /// The same without options.
    Task<Result<Submitted>> submit(OrderRequest request) {
        return submit(std::move(request), SubmitOptions());
    }
    /// An order that `viewer` does not see is unknown, here and in the questions below; without a viewer they
    /// are about everybody's orders. Errors: not_found, too_late_to_cancel, service_unavailable.
    virtual Task<Result<CancelAnswer>> cancel(OrderId order, Viewer viewer) = 0;
    /// The same for whoever sees everything.
    Task<Result<CancelAnswer>> cancel(OrderId order) { return cancel(order, Viewer()); }
    /// The order as it stands; nothing when it is unknown. Errors of all reads: service_unavailable,
    /// queue_full.
    virtual Task<Result<std::optional<OrderRecord>>> load(OrderId order, Viewer viewer) = 0;
    /// The same for whoever sees everything.
    Task<Result<std::optional<OrderRecord>>> load(OrderId order) { return load(order, Viewer()); }
    /// Orders that pass the filter, newest first.
    virtual Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) = 0;
    /// Events with a number above `after`, in order, at most `limit`.
    virtual Task<Result<std::vector<CommittedEvent>>> events(OrderId order, std::uint32_t after,
                                                             std::size_t limit, Viewer viewer) = 0;
    /// The same for whoever sees everything.
    Task<Result<std::vector<CommittedEvent>>> events(OrderId order, std::uint32_t after, std::size_t limit) {
        return events(order, after, limit, Viewer());
    }
    /// Events after `after_seq`, history first, then live, on the reader's executor. Whoever must not see the
    /// order is turned away before, by `load`.
    virtual std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) = 0;
    /// Events of all orders that `viewer` sees from now on, on the reader's executor; no cursor: list again
    /// after a reconnect.
    virtual std::shared_ptr<EventStream> follow_all(Executor reader, Viewer viewer) = 0;
    /// The same for whoever sees everything.
    std::shared_ptr<EventStream> follow_all(Executor reader) { return follow_all(reader, Viewer()); }
    /// How many orders stand where, now.
    virtual Task<Result<QueueCounts>> queue() = 0;
    /// The nodes that share the database, as OrderStore::nodes says; empty on SQLite.
    virtual Task<Result<std::vector<StoreNode>>> nodes() = 0;
    /// Limits that all of them keep together; null on SQLite.
    virtual SharedLimits* shared_limits() { return nullptr; }

    /// Asks every venue what it would offer for this order now and ranks the answers; places nothing.
    /// Errors: queue_full (too many questions at once), draining.
    virtual Task<Result<RoutingDecision>> quote(OrderRequest request) = 0;
    /// Every venue, in the order of the configuration. From any thread.
    virtual std::vector<VenueStatus> venues() const = 0;
    /// Leaves a venue out of new routes, here and until `resume_venue` or the end of this service; what was
    /// sent is watched on. `reason` is for whoever reads of it and may be empty. Answers the venue as it
    /// stands then. Errors: not_found, naming those there are.
    virtual Task<Result<VenueStatus>> pause_venue(std::string name, std::string reason) = 0;
    /// Takes it back in, also one that was left out for its failures. Errors: not_found.
    virtual Task<Result<VenueStatus>> resume_venue(std::string name) = 0;

    /// The tokens it trades. From any thread.
    virtual const TokenRegistry& tokens() const = 0;
    /// What this engine counts; a program may add its own. Lives as long as the service. docs/metrics.md
    /// lists what is in it.
    virtual Metrics& metrics() = 0;
    virtual Result<Done> health() const = 0;  ///< whether orders are being accepted; when not, why
    /// Whether the chain can be reached; when not, why. Orders are accepted all the same, and wait for it.
    virtual Result<Done> chain_health() const { return Done(); }
    /// Where its transactions are looked up; none in the simulated world. From any thread.
    virtual Explorer explorer() const { return {}; }
    /// Whether it is stopping and takes no new orders. From any thread.
    virtual bool draining() const = 0;

    /// What may be made to go wrong in the simulated world, from any thread; null when nothing is simulated.
    virtual SimFaults* faults() = 0;
    /// Other limits from now on, from any thread, before `stop`. Orders that were accepted stay accepted.
    virtual void set_limits(const ServiceLimits& limits) = 0;

    /// Refuses new orders, lets the orders in flight reach a safe point, ends every stream and the engine's
    /// thread; the store can be read until the service goes. Blocks. Not from the engine's thread; once more
    /// changes nothing.
    virtual void stop() = 0;
};

/// Checks the configuration, opens the store (recovering what an earlier run left) and starts the engine.
/// What `parts` leaves empty is built in: SQLite, the simulated venues and chain, the machine's clock, one
/// thread for the engine, no log.
/// Throws std::runtime_error with one clear sentence when the machine lets us down: a bad value, a database
/// held by another process, an unreadable file; and what a factory in `parts` throws.
std::unique_ptr<Service> open(Config config, Parts parts = {});

/// The same, all built in, with a log. `log` outlives the service.
std::unique_ptr<Service> open(Config config, Log& log);

}  // namespace libexec
