#pragma once

#include <memory>
#include <string>

#include "libexec/base/clock.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/storage/store_limits.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Where the file is, and what bounds its use.
struct SqliteStoreConfig : StoreLimits {
    std::string path;            ///< the database file; `<path>.lock` beside it says who holds it
    std::string owner = "node";  ///< this node's name, kept with the jobs it takes
};

/// The order store in one SQLite file, held by one process. One thread writes: whatever waits becomes one
/// transaction, made durable by one sync, answered after it. Whoever held a job in an earlier run has lost
/// it: all of them are due when this returns. Claims do not expire while the process lives, since nobody else
/// can hold the file.
///
/// Throws std::runtime_error with one sentence for people: another process holds the file, a newer program
/// wrote it, it is no database of ours, the directory cannot be written.
/// Destroying the store finishes the queued work, copies the log into the file and releases the lock.
/// All references outlive the store.
std::unique_ptr<OrderStore> open_sqlite_store(SqliteStoreConfig config, const Clock& clock, EventBus& bus,
                                              Log& log);

}  // namespace libexec
