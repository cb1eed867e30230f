#include "writer.hpp"

#include <iterator>

namespace libexec {
namespace {

Rejection nothing_written(const std::string& why) {
    return reject(Reason::service_unavailable,
                  "the order store cannot write: " + why + "; nothing was written");
}

}  // namespace

StoreWriter::StoreWriter(const SqliteStoreConfig& config, const Clock& clock, EventBus& bus, Log& log)
    : config_(config), clock_(clock), bus_(bus), log_(log) {
    connect();
    tables_->begin();
    tables_->drop_claims(clock_.now());
    tables_->commit();
    thread_ = std::thread([this] { run(); });
}

StoreWriter::~StoreWriter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    if (!tables_) return;
    try {
        tables_->session() << "pragma wal_checkpoint(truncate)";
    } catch (...) {
        // Nothing is lost: the log is read again at the next start.
        log_.warn("store.checkpoint", "the log could not be copied into the database",
                  {{"why", current_trouble().what}});
    }
}

void StoreWriter::push(std::unique_ptr<WriteOp> operation) {
    std::vector<std::unique_ptr<WriteOp>> turned_away;
    bool first = false;
    bool closed = false;
    {
        const std::lock_guard lock(mutex_);
        closed = stopping_;
        const bool full = operation->is_admission() && pending_.size() >= config_.queue_limit;
        if (closed || full) {
            turned_away.push_back(std::move(operation));
        } else {
            first = pending_.empty();
            pending_.push_back(std::move(operation));
        }
    }
    if (first) wake_.notify_one();
    if (turned_away.empty()) return;
    turned_away.front()->fail(
        closed ? reject(Reason::service_unavailable, "the order store is closed")
               : reject(Reason::queue_full, "the order store has no room for more waiting writes"));
    deliver_all(std::move(turned_away));
}

Result<Done> StoreWriter::health() const {
    const std::lock_guard lock(mutex_);
    if (trouble_) return reject(Reason::service_unavailable, *trouble_);
    return Done{};
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
            continue;
        }
        settle(batch, false);
        deliver_all(std::move(batch));
    }
}

/// The next batch; empty when the store stops, or when it is time to look whether writing works again.
std::vector<std::unique_ptr<WriteOp>> StoreWriter::take() {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stopping_ || !pending_.empty(); };
    if (trouble_) {
        wake_.wait_for(lock, config_.probe_interval, ready);
    } else {
        wake_.wait(lock, ready);
    }
    std::vector<std::unique_ptr<WriteOp>> batch;
    const std::size_t size = std::min(pending_.size(), config_.batch_max);
    const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(size);
    batch.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
    pending_.erase(pending_.begin(), end);
    return batch;
}

void StoreWriter::settle(Ops operations, bool one_by_one) {
    const Trial trial = attempt(operations, one_by_one);
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
            settle(operations, true);
            return;
        case Trial::Outcome::uncertain:
            resolve(operations, trial);
            return;
        case Trial::Outcome::refused:
            if (operations.size() > 1) {
                for (std::size_t i = 0; i < operations.size(); ++i) settle(operations.subspan(i, 1), true);
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

/// One transaction. When `isolated`, an unwelcome operation drops its own parts and nothing else; otherwise
/// it ends the trial, because a savepoint for each would make every order pay for what hardly ever happens.
StoreWriter::Trial StoreWriter::attempt(Ops operations, bool isolated) {
    Trial trial;
    bool begun = false;
    bool committing = false;
    try {
        connect();
        tables_->begin();
        begun = true;
        WriteContext context{*tables_, clock_, config_.owner, totals_};
        for (std::unique_ptr<WriteOp>& operation : operations) {
            if (isolated) {
                run_isolated(*operation, context);
            } else {
                operation->run(context);
            }
        }
        if (context.wrote) {
            ++context.totals.commits;
            tables_->write_totals(context.totals);
        }
        trial.wrote = context.wrote;
        trial.totals = context.totals;
        committing = true;
        tables_->commit();
    } catch (...) {
        const SqlTrouble trouble = current_trouble();
        trial.why = trouble.what;
        if (!begun) {
            trial.outcome = Trial::Outcome::unable;
        } else if (committing && trial.wrote && trouble.kind == SqlTrouble::Kind::uncertain) {
            trial.outcome = Trial::Outcome::uncertain;
        } else if (!committing && !isolated && trouble.kind == SqlTrouble::Kind::constraint) {
            trial.outcome = Trial::Outcome::constraint;
        } else {
            trial.outcome = Trial::Outcome::refused;
        }
    }
    if (trial.outcome != Trial::Outcome::committed) undo();
    return trial;
}

void StoreWriter::run_isolated(WriteOp& operation, WriteContext& context) {
    const Totals totals = context.totals;
    const bool wrote = context.wrote;
    tables_->savepoint();
    std::string refused;
    try {
        operation.run(context);
    } catch (...) {
        SqlTrouble trouble = current_trouble();
        if (trouble.kind != SqlTrouble::Kind::constraint) throw;
        refused = std::move(trouble.what);
    }
    if (refused.empty()) {
        tables_->release();
        return;
    }
    tables_->rollback_to_savepoint();
    context.totals = totals;
    context.wrote = wrote;
    operation.refuse();
    log_.error("store.refused", "the database refused a write that should have been welcome",
               {{"why", refused}});
}

void StoreWriter::finish(Ops operations, const Trial& trial) {
    adopt(trial.totals);
    std::vector<CommittedEvent> events;
    for (std::unique_ptr<WriteOp>& operation : operations) operation->take_events(events);
    if (!events.empty()) bus_.publish(events);
}

/// A commit failed without saying whether it landed. SQLite forgets such a transaction, but its pages may
/// have reached the log, where a restart would find them. A new transaction that is made durable overwrites
/// them or comes after them, and tells by the count of commits which of the two is true for good.
void StoreWriter::resolve(Ops operations, const Trial& trial) {
    mark_trouble(trial.why);
    std::optional<std::uint64_t> commits;
    try {
        // A connection opened anew would read the doubtful pages back as if they were safe.
        if (tables_) commits = tables_->probe();
    } catch (...) {
        undo();
    }
    if (!commits) {
        const Rejection unknown =
            reject(Reason::outcome_unknown, "the order store lost the answer to a commit: " + trial.why +
                                                "; it may or may not have been written");
        for (std::unique_ptr<WriteOp>& operation : operations) operation->fail(unknown);
        return;
    }
    if (*commits == trial.totals.commits) {
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
        connect();
        tables_->probe();
    } catch (...) {
        why = current_trouble().what;
    }
    if (why.empty()) {
        mark_working();
    } else {
        undo();
        mark_trouble(why);
    }
}

void StoreWriter::connect() {
    if (tables_) return;
    tables_ = std::make_unique<WriteTables>(config_.path);
    adopt(tables_->read_totals());
}

void StoreWriter::undo() {
    if (!tables_) return;
    try {
        tables_->rollback();
    } catch (...) {
        log_.warn("store.rollback", "the database connection is opened anew",
                  {{"why", current_trouble().what}});
        tables_.reset();
    }
}

void StoreWriter::adopt(const Totals& totals) {
    totals_ = totals;
    last_number_ = totals.last_number;
    live_ = totals.live;
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
