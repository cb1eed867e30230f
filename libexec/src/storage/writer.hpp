#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "libexec/engine/event_bus.hpp"
#include "libexec/storage/sqlite_store.hpp"
#include "libexec/telemetry/log.hpp"
#include "write_ops.hpp"

namespace libexec {

/// The thread that writes. Whatever has gathered while the last transaction was made durable becomes the next
/// one, in the order it came; answers follow the commit, and the bus hears of the events before them.
class StoreWriter {
public:
    /// Opens the database, brings its schema up to date and drops the claims of an earlier process.
    StoreWriter(const SqliteStoreConfig& config, const Clock& clock, EventBus& bus, Log& log);
    /// Finishes what is queued, copies the log into the database file and closes it.
    ~StoreWriter();
    StoreWriter(const StoreWriter&) = delete;
    StoreWriter& operator=(const StoreWriter&) = delete;

    /// From any thread. What cannot be taken is answered at once with the reason.
    void push(std::unique_ptr<WriteOp> operation);

    Result<Done> health() const;
    std::uint64_t last_number() const { return last_number_; }
    std::uint64_t live_orders() const { return live_; }

private:
    using Ops = std::span<std::unique_ptr<WriteOp>>;
    struct Trial {
        enum class Outcome {
            committed,
            constraint,  ///< one of the operations is not welcome; nothing was written
            refused,     ///< nothing was written
            unable,      ///< no transaction could be started; nothing was written
            uncertain,   ///< the commit failed in a way that does not say whether it landed
        };
        Outcome outcome = Outcome::committed;
        bool wrote = false;
        std::string why;
        Totals totals;
    };

    void run();
    std::vector<std::unique_ptr<WriteOp>> take();
    void settle(Ops operations, bool one_by_one);
    Trial attempt(Ops operations, bool isolated);
    void run_isolated(WriteOp& operation, WriteContext& context);
    void finish(Ops operations, const Trial& trial);
    void resolve(Ops operations, const Trial& trial);
    void probe();

    void connect();
    void undo();
    void adopt(const Totals& totals);
    void mark_working();
    void mark_trouble(const std::string& why);

    const SqliteStoreConfig config_;
    const Clock& clock_;
    EventBus& bus_;
    Log& log_;

    std::unique_ptr<WriteTables> tables_;  ///< null after a failure that may have spoilt the connection
    Totals totals_;
    std::atomic<std::uint64_t> last_number_{0};
    std::atomic<std::uint64_t> live_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<WriteOp>> pending_;
    std::optional<std::string> trouble_;  ///< changed by the thread alone, with the lock
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace libexec
