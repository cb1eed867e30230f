#include "step_builder.hpp"

#include <cassert>

namespace libexec {

StepBuilder::StepBuilder(Flight& flight, Time at) : flight_(flight), order_(flight.order), at_(at) {
    step_.epoch = flight.epoch;
    step_.expected_seq = order_.last_seq;
}

StepBuilder& StepBuilder::move(OrderStatus to, EventData data) {
    assert(guard_of(order_.status, to));
    order_.status = to;
    flight_.stages.enter(to, at_);
    append(EventKind::moved, std::move(data));
    return *this;
}

StepBuilder& StepBuilder::note(EventKind kind, EventData data) {
    assert(kind != EventKind::moved);
    append(kind, std::move(data));
    return *this;
}

StepBuilder& StepBuilder::open(Attempt attempt) {
    step_.opens = std::move(attempt);
    return *this;
}

StepBuilder& StepBuilder::close(Attempt attempt) {
    assert(attempt.resolution);
    step_.closes = std::move(attempt);
    return *this;
}

StepBuilder& StepBuilder::release(Time visible_at) {
    step_.job.kind = JobChange::Kind::release;
    step_.job.visible_at = visible_at;
    return *this;
}

StepBuilder& StepBuilder::done() {
    assert(is_terminal(order_.status));
    step_.job.kind = JobChange::Kind::done;
    return *this;
}

Step StepBuilder::finish() {
    order_.updated_at = at_;
    step_.after = order_;
    return std::move(step_);
}

void StepBuilder::append(EventKind kind, EventData data) {
    OrderEvent event;
    event.order = order_.id;
    event.seq = ++order_.last_seq;
    event.kind = kind;
    event.status = order_.status;
    event.at = at_;
    event.attempt = order_.attempt;
    event.attempts_max = order_.attempts_max;
    event.next_retry_at = order_.next_retry_at;
    event.in_doubt = order_.in_doubt;
    event.correlation_id = order_.correlation_id;
    event.trace_id = order_.trace_id;
    event.account = order_.account;
    event.data = std::move(data);
    step_.events.push_back(std::move(event));
}

}  // namespace libexec
