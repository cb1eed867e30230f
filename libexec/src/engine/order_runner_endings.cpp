#include <cassert>

#include "closed_venues.hpp"
#include "libexec/base/failpoint.hpp"
#include "order_log.hpp"
#include "order_runner.hpp"
#include "post_mortem.hpp"
#include "step_builder.hpp"

// The steps after which an order is no longer in this runner's hands: ended, or given back until later.

namespace libexec {

using namespace std::chrono_literals;

Task<RunOutcome> OrderRunner::retry_or_end(Flight& flight, Rejection cause, std::optional<Attempt> closed) {
    Order& order = flight.order;
    const Time at = now();
    if (closed) {
        order.in_doubt = false;
        flight.open.reset();
    }
    if (order.cancel_requested && !closed) co_return co_await end_cancelled(flight);

    Random jitter(derive_seed(derive_seed(seed_, chance_key(order)), order.attempt));
    std::optional<std::chrono::milliseconds> delay;
    // Where no venue was asked nothing was tried: that uses up time, and no attempt.
    const bool waits = !closed && is_left_out(cause.reason);
    if (waits) {
        delay = pause_of(closed_venues(order, cause.reason), jitter);
    } else if (is_retryable(cause.reason)) {
        delay = config_.retry.delay_after(order.attempt, jitter);
    }
    const bool too_late = at + delay.value_or(0ms) >= deadline_of(order);

    RunOutcome outcome = RunOutcome::ended;
    if (!order.cancel_requested && delay && !too_late) {
        if (!waits) order.attempt += 1;
        order.next_retry_at = at + *delay;
        outcome = RunOutcome::released;
    } else if (!order.cancel_requested) {
        const bool out_of_time = cause.reason == Reason::timeout || (delay && too_late);
        if (out_of_time && cause.reason != Reason::timeout) {
            cause =
                reject(Reason::timeout,
                       (waits ? "the deadline leaves no time to wait for a venue: "
                              : "the deadline leaves no time for another attempt; the last one failed: ") +
                           std::string(to_string(cause.reason)) + ", " + cause.detail);
        }
        order.failure = post_mortem(order, cause);
    }

    StepBuilder step(flight, at);
    if (closed) step.close(*closed);
    const Reason reason = cause.reason;
    if (outcome == RunOutcome::released) {
        step.move(OrderStatus::pending, RetryData{cause.reason, cause.detail}).release(*order.next_retry_at);
    } else if (order.cancel_requested) {
        step.move(OrderStatus::cancelled,
                  NoteData{"cancelled on request; the transaction that was open did not land"})
            .done();
    } else {
        const bool expired = cause.reason == Reason::timeout;
        step.move(expired ? OrderStatus::expired : OrderStatus::failed, FailedData{*order.failure}).done();
    }
    Step last = step.finish();
    const RunOutcome written = co_await commit_until_written(flight, std::move(last), outcome);
    if (written != RunOutcome::lost && closed) metrics_.attempt_closed(*closed, order.request.mode);
    if (written == RunOutcome::released && !waits) metrics_.retried(reason);
    co_return written;
}

Task<RunOutcome> OrderRunner::end_cancelled(Flight& flight) {
    assert(!flight.open);
    StepBuilder step(flight, now());
    flight.order.next_retry_at.reset();
    step.move(OrderStatus::cancelled, NoteData{"cancelled on request before anything was signed"}).done();
    Step last = step.finish();
    co_return co_await commit_until_written(flight, std::move(last), RunOutcome::ended);
}

Task<RunOutcome> OrderRunner::end_poisoned(Flight& flight, const std::string& why) {
    assert(!flight.open);
    const Rejection cause = reject(Reason::internal, why + "; no transaction of it can land");
    flight.order.failure = post_mortem(flight.order, cause);
    StepBuilder step(flight, now());
    step.move(OrderStatus::failed, FailedData{*flight.order.failure}).done();
    Step last = step.finish();
    co_return co_await commit_until_written(flight, std::move(last), RunOutcome::ended);
}

Task<RunOutcome> OrderRunner::park(Flight& flight, std::string why, std::chrono::microseconds pause) {
    Order& order = flight.order;
    if (order.cancel_requested && !flight.open) co_return co_await end_cancelled(flight);
    const Time until = now() + pause;
    // Better now than after a pause that changes nothing any more: no transaction of it is alive.
    if (!flight.open && until >= deadline_of(order)) co_return co_await end_poisoned(flight, why);

    log_order(parts_.log, LogLevel::error, "order.parked", why, order,
              LogField{"status", std::string(to_string(order.status))}, LogField{"until", to_rfc3339(until)});
    order.next_retry_at = until;
    StepBuilder step(flight, now());
    if (!flight.open && order.status != OrderStatus::pending)
        step.move(OrderStatus::pending, RetryData{Reason::internal, why});
    step.note(EventKind::parked, NoteData{std::move(why)}).release(until);
    Step last = step.finish();
    const RunOutcome outcome = co_await commit_until_written(flight, std::move(last), RunOutcome::released);
    if (outcome == RunOutcome::released) metrics_.parked();
    co_return outcome;
}

Task<RunOutcome> OrderRunner::give_back(Flight& flight) {
    Order& order = flight.order;
    StepBuilder step(flight, now());
    if (!flight.open && order.status != OrderStatus::pending) {
        step.move(OrderStatus::pending,
                  RetryData{Reason::interrupted, "the engine stopped before anything was signed"});
    }
    step.release(now());
    Step last = step.finish();
    co_return co_await commit_until_written(flight, std::move(last), RunOutcome::released);
}

Task<RunOutcome> OrderRunner::commit_until_written(Flight& flight, Step step, RunOutcome when_written) {
    std::chrono::milliseconds pause = store_pause_first;
    LIBEXEC_FAILPOINT("before-last-step");
    for (;;) {
        Result<StepAnswer> written = co_await parts_.store.commit(step);
        LIBEXEC_FAILPOINT("after-last-step");
        if (written) co_return written.value() == StepAnswer::committed ? when_written : RunOutcome::lost;
        if (written.error().reason == Reason::outcome_unknown) co_return RunOutcome::lost;
        log_order(parts_.log, LogLevel::debug, "store.waiting", written.error().detail, flight.order,
                  LogField{"error_code", std::string(to_string(written.error().reason))});
        if (draining_) co_return RunOutcome::lost;
        co_await parts_.timers.sleep_for(pause);
        pause = std::min<std::chrono::milliseconds>(pause * 2, store_pause_max);
    }
}

ClosedVenues OrderRunner::closed_venues(const Order& order, Reason why) const {
    ClosedVenues venues;
    // A full venue may have room long before a broken one is tried again.
    if (why == Reason::breaker_open) venues.next_probe = parts_.router.next_probe_in();
    venues.age = now() - order.first_claimed_at.value_or(now());
    venues.left = deadline_of(order) - now();
    venues.delay_first = config_.retry.delay_first;
    venues.was_chosen = order.status == OrderStatus::building;
    return venues;
}

}  // namespace libexec
