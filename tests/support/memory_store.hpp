#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"

namespace libexec::test {

/// An order store in memory, for one thread: the same rules as the real ones, and trouble on demand.
class MemoryStore final : public OrderStore {
public:
    MemoryStore(const Clock& clock, EventBus* bus) : clock_(clock), bus_(bus) {}

    /// Called before each write with its name; what it returns happens to that write.
    enum class Trouble { none, refused, answer_lost, unknown };
    std::function<Trouble(const std::string& what)> trouble = [](const std::string&) {
        return Trouble::none;
    };

    struct Row {
        Order order;
        std::vector<CommittedEvent> events;
        std::vector<Attempt> attempts;
        bool has_job = true;
        Time visible_at{};
        std::uint64_t epoch = 0;
        bool claimed = false;
    };
    std::map<OrderId, Row> rows;
    std::vector<Step> steps;  ///< every step that was written

    /// What a restart of the process does: nothing is claimed any more.
    void forget_claims() {
        for (auto& [id, row] : rows) {
            if (row.claimed) row.visible_at = clock_.now();
            row.claimed = false;
        }
    }

    Task<Result<AcceptAnswer>> accept(Acceptance acceptance) override {
        const Trouble fate = trouble("accept");
        if (fate == Trouble::refused) co_return reject(Reason::service_unavailable, "disk full");
        AcceptAnswer answer = insert(std::move(acceptance));
        if (fate != Trouble::none) co_return reject(Reason::outcome_unknown, "answer lost");
        co_return answer;
    }

    Task<Result<ClaimBatch>> claim(std::size_t limit) override {
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

    Task<Result<std::optional<Claimed>>> claim_order(OrderId order) override {
        if (trouble("claim_order") != Trouble::none)
            co_return reject(Reason::service_unavailable, "disk full");
        std::optional<Claimed> claimed;
        const auto found = rows.find(order);
        if (found != rows.end() && found->second.has_job) claimed = take(found->second);
        co_return claimed;
    }

    Task<Result<StepAnswer>> commit(Step step) override {
        const Trouble fate = trouble(step.opens                       ? "intent"
                                     : is_terminal(step.after.status) ? "terminal"
                                                                      : "commit");
        if (fate == Trouble::refused) co_return reject(Reason::service_unavailable, "disk full");
        if (fate == Trouble::unknown)
            co_return reject(Reason::outcome_unknown, "answer lost, nothing written");
        const StepAnswer answer = apply(std::move(step));
        if (fate == Trouble::answer_lost) co_return reject(Reason::outcome_unknown, "answer lost, written");
        co_return answer;
    }

    void commit_later(Step step) override {
        if (trouble("later") != Trouble::none) return;
        apply(std::move(step));
    }

    Task<Result<std::optional<OrderStatus>>> request_cancel(OrderId order) override {
        std::optional<OrderStatus> status;
        if (const auto found = rows.find(order); found != rows.end()) {
            Row& row = found->second;
            status = row.order.status;
            if (!is_terminal(*status)) {
                row.order.cancel_requested = true;
                if (!row.claimed) row.visible_at = std::min(row.visible_at, clock_.now());
            }
        }
        co_return status;
    }

    Task<Result<std::optional<OrderRecord>>> load(OrderId order) override {
        std::optional<OrderRecord> record;
        if (const auto found = rows.find(order); found != rows.end()) {
            record.emplace();
            record->order = found->second.order;
            record->attempts = found->second.attempts;
        }
        co_return record;
    }

    Task<Result<std::vector<OrderRecord>>> list(OrderFilter) override {
        std::vector<OrderRecord> all;
        for (const auto& [id, row] : rows) {
            OrderRecord record;
            record.order = row.order;
            record.attempts = row.attempts;
            all.push_back(std::move(record));
        }
        co_return all;
    }

    Task<Result<std::vector<CommittedEvent>>> events_after(OrderId order, std::uint32_t seq,
                                                           std::size_t limit) override {
        std::vector<CommittedEvent> page;
        if (const auto found = rows.find(order); found != rows.end()) {
            for (const CommittedEvent& event : found->second.events) {
                if (event->seq > seq && page.size() < limit) page.push_back(event);
            }
        }
        co_return page;
    }

    Task<Result<QueueCounts>> counts() override {
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

    std::uint64_t last_number() override {
        std::uint64_t last = 0;
        for (const auto& [id, row] : rows) last = std::max(last, row.order.number);
        return last;
    }
    std::uint64_t live_orders() override {
        std::uint64_t live = 0;
        for (const auto& [id, row] : rows) live += row.has_job ? 1 : 0;
        return live;
    }
    Result<Done> health() const override { return Done{}; }

private:
    AcceptAnswer insert(Acceptance acceptance) {
        AcceptAnswer answer;
        answer.order = acceptance.order.id;
        if (!acceptance.idempotency_key.empty()) {
            const auto [known, fresh] =
                keys_.try_emplace({acceptance.account, acceptance.idempotency_key},
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
            keys_.erase({acceptance.account, acceptance.idempotency_key});
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

    Claimed take(Row& row) {
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

    StepAnswer apply(Step step) {
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

    const Clock& clock_;
    EventBus* bus_;
    std::map<std::pair<std::string, std::string>, std::pair<std::string, OrderId>> keys_;
};

}  // namespace libexec::test
