#include "sim/database.hpp"

#include <algorithm>

#include "sim/safeguards.hpp"

namespace libexec::simulation {
namespace {

/// Opens the one door through which an intent that was read becomes a token again.
struct Readback : OrderStore {
    using OrderStore::committed;
};

bool has_open(const Database::Row& row) {
    return std::any_of(row.attempts.begin(), row.attempts.end(),
                       [](const Attempt& attempt) { return !attempt.resolution; });
}

}  // namespace

/// Each account has its own clients.
Database::Key Database::client_key(const Order& order) {
    const std::string prefix = order.account.empty() ? std::string() : order.account + "\n";
    return Key(order.account.empty() ? 2 : 3, prefix + order.request.client_id,
               order.request.client_order_id);
}

std::optional<AcceptAnswer> Database::answer_repetition(const Acceptance& acceptance) {
    const OrderRequest& request = acceptance.order.request;
    const Key by_key(1, acceptance.order.account, acceptance.idempotency_key);
    const Key by_client = client_key(acceptance.order);
    const auto none = keys_.end();
    auto known = acceptance.idempotency_key.empty() ? none : keys_.find(by_key);
    const bool by_client_id = known == none && !request.client_order_id.empty();
    if (by_client_id) known = keys_.find(by_client);
    if (known == none || !safeguard_holds("key_uniqueness")) return std::nullopt;

    const Known first = known->second;
    const bool same = first.digest == acceptance.request_digest || !safeguard_holds("body_hash");
    if (same && by_client_id && !acceptance.idempotency_key.empty()) keys_.emplace(by_key, first);
    AcceptAnswer answer;
    answer.kind = same ? AcceptAnswer::Kind::replayed : AcceptAnswer::Kind::conflict;
    answer.order = first.order;
    return answer;
}

AcceptAnswer Database::accept(const Acceptance& acceptance) {
    if (const std::optional<AcceptAnswer> known = answer_repetition(acceptance)) return *known;
    AcceptAnswer answer;
    if (acceptance.repetition_only) {
        answer.kind = AcceptAnswer::Kind::not_admitted;
        return answer;
    }
    answer.order = acceptance.order.id;
    Row& row = rows_[answer.order];
    row.order = acceptance.order;
    row.events.push_back(std::make_shared<const OrderEvent>(acceptance.opened));
    log_.push_back(row.events.back());
    const Job job{world_.now(), 0, 0};
    if (safeguard_holds("job_with_order")) {
        row.job = job;
    } else if (!world_.strikes(100)) {  // the second transaction, when nothing comes between
        row.job = job;
    }
    names_.emplace(answer.order, "o" + std::to_string(rows_.size()));
    const OrderRequest& request = row.order.request;
    const Known known{acceptance.request_digest, answer.order};
    if (!acceptance.idempotency_key.empty())
        keys_.insert_or_assign(Key(1, acceptance.order.account, acceptance.idempotency_key), known);
    if (!request.client_order_id.empty()) keys_.insert_or_assign(client_key(row.order), known);
    ++live_;
    last_number_ = std::max(last_number_, row.order.number);
    return answer;
}

Claimed Database::take(Row& row, std::uint64_t owner) {
    Job& job = *row.job;
    if (job.owner != 0 && job.owner != owner) ++world_.totals.takeovers;
    job.owner = owner;
    job.visible_at = world_.now() + world_.plan.lease;
    Claimed claimed;
    claimed.epoch = ++job.epoch;
    claimed.order = row.order;
    for (const Attempt& attempt : row.attempts) {
        if (attempt.resolution) {
            claimed.closed_attempts.push_back(attempt);
        } else {
            claimed.open_attempt = Readback::committed(attempt);
        }
    }
    return claimed;
}

ClaimBatch Database::claim(std::uint64_t owner, std::size_t limit) {
    std::vector<std::pair<Time, OrderId>> due;
    ClaimBatch batch;
    for (const auto& [id, row] : rows_) {
        if (!row.job || (row.job->owner == owner && world_.plan.gives_back)) continue;
        if (row.job->visible_at <= world_.now()) {
            due.emplace_back(row.job->visible_at, id);
        } else if (row.job->owner == 0 && (!batch.next_due || row.job->visible_at < *batch.next_due)) {
            batch.next_due = row.job->visible_at;
        }
    }
    std::sort(due.begin(), due.end());
    for (std::size_t i = 0; i < due.size() && i < limit; ++i)
        batch.orders.push_back(take(rows_.at(due[i].second), owner));
    return batch;
}

std::optional<Claimed> Database::claim_order(std::uint64_t owner, const OrderId& order) {
    const auto found = rows_.find(order);
    if (found == rows_.end() || !found->second.job) return std::nullopt;
    const Job& job = *found->second.job;
    const bool free = job.owner == 0 || job.owner == owner || job.visible_at <= world_.now();
    if (!free) return std::nullopt;
    return take(found->second, owner);
}

Database::Checked Database::check(Step step) {
    Checked checked;
    const Row& row = rows_.at(step.after.id);
    const bool fenced = !row.job || row.job->epoch != step.epoch;
    const bool fits = row.order.last_seq == step.expected_seq || !safeguard_holds("sequence_check");
    // The indexes: one open attempt an order, one terminal event, a signature once.
    const bool second = step.opens && !step.closes && has_open(row) && safeguard_holds("one_open_attempt");
    const bool ended = is_terminal(row.order.status);
    const bool open_is_other =
        step.closes && (!has_open(row) || row.attempts.back().signature != step.closes->signature);
    if (fenced) {
        ++world_.totals.fenced;
        watch_.on_stale(step.after.id, ++stale_[step.after.id]);
    }
    if ((fenced && safeguard_holds("fence")) || !fits || second || ended || open_is_other) {
        checked.answer = StepAnswer::stale;
    } else if (step.opens && row.order.cancel_requested && safeguard_holds("cancel_flag")) {
        checked.answer = StepAnswer::cancel_requested;
    } else {
        checked.answer = StepAnswer::committed;
    }
    checked.step = std::move(step);
    return checked;
}

void Database::write(const Checked& checked) {
    const Step& step = checked.step;
    Row& row = rows_.at(step.after.id);
    watch_.on_step(step, row.job ? row.job->epoch : 0, row.order.cancel_requested, has_open(row));
    const bool cancelled = row.order.cancel_requested;
    const bool was_terminal = is_terminal(row.order.status);
    row.order = step.after;
    row.order.cancel_requested = cancelled;
    if (step.closes) row.attempts.back() = *step.closes;
    if (step.opens) {
        row.attempts.push_back(*step.opens);
        ++world_.totals.attempts;
    }
    for (const OrderEvent& event : step.events) {
        row.events.push_back(std::make_shared<const OrderEvent>(event));
        log_.push_back(row.events.back());
    }
    if (is_terminal(row.order.status) && !was_terminal) --live_;
    if (!row.job) return;
    if (step.job.kind == JobChange::Kind::release) {
        row.job->owner = 0;
        // What a node calls a moment is a while from now on this clock.
        const Span wait = std::max(step.job.visible_at - step.after.updated_at, Span(0));
        row.job->visible_at = cancelled ? world_.now() : world_.now() + wait;
    } else if (step.job.kind == JobChange::Kind::done) {
        row.job.reset();
    }
}

std::optional<OrderStatus> Database::request_cancel(const OrderId& order, const Viewer& viewer) {
    const auto found = rows_.find(order);
    if (found == rows_.end() || !viewer.sees(found->second.order.account)) return std::nullopt;
    Row& row = found->second;
    const OrderStatus status = row.order.status;
    if (!is_terminal(status)) {
        row.order.cancel_requested = true;
        if (row.job && row.job->owner == 0) row.job->visible_at = std::min(row.job->visible_at, world_.now());
    }
    return status;
}

void Database::renew(std::uint64_t owner, const std::map<OrderId, std::uint64_t>& claims) {
    for (const auto& [order, epoch] : claims) {
        std::optional<Job>& job = rows_.at(order).job;
        if (job && job->owner == owner && job->epoch == epoch)
            job->visible_at = world_.now() + world_.plan.lease;
    }
}

void Database::give_back(std::uint64_t owner) {
    for (auto& [id, row] : rows_) {
        if (!row.job || row.job->owner != owner) continue;
        row.job->owner = 0;
        row.job->visible_at = std::min(row.job->visible_at, world_.now());
    }
}

const Database::Row* Database::find(const OrderId& order, const Viewer& viewer) const {
    const auto found = rows_.find(order);
    return found == rows_.end() || !viewer.sees(found->second.order.account) ? nullptr : &found->second;
}

std::string_view Database::name(const OrderId& order) const {
    const auto found = names_.find(order);
    return found == names_.end() ? std::string_view("o?") : std::string_view(found->second);
}

}  // namespace libexec::simulation
