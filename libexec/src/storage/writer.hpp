#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/storage/store_limits.hpp"
#include "libexec/telemetry/log.hpp"
#include "write_backend.hpp"

namespace libexec {

/// The thread that writes. Whatever has gathered while the last transaction was made durable becomes the next
/// one, in the order it came; answers follow the commit, and `tell` hears of the events before them.
class StoreWriter {
public:
    using Tell = std::function<void(const std::vector<CommittedEvent>&)>;

    /// Connects. Throws what the backend throws.
    StoreWriter(const StoreLimits& limits, std::unique_ptr<WriteBackend> backend, Tell tell, Log& log);
    /// Finishes what is queued.
    ~StoreWriter();
    StoreWriter(const StoreWriter&) = delete;
    StoreWriter& operator=(const StoreWriter&) = delete;

    /// From any thread. What cannot be taken is answered at once with the reason.
    void push(std::unique_ptr<WriteOp> operation);
    /// Answers admissions that have waited in vain because a transaction hangs. From any thread.
    void refuse_stalled();

    Result<Done> health() const;
    std::uint64_t last_number() const { return last_number_; }
    std::uint64_t live_orders() const { return live_; }
    std::uint64_t live_nodes() const { return other_nodes_ + 1; }

private:
    using Ops = WriteBackend::Ops;
    using Moment = std::chrono::steady_clock::time_point;

    void run();
    std::vector<std::unique_ptr<WriteOp>> take();
    void settle(Ops operations, bool one_by_one);
    void settle_apart(Ops operations);
    void finish(Ops operations, const Trial& trial);
    void resolve(Ops operations, const Trial& trial);
    void probe();
    void give_back();
    void beat();
    bool stalled() const;

    void adopt(const StoreStanding& standing);
    void mark_working();
    void mark_trouble(const std::string& why);

    const StoreLimits limits_;
    const std::unique_ptr<WriteBackend> backend_;
    const Tell tell_;
    Log& log_;
    const std::chrono::milliseconds beat_interval_;
    Moment beat_due_;
    /// Let go of claims that may have been made although nobody was told of them.
    std::vector<Step> doubtful_;

    std::atomic<std::uint64_t> last_number_{0};
    std::atomic<std::uint64_t> live_{0};
    std::atomic<std::uint64_t> other_nodes_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<WriteOp>> pending_;
    std::optional<std::string> trouble_;  ///< changed by the thread alone, with the lock
    std::optional<Moment> busy_since_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace libexec
