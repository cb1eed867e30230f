#include "backend.hpp"

#include <algorithm>
#include <utility>

#include "batch_writer.hpp"
#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

using std::chrono::steady_clock;

/// At least how often it is looked what other nodes have alive.
constexpr std::chrono::milliseconds look_interval{250};
constexpr int tries_most = 4;  ///< of a transaction that another node's was in the way of

}  // namespace

std::chrono::microseconds PgBackend::renew_interval() const { return identity_.who.lease / 3; }

/// What is unwelcome drops its parts and nothing else. Returns why it was unwelcome; empty when it was not.
std::string PgBackend::write_isolated(WriteOp& operation, BatchWriter& writer) {
    tables_->savepoint();
    std::string refused;
    try {
        operation.meet(writer);
        writer.write();
    } catch (...) {
        SqlTrouble trouble = current_trouble();
        if (trouble.kind != SqlTrouble::Kind::constraint) throw;
        refused = std::move(trouble.what);
    }
    if (refused.empty()) {
        tables_->release();
    } else {
        statement_failed_ = true;
        tables_->rollback_to_savepoint();
        operation.refuse();
    }
    return refused;
}

StoreStanding PgBackend::connect() {
    if (std::exchange(statement_failed_, false)) tables_.reset();
    if (tables_) return standing_after(counts_);
    auto tables = std::make_unique<PgWriteTables>(identity_.place, identity_.who);
    if (identity_.count_on_injected_clock) tables->set_now(clock_.now());
    tables->begin();
    if (!known_) tables->nodes().add();
    // Waits for whatever an earlier connection of this node may still be committing.
    counts_ = tables->nodes().lock();
    tables->nodes().fold_old();
    others_ = tables->nodes().others();
    tables->commit();
    known_ = true;
    LIBEXEC_FAILPOINT("store-connected");
    tables_ = std::move(tables);
    return standing_after(counts_);
}

/// `live` of the others alone wraps around zero: they end orders that were accepted here.
StoreStanding PgBackend::standing_after(const NodeCounts& counts) const {
    StoreStanding standing;
    standing.last_number = std::max(others_.last_number, counts.last_number);
    standing.live = others_.live + counts.accepted - counts.ended();
    standing.other_nodes = others_.other_nodes;
    return standing;
}

Trial PgBackend::attempt(Ops operations, bool isolated) {
    Trial trial;
    for (int tries = 1;; ++tries) {
        bool again = false;
        trial = attempt_once(operations, isolated, again);
        if (!again || tries == tries_most) return trial;
    }
}

Trial PgBackend::attempt_once(Ops operations, bool isolated, bool& again) {
    Trial trial;
    NodeCounts after;
    TrialStage stage = TrialStage::connecting;
    try {
        connect();
        if (identity_.count_on_injected_clock) tables_->set_now(clock_.now());
        tables_->begin();
        stage = TrialStage::writing;
        LIBEXEC_FAILPOINT("transaction-begun");
        after = counts_;
        if (isolated) {
            for (std::unique_ptr<WriteOp>& operation : operations) {
                BatchWriter writer(*tables_, clock_, after);
                const std::string refused = write_isolated(*operation, writer);
                if (refused.empty()) {
                    after = writer.counts;
                    trial.wrote = trial.wrote || writer.wrote;
                } else {
                    log_.error("store.refused", "the database refused a write that should have been welcome",
                               {{"why", refused}});
                }
            }
        } else {
            BatchWriter writer(*tables_, clock_, after);
            for (std::unique_ptr<WriteOp>& operation : operations) operation->meet(writer);
            writer.write();
            after = writer.counts;
            trial.wrote = writer.wrote;
        }
        if (trial.wrote) {
            ++after.commits;
            others_ = tables_->nodes().write(after);
        }
        trial.commits = after.commits;
        trial.standing = standing_after(after);
        stage = TrialStage::committing;
        LIBEXEC_FAILPOINT("before-commit");
        tables_->commit();
        LIBEXEC_FAILPOINT("after-commit");
        counts_ = after;
        return trial;
    } catch (const KeyRace& race) {
        again = true;
        trial.outcome = Trial::Outcome::refused;
        trial.why = race.what();
    } catch (...) {
        const SqlTrouble trouble = current_trouble();
        trial.why = trouble.what;
        statement_failed_ = true;
        again = trouble.kind == SqlTrouble::Kind::conflict;
        trial.outcome = outcome_of(trouble, stage, trial.wrote, isolated);
        if (trouble.kind == SqlTrouble::Kind::gone) tables_.reset();
    }
    undo();
    return trial;
}

/// A commit's answer was lost. The row of this node is written in every transaction that writes, so whoever
/// gets its lock knows that the lost one is over, and its count of commits tells how it ended.
std::optional<bool> PgBackend::landed(const Trial& trial) {
    try {
        tables_.reset();
        connect();
        return counts_.commits == trial.commits;
    } catch (...) {
        tables_.reset();
        return std::nullopt;
    }
}

void PgBackend::probe() {
    try {
        connect();
        transact(&PgWriteTables::renew_leases);
        LIBEXEC_FAILPOINT("lease-renewed");
        renew_due_ = steady_clock::now() + renew_interval();
    } catch (...) {
        tables_.reset();
        throw;
    }
}

std::chrono::milliseconds PgBackend::beat_interval() const {
    return std::min(std::chrono::duration_cast<std::chrono::milliseconds>(renew_interval()), look_interval);
}

StoreStanding PgBackend::beat() {
    if (steady_clock::now() >= renew_due_) {
        probe();
        return standing_after(counts_);
    }
    try {
        connect();
        others_ = tables_->nodes().others();
    } catch (...) {
        tables_.reset();
        throw;
    }
    return standing_after(counts_);
}

void PgBackend::finish() {
    if (!tables_) return;
    try {
        transact(&PgWriteTables::give_back_everything);
    } catch (...) {
        // Nothing is lost: other nodes take the jobs over when their leases have run out.
        log_.warn("store.release", "the jobs of this node could not be given back",
                  {{"why", current_trouble().what}});
    }
}

/// With the row of this node written in it, so that a lost answer to it cannot be mistaken for another's.
void PgBackend::transact(void (PgWriteTables::*work)()) {
    if (identity_.count_on_injected_clock) tables_->set_now(clock_.now());
    NodeCounts after = counts_;
    ++after.commits;
    tables_->begin();
    (tables_.get()->*work)();
    if (work == &PgWriteTables::renew_leases) LIBEXEC_FAILPOINT("lease-half-renewed");
    if (work == &PgWriteTables::give_back_everything) LIBEXEC_FAILPOINT("jobs-half-given-back");
    others_ = tables_->nodes().write(after);
    tables_->commit();
    counts_ = after;
}

void PgBackend::undo() {
    if (!tables_) return;
    try {
        tables_->rollback();
    } catch (...) {
        log_.warn("store.rollback", "the database connection is opened anew",
                  {{"why", current_trouble().what}});
        tables_.reset();
    }
}

}  // namespace libexec
