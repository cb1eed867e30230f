#include "writer.hpp"

#include <algorithm>
#include <iterator>

#include "libexec/base/failpoint.hpp"
#include "sql.hpp"

namespace libexec {
namespace {

using std::chrono::steady_clock;

Rejection nothing_written(const std::string& why) {
    return reject(Reason::service_unavailable,
                  "the order store cannot write: " + why + "; nothing was written");
}

constexpr const char* hangs = "the database does not answer";

}  // namespace

StoreWriter::StoreWriter(const StoreLimits& limits, std::unique_ptr<WriteBackend> backend, Tell tell,
                         Log& log)
    : limits_(limits),
      backend_(std::move(backend)),
      tell_(std::move(tell)),
      log_(log),
      beat_interval_(backend_->beat_interval()),
      beat_due_(beat_interval_.count() == 0 ? Moment::max() : steady_clock::now() + beat_interval_) {
    adopt(backend_->connect());
    thread_ = std::thread([this] { run(); });
}

StoreWriter::~StoreWriter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    LIBEXEC_FAILPOINT("store-finishing");
    backend_->finish();
}

void StoreWriter::push(std::unique_ptr<WriteOp> operation) {
    std::vector<std::unique_ptr<WriteOp>> turned_away;
    bool first = false;
    std::optional<Rejection> refused;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            refused = reject(Reason::service_unavailable, "the order store is closed");
        } else if (operation->is_admission() && stalled()) {
            refused = nothing_written(hangs);
        } else if (operation->is_admission() && pending_.size() >= limits_.queue_limit) {
            refused = reject(Reason::queue_full, "the order store has no room for more waiting writes");
        }
        if (refused) {
            turned_away.push_back(std::move(operation));
        } else {
            first = pending_.empty();
            pending_.push_back(std::move(operation));
        }
    }
    if (first) wake_.notify_one();
    if (turned_away.empty()) return;
    turned_away.front()->fail(*refused);
    deliver_all(std::move(turned_away));
}

void StoreWriter::refuse_stalled() {
    std::vector<std::unique_ptr<WriteOp>> turned_away;
    {
        const std::lock_guard lock(mutex_);
        if (!stalled()) return;
        std::deque<std::unique_ptr<WriteOp>> kept;
        for (std::unique_ptr<WriteOp>& operation : pending_) {
            if (operation->is_admission()) {
                turned_away.push_back(std::move(operation));
            } else {
                kept.push_back(std::move(operation));
            }
        }
        pending_ = std::move(kept);
    }
    for (std::unique_ptr<WriteOp>& operation : turned_away) operation->fail(nothing_written(hangs));
    deliver_all(std::move(turned_away));
}

Result<Done> StoreWriter::health() const {
    const std::lock_guard lock(mutex_);
    if (trouble_) return reject(Reason::service_unavailable, *trouble_);
    if (stalled()) return reject(Reason::service_unavailable, hangs);
    return Done{};
}

bool StoreWriter::stalled() const {
    return busy_since_ && steady_clock::now() - *busy_since_ > limits_.stall;
}

void StoreWriter::run() {
    for (;;) {
        std::vector<std::unique_ptr<WriteOp>> batch = take();
        if (batch.empty()) {
            const std::lock_guard lock(mutex_);
            if (stopping_ && pending_.empty()) return;
        }
        if (batch.empty()) {
            probe();
        } else {
            settle(batch, false);
        }
        give_back();
        if (steady_clock::now() >= beat_due_) beat();
        {
            const std::lock_guard lock(mutex_);
            busy_since_.reset();
        }
        deliver_all(std::move(batch));
        LIBEXEC_FAILPOINT("answers-delivered");
    }
}

/// The next batch; empty when the store stops, when it is time to look whether writing works again, or when a
/// beat is due.
std::vector<std::unique_ptr<WriteOp>> StoreWriter::take() {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stopping_ || !pending_.empty(); };
    if (trouble_) {
        wake_.wait_for(lock, limits_.probe_interval, ready);
    } else if (beat_due_ == Moment::max()) {
        wake_.wait(lock, ready);
    } else {
        wake_.wait_until(lock, beat_due_, ready);
    }
    std::vector<std::unique_ptr<WriteOp>> batch;
    const std::size_t size = std::min(pending_.size(), limits_.batch_max);
    const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(size);
    batch.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
    pending_.erase(pending_.begin(), end);
    busy_since_ = steady_clock::now();
    return batch;
}

void StoreWriter::settle(Ops operations, bool one_by_one) {
    const Trial trial = backend_->attempt(operations, one_by_one);
    switch (trial.outcome) {
        case Trial::Outcome::committed:
            finish(operations, trial);
            if (trial.wrote) {
                mark_working();
            } else {
                probe();
            }
            return;
        case Trial::Outcome::constraint:
            settle_apart(operations);
            return;
        case Trial::Outcome::uncertain:
            resolve(operations, trial);
            return;
        case Trial::Outcome::refused:
            if (operations.size() > 1) {
                settle_apart(operations);
                return;
            }
            [[fallthrough]];
        case Trial::Outcome::unable:
            mark_trouble(trial.why);
            for (std::unique_ptr<WriteOp>& operation : operations)
                operation->fail(nothing_written(trial.why));
            return;
    }
}

/// Each in a transaction of its own: SOCI leaks what a failing statement had bound when it is run again, so
/// the backend makes its statements anew in between.
void StoreWriter::settle_apart(Ops operations) {
    for (std::size_t i = 0; i < operations.size(); ++i) settle(operations.subspan(i, 1), true);
}

void StoreWriter::finish(Ops operations, const Trial& trial) {
    adopt(trial.standing);
    std::vector<CommittedEvent> events;
    for (std::unique_ptr<WriteOp>& operation : operations) operation->take_events(events);
    if (!events.empty()) {
        tell_(events);
        LIBEXEC_FAILPOINT("events-published");
    }
}

void StoreWriter::resolve(Ops operations, const Trial& trial) {
    mark_trouble(trial.why);
    const std::optional<bool> landed = backend_->landed(trial);
    if (!landed) {
        const Rejection unknown =
            reject(Reason::outcome_unknown, "the order store lost the answer to a commit: " + trial.why +
                                                "; it may or may not have been written");
        for (std::unique_ptr<WriteOp>& operation : operations) {
            for (Step& step : operation->give_back()) doubtful_.push_back(std::move(step));
            operation->fail(unknown);
        }
        return;
    }
    if (*landed) {
        finish(operations, trial);
    } else {
        for (std::unique_ptr<WriteOp>& operation : operations) operation->fail(nothing_written(trial.why));
    }
    mark_working();
}

/// Looks whether writing works again, after it did not.
void StoreWriter::probe() {
    if (!trouble_) return;
    std::string why;
    try {
        const StoreStanding standing = backend_->connect();
        backend_->probe();
        adopt(standing);
    } catch (...) {
        why = current_trouble().what;
    }
    if (why.empty()) {
        mark_working();
    } else {
        mark_trouble(why);
    }
}

/// An order whose claim was made, and its answer lost, is held for nobody: as long as this node lives its
/// lease would be renewed, and the order stand still.
void StoreWriter::give_back() {
    if (trouble_ || doubtful_.empty()) return;
    std::vector<std::unique_ptr<WriteOp>> operations;
    for (Step& step : doubtful_) operations.push_back(std::make_unique<StepOp>(std::move(step)));
    doubtful_.clear();
    settle(operations, false);
    for (const std::unique_ptr<WriteOp>& operation : operations) {
        const auto& step = static_cast<const StepOp&>(*operation);
        if (!step.settled()) doubtful_.push_back(step.step());
    }
}

/// What is held is lost when this fails for long enough; whoever takes it over is told apart by its epoch.
void StoreWriter::beat() {
    beat_due_ = steady_clock::now() + beat_interval_;
    if (trouble_) return;
    try {
        adopt(backend_->beat());
    } catch (...) {
        mark_trouble(current_trouble().what);
    }
}

void StoreWriter::adopt(const StoreStanding& standing) {
    last_number_ = standing.last_number;
    live_ = standing.live;
    other_nodes_ = standing.other_nodes;
}

// Logged before `health` tells: whoever sees the change finds its reason in the log. Only this thread changes
// `trouble_`, so it may look at it without the lock.
void StoreWriter::mark_working() {
    if (!trouble_) return;
    log_.info("store.recovered", "the order store can write again");
    const std::lock_guard lock(mutex_);
    trouble_.reset();
}

void StoreWriter::mark_trouble(const std::string& why) {
    if (trouble_) return;
    log_.error("store.trouble", "the order store cannot write", {{"why", why}});
    const std::lock_guard lock(mutex_);
    trouble_ = why;
}

}  // namespace libexec
