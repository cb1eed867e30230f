#include "write_ops.hpp"

#include <algorithm>
#include <cassert>

namespace libexec {
namespace {

/// Opens the one door through which an intent read back from the database becomes a token again.
struct Readback : OrderStore {
    using OrderStore::committed;
};

CommittedEvent shared(OrderEvent& event) { return std::make_shared<const OrderEvent>(std::move(event)); }

Claimed take(WriteContext& context, const WriteTables::DueJob& job) {
    Claimed claimed;
    claimed.epoch = job.epoch + 1;
    context.tables.take_job(job.order, claimed.epoch, context.owner);
    context.wrote = true;
    std::optional<Order> order = context.tables.find_order(job.order);
    if (!order) throw std::runtime_error("the database holds a job without an order");
    claimed.order = std::move(*order);
    if (job.epoch == 0) return claimed;  // never claimed before, and attempts are opened under a claim alone
    for (Attempt& attempt : context.tables.attempts_of(job.order)) {
        if (attempt.resolution) {
            claimed.closed_attempts.push_back(std::move(attempt));
        } else {
            claimed.open_attempt.emplace(Readback::committed(std::move(attempt)));
        }
    }
    return claimed;
}

[[maybe_unused]] bool is_gapless(const Step& step) {
    std::uint32_t seq = step.expected_seq;
    for (const OrderEvent& event : step.events) {
        if (event.order != step.after.id || event.seq != ++seq) return false;
    }
    return step.after.last_seq == seq;
}

Rejection cannot_be(const char* what) { return reject(Reason::internal, what); }

}  // namespace

bool AcceptOp::answer_repetition(WriteContext& context) {
    using Scope = WriteTables::Scope;
    const Acceptance& asked = acceptance_;
    const OrderRequest& request = asked.order.request;
    std::optional<WriteTables::Known> known;
    bool by_client_order_id = false;
    if (!asked.idempotency_key.empty()) {
        known = context.tables.find_known(Scope::account_key, asked.account, asked.idempotency_key);
    }
    if (!known && !request.client_order_id.empty()) {
        known = context.tables.find_known(Scope::client_order_id, request.client_id, request.client_order_id);
        by_client_order_id = known.has_value();
    }
    if (!known) return false;

    AcceptAnswer answer;
    answer.order = known->order;
    answer.kind =
        known->digest == asked.request_digest ? AcceptAnswer::Kind::replayed : AcceptAnswer::Kind::conflict;
    if (answer.kind == AcceptAnswer::Kind::replayed && by_client_order_id && !asked.idempotency_key.empty()) {
        // The new key now stands for the first order too, so another body under it is a conflict.
        context.tables.add_known(Scope::account_key, asked.account, asked.idempotency_key,
                                 asked.request_digest, known->order);
        context.wrote = true;
    }
    answer_.emplace(answer);
    return true;
}

void AcceptOp::run(WriteContext& context) {
    using Scope = WriteTables::Scope;
    const Order& order = acceptance_.order;
    assert(order.last_seq == 1 && acceptance_.opened.seq == 1 && acceptance_.opened.order == order.id);
    if (answer_repetition(context)) return;
    if (acceptance_.repetition_only) {
        AcceptAnswer refused;
        refused.kind = AcceptAnswer::Kind::not_admitted;
        answer_.emplace(refused);
        return;
    }

    context.wrote = true;
    context.tables.insert_order(order);
    context.tables.insert_event(acceptance_.opened, order.correlation_id);
    // The clock may have been set back since the order was stamped; it must not wait for that.
    context.tables.insert_job(order.id, std::min(order.created_at, context.clock.now()));
    if (!acceptance_.idempotency_key.empty()) {
        context.tables.add_known(Scope::account_key, acceptance_.account, acceptance_.idempotency_key,
                                 acceptance_.request_digest, order.id);
    }
    if (!order.request.client_order_id.empty()) {
        context.tables.add_known(Scope::client_order_id, order.request.client_id,
                                 order.request.client_order_id, acceptance_.request_digest, order.id);
    }
    ++context.totals.live;
    context.totals.last_number = std::max(context.totals.last_number, order.number);
    AcceptAnswer answer;
    answer.order = order.id;
    answer_.emplace(answer);
}

void AcceptOp::refuse() { fail(cannot_be("an order with this id exists already")); }

void AcceptOp::take_events(std::vector<CommittedEvent>& events) {
    if (*answer_ && answer_->value().kind == AcceptAnswer::Kind::accepted)
        events.push_back(shared(acceptance_.opened));
}

void ClaimOp::run(WriteContext& context) {
    ClaimBatch batch;
    for (const WriteTables::DueJob& job : context.tables.due_jobs(context.clock.now(), limit_)) {
        batch.orders.push_back(take(context, job));
    }
    batch.next_due = context.tables.next_due();
    answer_.emplace(std::move(batch));
}

void ClaimOp::refuse() { fail(cannot_be("the database refused a claim")); }

void ClaimOrderOp::run(WriteContext& context) {
    std::optional<Claimed> claimed;
    // One process holds the file, so a job that is held is held by this node.
    if (const auto job = context.tables.find_job(order_)) claimed.emplace(take(context, *job));
    answer_.emplace(std::move(claimed));
}

void ClaimOrderOp::refuse() { fail(cannot_be("the database refused a claim")); }

void StepOp::run(WriteContext& context) {
    assert(is_gapless(step_));
    const OrderId& order = step_.after.id;
    if (!context.tables.update_order(step_.after, step_.expected_seq, step_.epoch, step_.opens.has_value())) {
        const bool cancelled =
            step_.opens && context.tables.fence_holds(order, step_.expected_seq, step_.epoch);
        answer_.emplace(cancelled ? StepAnswer::cancel_requested : StepAnswer::stale);
        return;
    }
    context.wrote = true;
    for (const OrderEvent& event : step_.events) {
        context.tables.insert_event(event, step_.after.correlation_id);
        if (event.ends_order()) context.totals.count_end(event.status);
    }
    if (step_.closes && !context.tables.close_attempt(*step_.closes)) {
        throw Unwelcome("the step closes an attempt that is not open");
    }
    if (step_.opens) context.tables.insert_attempt(*step_.opens);
    switch (step_.job.kind) {
        case JobChange::Kind::keep:
            break;
        case JobChange::Kind::release:
            context.tables.release_job(order, step_.job.visible_at, context.clock.now());
            break;
        case JobChange::Kind::done:
            context.tables.delete_job(order);
            break;
    }
    answer_.emplace(StepAnswer::committed);
}

// A second open attempt, a second end, a signature seen before: whoever asked does not know how the order
// stands.
void StepOp::refuse() { answer_.emplace(StepAnswer::stale); }

void StepOp::take_events(std::vector<CommittedEvent>& events) {
    if (!*answer_ || answer_->value() != StepAnswer::committed) return;
    for (OrderEvent& event : step_.events) events.push_back(shared(event));
}

void CancelOp::run(WriteContext& context) {
    const std::optional<OrderStatus> status = context.tables.status_of(order_);
    if (status && !is_terminal(*status)) {
        context.tables.set_cancel_requested(order_, context.clock.now());
        context.wrote = true;
    }
    answer_.emplace(status);
}

void CancelOp::refuse() { fail(cannot_be("the database refused a cancellation")); }

}  // namespace libexec
