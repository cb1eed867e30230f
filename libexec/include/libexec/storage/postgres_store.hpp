#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/storage/store_limits.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Which database, who we are in it, and what bounds its use.
struct PostgresStoreConfig : StoreLimits {
    std::string url;                 ///< `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, as libpq takes it
    std::string schema = "libexec";  ///< holds all tables; made when it is missing; a-z, 0-9 and _
    /// Its name for people: letters, digits and .-_, at most 60. Each start adds a mark of its own.
    std::string node = "node";
    /// How long a job stays ours without a sign of life. Renewed every third of it.
    std::chrono::milliseconds lease{15'000};
    /// Leases and due times count on the database's clock, which all nodes share. With this they count on the
    /// injected one, for tests of a single node.
    bool count_on_injected_clock = false;
};

/// The order store on PostgreSQL 15 or newer, shared by any number of nodes. One connection writes: whatever
/// waits becomes one transaction. A node takes jobs whose lease has run out, whoever held them; each write
/// takes the job's row lock and looks at its epoch first, so that whoever was taken over changes nothing.
/// While the server is away, writes are refused with service_unavailable; they work again by themselves when
/// it is back.
///
/// Throws std::runtime_error with one sentence for people: the server cannot be reached or refuses us, a
/// newer program made the tables, `synchronous_commit` is off, the server is older than 15.
/// Destroying the store finishes the queued work and gives back what it holds. All references outlive it.
std::unique_ptr<OrderStore> open_postgres_store(PostgresStoreConfig config, const Clock& clock, EventBus& bus,
                                                Log& log);

/// Connects, looks and changes nothing. Returns why this server cannot hold orders; empty: it can.
std::string postgres_trouble(const std::string& url);

}  // namespace libexec
