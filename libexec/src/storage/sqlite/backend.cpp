#include "backend.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "../client_key.hpp"
#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

StoreStanding standing_of(const Totals& totals) {
    StoreStanding standing;
    standing.last_number = totals.last_number;
    standing.live = totals.live;
    return standing;
}

}  // namespace

/// Writes one operation after the other in the transaction that is open.
class SqliteBackend::RowWriter final : public WriteVisitor {
public:
    RowWriter(WriteTables& tables, const Clock& clock, const std::string& owner, const Totals& before)
        : totals(before), tables_(tables), clock_(clock), owner_(owner) {}

    void visit(AcceptOp& op) override;
    void visit(ClaimOp& op) override;
    void visit(ClaimOrderOp& op) override;
    void visit(StepOp& op) override;
    void visit(CancelOp& op) override;

    /// An unwelcome operation drops its own parts. Returns why it was; empty when it was welcome.
    std::string write_isolated(WriteOp& operation);

    Totals totals;       ///< as they will stand after the commit
    bool wrote = false;  ///< anything at all

private:
    bool answer_repetition(AcceptOp& op);
    Claimed take(const WriteTables::DueJob& job);

    WriteTables& tables_;
    const Clock& clock_;
    const std::string& owner_;
};

bool SqliteBackend::RowWriter::answer_repetition(AcceptOp& op) {
    using Scope = WriteTables::Scope;
    const Acceptance& asked = op.asked();
    const OrderRequest& request = asked.order.request;
    std::optional<WriteTables::Known> known;
    bool by_client_order_id = false;
    if (!asked.idempotency_key.empty()) {
        known = tables_.find_known(Scope::account_key, asked.order.account, asked.idempotency_key);
    }
    if (!known && !request.client_order_id.empty()) {
        const ClientKey by_client(asked.order);
        known =
            tables_.find_known(static_cast<Scope>(by_client.scope), by_client.owner, request.client_order_id);
        by_client_order_id = known.has_value();
    }
    if (!known) return false;

    const bool same = known->digest == asked.request_digest;
    if (same && by_client_order_id && !asked.idempotency_key.empty()) {
        // The new key now stands for the first order too, so another body under it is a conflict.
        tables_.add_known(Scope::account_key, asked.order.account, asked.idempotency_key,
                          asked.request_digest, known->order);
        wrote = true;
    }
    op.answer(same ? AcceptAnswer::Kind::replayed : AcceptAnswer::Kind::conflict, known->order);
    return true;
}

void SqliteBackend::RowWriter::visit(AcceptOp& op) {
    using Scope = WriteTables::Scope;
    const Acceptance& asked = op.asked();
    const Order& order = asked.order;
    if (answer_repetition(op)) return;
    if (asked.repetition_only) {
        op.answer(AcceptAnswer::Kind::not_admitted, OrderId());
        return;
    }

    wrote = true;
    tables_.insert_order(order);
    LIBEXEC_FAILPOINT("accept-half-written");
    tables_.insert_event(asked.opened, order.correlation_id);
    // The clock may have been set back since the order was stamped; it must not wait for that.
    tables_.insert_job(order.id, std::min(order.created_at, clock_.now()));
    if (!asked.idempotency_key.empty()) {
        tables_.add_known(Scope::account_key, order.account, asked.idempotency_key, asked.request_digest,
                          order.id);
    }
    if (!order.request.client_order_id.empty()) {
        const ClientKey by_client(order);
        tables_.add_known(static_cast<Scope>(by_client.scope), by_client.owner, order.request.client_order_id,
                          asked.request_digest, order.id);
    }
    ++totals.live;
    totals.last_number = std::max(totals.last_number, order.number);
    op.answer(AcceptAnswer::Kind::accepted, order.id);
}

Claimed SqliteBackend::RowWriter::take(const WriteTables::DueJob& job) {
    tables_.take_job(job.order, job.epoch + 1, owner_);
    wrote = true;
    LIBEXEC_FAILPOINT("claim-half-written");
    if (job.epoch > 0) LIBEXEC_FAILPOINT("reclaim-half-written");
    std::optional<Order> order = tables_.find_order(job.order);
    if (!order) throw std::runtime_error("the database holds a job without an order");
    // Attempts are opened under a claim alone: at epoch 0 there are none.
    return make_claimed(std::move(*order), job.epoch + 1,
                        job.epoch == 0 ? std::vector<Attempt>() : tables_.attempts_of(job.order));
}

void SqliteBackend::RowWriter::visit(ClaimOp& op) {
    ClaimBatch batch;
    for (const WriteTables::DueJob& job : tables_.due_jobs(clock_.now(), op.limit())) {
        batch.orders.push_back(take(job));
    }
    batch.next_due = tables_.next_due();
    op.answer(std::move(batch));
}

void SqliteBackend::RowWriter::visit(ClaimOrderOp& op) {
    std::optional<Claimed> claimed;
    // One process holds the file, so a job that is held is held by this node.
    if (const auto job = tables_.find_job(op.order())) claimed.emplace(take(*job));
    op.answer(std::move(claimed));
}

void SqliteBackend::RowWriter::visit(StepOp& op) {
    const Step& step = op.step();
    const OrderId& order = step.after.id;
    if (!tables_.update_order(step.after, step.expected_seq, step.epoch, step.opens.has_value())) {
        const bool cancelled = step.opens && tables_.fence_holds(order, step.expected_seq, step.epoch);
        op.answer(cancelled ? StepAnswer::cancel_requested : StepAnswer::stale);
        return;
    }
    wrote = true;
    LIBEXEC_FAILPOINT("step-half-written");
    for (const OrderEvent& event : step.events) {
        tables_.insert_event(event, step.after.correlation_id);
        if (!event.ends_order()) continue;
        totals.count_end(event.status);
        --totals.live;
    }
    if (step.closes && !tables_.close_attempt(*step.closes)) {
        throw Unwelcome("the step closes an attempt that is not open");
    }
    if (step.opens) tables_.insert_attempt(*step.opens);
    switch (step.job.kind) {
        case JobChange::Kind::keep:
            break;
        case JobChange::Kind::release:
            tables_.release_job(order, step.job.visible_at, clock_.now());
            break;
        case JobChange::Kind::done:
            tables_.delete_job(order);
            break;
    }
    op.answer(StepAnswer::committed);
}

void SqliteBackend::RowWriter::visit(CancelOp& op) {
    const std::optional<OrderStatus> status = tables_.status_of(op.order(), op.viewer());
    if (status && !is_terminal(*status)) {
        tables_.set_cancel_requested(op.order(), clock_.now());
        LIBEXEC_FAILPOINT("cancel-half-written");
        wrote = true;
    }
    op.answer(status);
}

std::string SqliteBackend::RowWriter::write_isolated(WriteOp& operation) {
    const Totals totals_before = totals;
    const bool wrote_before = wrote;
    tables_.savepoint();
    std::string refused;
    try {
        operation.meet(*this);
    } catch (...) {
        SqlTrouble trouble = current_trouble();
        if (trouble.kind != SqlTrouble::Kind::constraint) throw;
        refused = std::move(trouble.what);
    }
    if (refused.empty()) {
        tables_.release();
        return refused;
    }
    tables_.rollback_to_savepoint();
    totals = totals_before;
    wrote = wrote_before;
    operation.refuse();
    return refused;
}

StoreStanding SqliteBackend::connect() {
    if (!tables_) {
        tables_ = std::make_unique<WriteTables>(path_);
        totals_ = tables_->read_totals();
    }
    if (!claims_dropped_) {
        tables_->begin();
        tables_->drop_claims(clock_.now());
        tables_->commit();
        claims_dropped_ = true;
        LIBEXEC_FAILPOINT("store-connected");
    }
    return standing_of(totals_);
}

// A savepoint for each operation would make every order pay for what hardly ever happens.
Trial SqliteBackend::attempt(Ops operations, bool isolated) {
    Trial trial;
    TrialStage stage = TrialStage::connecting;
    Totals after;
    try {
        connect();
        tables_->begin();
        stage = TrialStage::writing;
        LIBEXEC_FAILPOINT("transaction-begun");
        RowWriter writer(*tables_, clock_, owner_, totals_);
        for (std::unique_ptr<WriteOp>& operation : operations) {
            if (!isolated) {
                operation->meet(writer);
            } else if (const std::string why = writer.write_isolated(*operation); !why.empty()) {
                log_.error("store.refused", "the database refused a write that should have been welcome",
                           {{"why", why}});
            }
        }
        after = writer.totals;
        trial.wrote = writer.wrote;
        if (trial.wrote) {
            ++after.commits;
            tables_->write_totals(after);
        }
        trial.commits = after.commits;
        trial.standing = standing_of(after);
        stage = TrialStage::committing;
        LIBEXEC_FAILPOINT("before-commit");
        tables_->commit();
        LIBEXEC_FAILPOINT("after-commit");
        totals_ = after;
    } catch (...) {
        const SqlTrouble trouble = current_trouble();
        trial.why = trouble.what;
        trial.outcome = outcome_of(trouble, stage, trial.wrote, isolated);
    }
    if (trial.outcome != Trial::Outcome::committed) undo();
    return trial;
}

/// A commit failed without saying whether it landed. SQLite forgets such a transaction, but its pages may
/// have reached the log, where a restart would find them. A new transaction that is made durable overwrites
/// them or comes after them, and tells by the count of commits which of the two is true for good.
std::optional<bool> SqliteBackend::landed(const Trial& trial) {
    try {
        // A connection opened anew would read the doubtful pages back as if they were safe.
        if (!tables_) return std::nullopt;
        const bool found = tables_->probe() == trial.commits;
        if (found) totals_ = tables_->read_totals();
        return found;
    } catch (...) {
        undo();
        return std::nullopt;
    }
}

void SqliteBackend::probe() {
    try {
        connect();
        tables_->probe();
    } catch (...) {
        undo();
        throw;
    }
}

void SqliteBackend::finish() {
    if (!tables_) return;
    try {
        tables_->session() << "pragma wal_checkpoint(truncate)";
    } catch (...) {
        // Nothing is lost: the log is read again at the next start.
        log_.warn("store.checkpoint", "the log could not be copied into the database",
                  {{"why", current_trouble().what}});
    }
}

void SqliteBackend::undo() {
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
