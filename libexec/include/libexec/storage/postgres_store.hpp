#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Which database, who we are in it, and what bounds its use.
struct PostgresStoreConfig {
    std::string url;                 ///< postgres://USER:PASSWORD@HOST:PORT/DATABASE, as libpq takes it
    std::string schema = "libexec";  ///< holds all tables; made when it is missing; a-z, 0-9 and _
    std::string node =
        "node";  ///< its name for people, letters, digits and .-_, at most 60; each start adds a mark
    /// How long a job stays ours without a sign of life. Renewed every third of it.
    std::chrono::milliseconds lease{15'000};
    std::size_t queue_limit = 65'536;  ///< waiting writes; new orders and cancellations are refused beyond
    std::size_t read_queue_limit = 65'536;            ///< waiting reads; refused beyond
    std::size_t batch_max = 1'000;                    ///< writes in one transaction
    std::size_t readers = 2;                          ///< connections that only read, one thread each
    std::chrono::milliseconds probe_interval{1'000};  ///< while it cannot write: how often to look again
    std::chrono::milliseconds stall{5'000};  ///< a transaction that takes longer refuses new orders meanwhile
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
