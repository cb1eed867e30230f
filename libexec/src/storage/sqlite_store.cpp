#include "libexec/storage/sqlite_store.hpp"

#include <stdexcept>
#include <utility>

#include "file_lock.hpp"
#include "readers.hpp"
#include "writer.hpp"

namespace libexec {
namespace {

void check(const SqliteStoreConfig& config) {
    if (config.path.empty() || config.path.front() == ':' || config.path.find('"') != std::string::npos) {
        throw std::runtime_error("the database needs a file: '" + config.path + "' does not name one");
    }
    if (config.batch_max == 0 || config.queue_limit == 0 || config.read_queue_limit == 0 ||
        config.readers == 0) {
        throw std::runtime_error("the order store needs at least one reader and room for one operation");
    }
}

/// Takes the lock before it touches the file.
class LockedFile {
public:
    explicit LockedFile(const std::string& path) : lock_(path) { ensure_private_file(path); }

private:
    FileLock lock_;
};

class SqliteStore final : public OrderStore {
public:
    SqliteStore(const SqliteStoreConfig& config, const Clock& clock, EventBus& bus, Log& log)
        : clock_(clock),
          file_(config.path),
          writer_(config, clock, bus, log),
          readers_(config.path, config.readers, config.read_queue_limit, log) {}

    Task<Result<AcceptAnswer>> accept(Acceptance acceptance) override {
        return await_operation<AcceptAnswer>(writer_, std::make_unique<AcceptOp>(std::move(acceptance)));
    }
    Task<Result<ClaimBatch>> claim(std::size_t limit) override {
        return await_operation<ClaimBatch>(writer_, std::make_unique<ClaimOp>(limit));
    }
    Task<Result<std::optional<Claimed>>> claim_order(OrderId order) override {
        return await_operation<std::optional<Claimed>>(writer_, std::make_unique<ClaimOrderOp>(order));
    }
    Task<Result<StepAnswer>> commit(Step step) override {
        return await_operation<StepAnswer>(writer_, std::make_unique<StepOp>(std::move(step)));
    }
    void commit_later(Step step) override { writer_.push(std::make_unique<StepOp>(std::move(step))); }
    Task<Result<std::optional<OrderStatus>>> request_cancel(OrderId order) override {
        return await_operation<std::optional<OrderStatus>>(writer_, std::make_unique<CancelOp>(order));
    }

    Task<Result<std::optional<OrderRecord>>> load(OrderId order) override {
        return ask<std::optional<OrderRecord>>([order](ReadTables& tables) { return tables.load(order); });
    }
    Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) override {
        return ask<std::vector<OrderRecord>>(
            [wanted = std::move(filter)](ReadTables& tables) { return tables.list(wanted); });
    }
    Task<Result<std::vector<CommittedEvent>>> events_after(OrderId order, std::uint32_t seq,
                                                           std::size_t limit) override {
        return ask<std::vector<CommittedEvent>>(
            [order, seq, limit](ReadTables& tables) { return tables.events_after(order, seq, limit); });
    }
    Task<Result<QueueCounts>> counts() override {
        return ask<QueueCounts>([this](ReadTables& tables) { return tables.counts(clock_.now()); });
    }

    std::uint64_t last_number() override { return writer_.last_number(); }
    std::uint64_t live_orders() override { return writer_.live_orders(); }
    Result<Done> health() const override { return writer_.health(); }

private:
    template <class Answer, class Query>
    Task<Result<Answer>> ask(Query query) {
        return await_operation<Answer>(readers_, std::make_unique<QueryOp<Answer, Query>>(std::move(query)));
    }

    const Clock& clock_;
    LockedFile file_;  // released last
    StoreWriter writer_;
    StoreReaders readers_;  // gone before the writer copies the log: nobody else may hold it then
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
