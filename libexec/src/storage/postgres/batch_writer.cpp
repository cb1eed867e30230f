#include "batch_writer.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "../client_key.hpp"
#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

constexpr int account_key = 0;

/// The keys of one submission, the account's first; each may be missing.
struct KeysOf {
    explicit KeysOf(const Acceptance& asked) {
        const OrderRequest& request = asked.order.request;
        if (!asked.idempotency_key.empty())
            by_account.emplace(account_key, asked.order.account, asked.idempotency_key);
        if (request.client_order_id.empty()) return;
        const ClientKey key(asked.order);
        by_client.emplace(key.scope, key.owner, request.client_order_id);
    }
    std::optional<PgWriteTables::Key> by_account;
    std::optional<PgWriteTables::Key> by_client;
};

}  // namespace

void PgBackend::BatchWriter::write() {
    write_accepts();
    lock_jobs();
    write_steps();
    write_cancels();
    write_order_claims();
    write_claims();
}

void PgBackend::BatchWriter::write_accepts() {
    if (accepts_.empty()) return;
    std::vector<Key> asked;
    for (const AcceptOp* op : accepts_) {
        const KeysOf keys(op->asked());
        if (keys.by_account) asked.push_back(*keys.by_account);
        if (keys.by_client) asked.push_back(*keys.by_client);
    }
    // What the database knows, and what earlier submissions of this batch add to it.
    std::map<Key, PgWriteTables::Known> known = tables_.find_known(asked);
    std::map<Key, PgWriteTables::Known> added;
    std::vector<const Acceptance*> fresh;
    const auto add = [&](const std::optional<Key>& key, const std::string& digest, const OrderId& order) {
        if (!key) return;
        known[*key] = PgWriteTables::Known{digest, order};
        added[*key] = PgWriteTables::Known{digest, order};
    };
    for (AcceptOp* op : accepts_) {
        const Acceptance& acceptance = op->asked();
        const KeysOf keys(acceptance);
        auto found = keys.by_account ? known.find(*keys.by_account) : known.end();
        const bool by_client = found == known.end() && keys.by_client;
        if (by_client) found = known.find(*keys.by_client);
        if (found != known.end()) {
            const PgWriteTables::Known first = found->second;
            const bool same = first.digest == acceptance.request_digest;
            // The new key now stands for the first order too, so another body under it is a conflict.
            if (same && by_client) add(keys.by_account, acceptance.request_digest, first.order);
            op->answer(same ? AcceptAnswer::Kind::replayed : AcceptAnswer::Kind::conflict, first.order);
        } else if (acceptance.repetition_only) {
            op->answer(AcceptAnswer::Kind::not_admitted, OrderId());
        } else {
            const Order& order = acceptance.order;
            add(keys.by_account, acceptance.request_digest, order.id);
            add(keys.by_client, acceptance.request_digest, order.id);
            fresh.push_back(&acceptance);
            ++counts.accepted;
            counts.last_number = std::max(counts.last_number, order.number);
            op->answer(AcceptAnswer::Kind::accepted, order.id);
        }
    }
    if (tables_.add_keys(added) != added.size()) throw KeyRace();
    LIBEXEC_FAILPOINT("accept-half-written");
    tables_.insert_orders(fresh);
    wrote = wrote || !added.empty() || !fresh.empty();
}

void PgBackend::BatchWriter::lock_jobs() {
    std::set<OrderId> orders;
    for (const StepOp* op : steps_) orders.insert(op->step().after.id);
    for (const CancelOp* op : cancels_) orders.insert(op->order());
    for (const ClaimOrderOp* op : order_claims_) orders.insert(op->order());
    tables_.lock_jobs(std::vector<OrderId>(orders.begin(), orders.end()));
}

/// One statement moves an order once; its next step waits for the next wave.
void PgBackend::BatchWriter::write_steps() {
    std::vector<StepOp*> waiting = steps_;
    while (!waiting.empty()) {
        std::vector<StepOp*> wave;
        std::vector<StepOp*> later;
        std::set<OrderId> moved;
        for (StepOp* op : waiting) {
            (moved.insert(op->step().after.id).second ? wave : later).push_back(op);
        }
        write_wave(wave);
        waiting = std::move(later);
    }
}

void PgBackend::BatchWriter::write_wave(const std::vector<StepOp*>& wave) {
    std::vector<const Step*> steps;
    for (const StepOp* op : wave) steps.push_back(&op->step());
    const auto answers = tables_.move(steps, clock_.now());
    for (StepOp* op : wave) {
        const Step& step = op->step();
        const PgWriteTables::Moved& answer = answers.at(step.after.id);
        if (!answer.moved) {
            op->answer(step.opens && answer.fenced ? StepAnswer::cancel_requested : StepAnswer::stale);
            continue;
        }
        if (step.closes && !answer.closed) throw Unwelcome("the step closes an attempt that is not open");
        wrote = true;
        LIBEXEC_FAILPOINT("step-half-written");
        for (const OrderEvent& event : step.events) {
            if (event.ends_order()) counts.count_end(event.status);
        }
        op->answer(StepAnswer::committed);
    }
}

void PgBackend::BatchWriter::write_cancels() {
    if (cancels_.empty()) return;
    using Asked = PgWriteTables::Asked;
    std::set<Asked> asked;
    for (const CancelOp* op : cancels_) asked.emplace(op->order(), op->viewer());
    const std::map<Asked, OrderStatus> statuses =
        tables_.request_cancel(std::vector<Asked>(asked.begin(), asked.end()));
    LIBEXEC_FAILPOINT("cancel-half-written");
    for (CancelOp* op : cancels_) {
        const auto found = statuses.find(Asked(op->order(), op->viewer()));
        std::optional<OrderStatus> status;
        if (found != statuses.end()) status = found->second;
        wrote = wrote || (status && !is_terminal(*status));
        op->answer(status);
    }
}

void PgBackend::BatchWriter::write_order_claims() {
    for (ClaimOrderOp* op : order_claims_) {
        std::vector<OrderId> one{op->order()};
        std::vector<Claimed> claimed = load(tables_.claim_orders(one));
        std::optional<Claimed> taken;
        if (!claimed.empty()) taken.emplace(std::move(claimed.front()));
        op->answer(std::move(taken));
    }
}

void PgBackend::BatchWriter::write_claims() {
    for (ClaimOp* op : claims_) {
        ClaimBatch batch;
        batch.orders = load(tables_.claim(op->limit()));
        // Told on this node's clock, which need not agree with the database's.
        if (const auto wait = tables_.next_due_in()) batch.next_due = clock_.now() + *wait;
        op->answer(std::move(batch));
    }
}

std::vector<Claimed> PgBackend::BatchWriter::load(const std::vector<PgWriteTables::Held>& held) {
    std::vector<Claimed> claimed;
    if (held.empty()) return claimed;
    wrote = true;
    LIBEXEC_FAILPOINT("claim-half-written");
    std::vector<OrderId> orders;
    std::vector<OrderId> claimed_before;
    for (const PgWriteTables::Held& job : held) {
        orders.push_back(job.order);
        // Attempts are opened under a claim alone: at the first there are none.
        if (job.epoch > 1) claimed_before.push_back(job.order);
    }
    if (!claimed_before.empty()) LIBEXEC_FAILPOINT("reclaim-half-written");
    std::map<OrderId, Order> found;
    for (Order& order : tables_.load_orders(orders)) found.emplace(order.id, std::move(order));
    std::map<OrderId, std::vector<Attempt>> attempts;
    if (!claimed_before.empty()) {
        for (Attempt& attempt : tables_.load_attempts(claimed_before))
            attempts[attempt.order].push_back(std::move(attempt));
    }
    for (const PgWriteTables::Held& job : held) {
        const auto order = found.find(job.order);
        if (order == found.end()) throw std::runtime_error("the database holds a job without an order");
        claimed.push_back(make_claimed(std::move(order->second), job.epoch, std::move(attempts[job.order])));
    }
    return claimed;
}

}  // namespace libexec
