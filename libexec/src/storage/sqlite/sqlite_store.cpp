#include "libexec/storage/sqlite_store.hpp"

#include <stdexcept>
#include <utility>

#include "../stored_orders.hpp"
#include "backend.hpp"
#include "file_lock.hpp"
#include "read_tables.hpp"

namespace libexec {
namespace {

void check(const SqliteStoreConfig& config) {
    if (config.path.empty() || config.path.front() == ':' || config.path.find('"') != std::string::npos) {
        throw std::runtime_error("the database needs a file: '" + config.path + "' does not name one");
    }
    check_limits(config);
}

/// Takes the lock before it touches the file.
class LockedFile {
public:
    explicit LockedFile(const std::string& path) : lock_(path) { ensure_private_file(path); }

private:
    FileLock lock_;
};

/// Holds the file for as long as anything uses it.
class SqliteStore final : private LockedFile, public StoredOrders {
public:
    SqliteStore(const SqliteStoreConfig& config, const Clock& clock, EventBus& bus, Log& log)
        : LockedFile(config.path),
          StoredOrders(
              config, std::make_unique<SqliteBackend>(config.path, config.owner, clock, log),
              [path = config.path] { return std::make_unique<SqliteReadTables>(path); },
              [&bus](const std::vector<CommittedEvent>& events) { bus.publish(events); }, clock, log) {}
};

}  // namespace

std::unique_ptr<OrderStore> open_sqlite_store(SqliteStoreConfig config, const Clock& clock, EventBus& bus,
                                              Log& log) {
    check(config);
    try {
        return std::make_unique<SqliteStore>(config, clock, bus, log);
    } catch (const soci::soci_error&) {
        throw std::runtime_error("cannot open the database '" + config.path + "': " + current_trouble().what);
    }
}

}  // namespace libexec
