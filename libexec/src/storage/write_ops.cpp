#include "write_ops.hpp"

#include <cassert>

namespace libexec {
namespace {

/// Opens the one door through which an intent read back from the database becomes a token again.
struct Readback : OrderStore {
    using OrderStore::committed;
};

CommittedEvent shared(OrderEvent& event) { return std::make_shared<const OrderEvent>(std::move(event)); }

[[maybe_unused]] bool is_gapless(const Step& step) {
    std::uint32_t seq = step.expected_seq;
    for (const OrderEvent& event : step.events) {
        if (event.order != step.after.id || event.seq != ++seq) return false;
    }
    return step.after.last_seq == seq;
}

/// Written only while nobody has claimed the order since.
Step letting_go_of(const Claimed& claimed) {
    Step step;
    step.epoch = claimed.epoch;
    step.expected_seq = claimed.order.last_seq;
    step.after = claimed.order;
    step.job.kind = JobChange::Kind::release;
    step.job.visible_at = claimed.order.updated_at;
    return step;
}

Rejection cannot_be(const char* what) { return reject(Reason::internal, what); }

}  // namespace

void AcceptOp::answer(AcceptAnswer::Kind kind, const OrderId& order) {
    AcceptAnswer answer;
    answer.kind = kind;
    answer.order = order;
    answer_.emplace(answer);
}

void AcceptOp::refuse() {
    fail(cannot_be(
        "the database does not take this order: its id exists, or it holds text that cannot be kept"));
}

void AcceptOp::take_events(std::vector<CommittedEvent>& events) {
    if (*answer_ && answer_->value().kind == AcceptAnswer::Kind::accepted)
        events.push_back(shared(acceptance_.opened));
}

void ClaimOp::refuse() { fail(cannot_be("the database refused a claim")); }

std::vector<Step> ClaimOp::give_back() const {
    std::vector<Step> steps;
    if (!answer_ || !*answer_) return steps;
    for (const Claimed& claimed : answer_->value().orders) steps.push_back(letting_go_of(claimed));
    return steps;
}

void ClaimOrderOp::refuse() { fail(cannot_be("the database refused a claim")); }

std::vector<Step> ClaimOrderOp::give_back() const {
    if (!answer_ || !*answer_ || !answer_->value()) return {};
    return {letting_go_of(*answer_->value())};
}

StepOp::StepOp(Step step) : step_(std::move(step)) { assert(is_gapless(step_)); }

// A second open attempt, a second end, a signature seen before: whoever asked does not know how the order
// stands.
void StepOp::refuse() { answer_.emplace(StepAnswer::stale); }

void StepOp::take_events(std::vector<CommittedEvent>& events) {
    if (!*answer_ || answer_->value() != StepAnswer::committed) return;
    for (OrderEvent& event : step_.events) events.push_back(shared(event));
}

void CancelOp::refuse() { fail(cannot_be("the database refused a cancellation")); }

Claimed make_claimed(Order order, std::uint64_t epoch, std::vector<Attempt> attempts) {
    Claimed claimed;
    claimed.epoch = epoch;
    claimed.order = std::move(order);
    for (Attempt& attempt : attempts) {
        if (attempt.resolution) {
            claimed.closed_attempts.push_back(std::move(attempt));
        } else {
            claimed.open_attempt.emplace(Readback::committed(std::move(attempt)));
        }
    }
    return claimed;
}

}  // namespace libexec
