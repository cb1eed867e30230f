#include "support/memory_store.hpp"

#include <algorithm>

namespace libexec::test {

void MemoryStore::forget_claims() {
    for (auto& [id, row] : rows) {
        if (row.claimed) row.visible_at = clock_.now();
        row.claimed = false;
    }
}

Task<Result<AcceptAnswer>> MemoryStore::accept(Acceptance acceptance) {
    const Trouble fate = trouble("accept");
    if (fate == Trouble::refused) co_return reject(Reason::service_unavailable, "disk full");
    AcceptAnswer answer = insert(std::move(acceptance));
    if (fate != Trouble::none) co_return reject(Reason::outcome_unknown, "answer lost");
    co_return answer;
}

Task<Result<ClaimBatch>> MemoryStore::claim(std::size_t limit) {
    if (trouble("claim") != Trouble::none) co_return reject(Reason::service_unavailable, "disk full");
    std::vector<std::pair<Time, OrderId>> due;
    ClaimBatch batch;
    for (const auto& [id, row] : rows) {
        if (!row.has_job || row.claimed) continue;
        if (row.visible_at <= clock_.now()) {
            due.emplace_back(row.visible_at, id);
        } else if (!batch.next_due || row.visible_at < *batch.next_due) {
            batch.next_due = row.visible_at;
        }
    }
    std::sort(due.begin(), due.end());
    for (std::size_t i = 0; i < due.size() && i < limit; ++i)
        batch.orders.push_back(take(rows.at(due[i].second)));
    co_return batch;
}

Task<Result<std::optional<Claimed>>> MemoryStore::claim_order(OrderId order) {
    if (trouble("claim_order") != Trouble::none) co_return reject(Reason::service_unavailable, "disk full");
    std::optional<Claimed> claimed;
    const auto found = rows.find(order);
    if (found != rows.end() && found->second.has_job) claimed = take(found->second);
    co_return claimed;
}

Task<Result<StepAnswer>> MemoryStore::commit(Step step) {
    const Trouble fate = trouble(step.opens                       ? "intent"
                                 : is_terminal(step.after.status) ? "terminal"
                                                                  : "commit");
    if (fate == Trouble::refused) co_return reject(Reason::service_unavailable, "disk full");
    if (fate == Trouble::unknown) co_return reject(Reason::outcome_unknown, "answer lost, nothing written");
    const StepAnswer answer = apply(step);
    if (before_answer) co_await before_answer(step);
    if (fate == Trouble::answer_lost) co_return reject(Reason::outcome_unknown, "answer lost, written");
    co_return answer;
}

void MemoryStore::commit_later(Step step) {
    if (trouble("later") != Trouble::none) return;
    apply(std::move(step));
}

Task<Result<std::optional<OrderStatus>>> MemoryStore::request_cancel(OrderId order, Viewer viewer) {
    std::optional<OrderStatus> status;
    if (find(order, viewer) != nullptr) {
        Row& row = rows.at(order);
        status = row.order.status;
        if (!is_terminal(*status)) {
            row.order.cancel_requested = true;
            if (!row.claimed) row.visible_at = std::min(row.visible_at, clock_.now());
        }
    }
    co_return status;
}

Task<Result<std::optional<OrderRecord>>> MemoryStore::load(OrderId order, Viewer viewer) {
    std::optional<OrderRecord> record;
    if (const Row* const row = find(order, viewer)) {
        record.emplace();
        record->order = row->order;
        record->attempts = row->attempts;
    }
    co_return record;
}

Task<Result<std::vector<OrderRecord>>> MemoryStore::list(OrderFilter filter) {
    std::vector<OrderRecord> all;
    for (const auto& [id, row] : rows) {
        if (!filter.viewer.sees(row.order.account)) continue;
        if ((filter.id_from && id < *filter.id_from) || (filter.id_to && *filter.id_to < id)) continue;
        OrderRecord record;
        record.order = row.order;
        record.attempts = row.attempts;
        all.push_back(std::move(record));
    }
    co_return all;
}

Task<Result<std::vector<CommittedEvent>>> MemoryStore::events_after(OrderId order, std::uint32_t seq,
                                                                    std::size_t limit, Viewer viewer) {
    std::vector<CommittedEvent> page;
    if (const Row* const row = find(order, viewer)) {
        for (const CommittedEvent& event : row->events) {
            if (event->seq > seq && page.size() < limit) page.push_back(event);
        }
    }
    co_return page;
}

Task<Result<QueueCounts>> MemoryStore::counts() {
    QueueCounts counts;
    for (const auto& [id, row] : rows) {
        if (row.claimed)
            ++counts.active;
        else if (row.has_job)
            ++(row.visible_at <= clock_.now() ? counts.waiting : counts.delayed);
        else
            ++(row.order.status == OrderStatus::confirmed ? counts.completed : counts.failed);
    }
    co_return counts;
}

std::uint64_t MemoryStore::last_number() {
    std::uint64_t last = 0;
    for (const auto& [id, row] : rows) last = std::max(last, row.order.number);
    return last;
}
std::uint64_t MemoryStore::live_orders() {
    std::uint64_t live = 0;
    for (const auto& [id, row] : rows) live += row.has_job ? 1 : 0;
    return live;
}

AcceptAnswer MemoryStore::insert(Acceptance acceptance) {
    AcceptAnswer answer;
    answer.order = acceptance.order.id;
    if (!acceptance.idempotency_key.empty()) {
        const auto [known, fresh] =
            keys_.try_emplace({acceptance.order.account, acceptance.idempotency_key},
                              std::pair(acceptance.request_digest, acceptance.order.id));
        if (!fresh) {
            answer.order = known->second.second;
            answer.kind = known->second.first == acceptance.request_digest ? AcceptAnswer::Kind::replayed
                                                                           : AcceptAnswer::Kind::conflict;
            return answer;
        }
    }
    if (acceptance.repetition_only) {
        answer.kind = AcceptAnswer::Kind::not_admitted;
        keys_.erase({acceptance.order.account, acceptance.idempotency_key});
        return answer;
    }
    Row row;
    row.order = std::move(acceptance.order);
    row.visible_at = clock_.now();
    row.events.push_back(std::make_shared<const OrderEvent>(std::move(acceptance.opened)));
    if (bus_ != nullptr) bus_->publish(row.events);
    rows.emplace(answer.order, std::move(row));
    return answer;
}

const MemoryStore::Row* MemoryStore::find(const OrderId& order, const Viewer& viewer) const {
    const auto found = rows.find(order);
    return found != rows.end() && viewer.sees(found->second.order.account) ? &found->second : nullptr;
}

Claimed MemoryStore::take(Row& row) {
    Claimed claimed;
    row.claimed = true;
    claimed.epoch = ++row.epoch;
    claimed.order = row.order;
    for (const Attempt& attempt : row.attempts) {
        if (attempt.resolution) {
            claimed.closed_attempts.push_back(attempt);
        } else {
            claimed.open_attempt = committed(attempt);
        }
    }
    return claimed;
}

StepAnswer MemoryStore::apply(Step step) {
    Row& row = rows.at(step.after.id);
    if (!row.has_job || row.epoch != step.epoch || row.order.last_seq != step.expected_seq)
        return StepAnswer::stale;
    if (step.opens && row.order.cancel_requested) return StepAnswer::cancel_requested;
    steps.push_back(step);
    const bool cancelled = row.order.cancel_requested;
    row.order = step.after;
    row.order.cancel_requested = cancelled;
    if (step.opens) row.attempts.push_back(*step.opens);
    if (step.closes) row.attempts.back() = *step.closes;  // only the last one can be open
    std::vector<CommittedEvent> told;
    for (OrderEvent& event : step.events)
        told.push_back(std::make_shared<const OrderEvent>(std::move(event)));
    row.events.insert(row.events.end(), told.begin(), told.end());
    if (step.job.kind == JobChange::Kind::release) {
        row.claimed = false;
        row.visible_at = step.job.visible_at;
    } else if (step.job.kind == JobChange::Kind::done) {
        row.claimed = false;
        row.has_job = false;
    }
    if (bus_ != nullptr) bus_->publish(told);
    return StepAnswer::committed;
}

}  // namespace libexec::test
