#include "attempt_watcher.hpp"

#include <memory>

#include "libexec/base/failpoint.hpp"
#include "libexec/base/safeguard.hpp"
#include "order_log.hpp"
#include "step_builder.hpp"

namespace libexec {

Attempt closed_by(const Landed& landed, Attempt attempt, Time at) {
    attempt.resolution = landed.ok ? Resolution::landed_ok : Resolution::landed_err;
    attempt.closed_at = at;
    attempt.slot = landed.slot;
    attempt.amount_in = landed.amount_in;
    attempt.amount_out = landed.amount_out;
    attempt.fee_lamports = landed.fee_lamports;
    attempt.rent = landed.rent;
    if (!landed.ok) attempt.error = landed.error;
    attempt.signed_bytes.clear();
    return attempt;
}

Attempt closed_by(const ProvablyDead& dead, Attempt attempt, Time at) {
    attempt.resolution = Resolution::expired;
    attempt.closed_at = at;
    attempt.evidence = dead.evidence;
    attempt.signed_bytes.clear();
    return attempt;
}

Task<Observation> AttemptWatcher::until_decided(Flight& flight) {
    std::optional<Time> sent_at;
    // From before it is sent, so that nothing is told while nobody listens.
    const auto look = [&flight] { flight.alarm->ring(); };
    const std::unique_ptr<Listening> listening = parts_.chain.listen(flight.open->attempt(), look);
    for (;;) {
        // The same bytes, again and again: repeating them is harmless, and recovery always starts with it.
        if (!sent_at || now() - *sent_at >= config_.resend_interval) {
            LIBEXEC_FAILPOINT("before-send");
            co_await send(flight);
            LIBEXEC_FAILPOINT("after-send");
            sent_at = now();
        }
        Observation seen = co_await parts_.chain.observe(flight.open->attempt());
        if (decides(seen)) {
            LIBEXEC_FAILPOINT("decided");
            co_return seen;
        }
        if (draining_) co_return Unknown{};
        if (!LIBEXEC_SAFEGUARD(closed_before_terminal) && flight.order.cancel_requested) co_return Unknown{};
        note_while_open(flight);
        co_await flight.alarm->wait(config_.observe_interval);
    }
}

/// A failure below finality may still be undone by a fork, and the transaction land well elsewhere.
bool AttemptWatcher::decides(const Observation& seen) const {
    if (const Landed* const landed = std::get_if<Landed>(&seen)) {
        if (landed->ok) return landed->commitment >= config_.commitment;
        return landed->commitment >= Commitment::finalized || !LIBEXEC_SAFEGUARD(finality_of_failure);
    }
    return std::holds_alternative<ProvablyDead>(seen);
}

Task<void> AttemptWatcher::send(Flight& flight) {
    Result<Done> sent = co_await parts_.chain.send(*flight.open);
    if (!sent) {
        // Not a verdict: the bytes may have arrived all the same. Only `observe` decides.
        log_order(parts_.log, LogLevel::debug, "attempt.send_failed", sent.error().detail, flight.order,
                  LogField{"txHash", flight.open->attempt().signature},
                  LogField{"error_code", std::string(to_string(sent.error().reason))});
    }
}

void AttemptWatcher::note_while_open(Flight& flight) {
    Order& order = flight.order;
    const Attempt& attempt = flight.open->attempt();
    const bool doubtful = !order.in_doubt && now() - attempt.opened_at >= config_.in_doubt_after;
    const bool cancelling = order.cancel_requested && !flight.cancel_noted;
    if (!doubtful && !cancelling) return;

    if (doubtful) order.in_doubt = true;
    StepBuilder step(flight, now());
    if (doubtful) {
        step.note(EventKind::in_doubt,
                  NoteData{"the chain has not decided yet; the transaction is still being watched"});
        log_order(parts_.log, LogLevel::warn, "order.in_doubt",
                  "the chain has not decided about a transaction for a long time", order,
                  LogField{"txHash", attempt.signature});
    }
    if (cancelling) {
        step.note(EventKind::cancel_requested,
                  NoteData{"nothing new will be signed; the open transaction decides the outcome"});
        flight.cancel_noted = true;
    }
    parts_.store.commit_later(step.finish());
}

Task<void> AttemptWatcher::to_finality(Order order, Attempt attempt) {
    while (!draining_) {
        Observation seen = co_await parts_.chain.observe(attempt);
        const Landed* const landed = std::get_if<Landed>(&seen);
        if (landed != nullptr && landed->ok && landed->commitment == Commitment::finalized) co_return;
        if (std::holds_alternative<ProvablyDead>(seen) || (landed != nullptr && !landed->ok)) {
            log_order(parts_.log, LogLevel::error, "order.confirmation_dropped",
                      "a success announced at commitment confirmed was dropped before finality", order,
                      LogField{"txHash", attempt.signature});
            co_return;
        }
        co_await parts_.timers.sleep_for(config_.observe_interval);
    }
}

}  // namespace libexec
