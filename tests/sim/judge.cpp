#include "sim/judge.hpp"

#include <algorithm>

namespace libexec::simulation {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

void Judge::fail(std::string_view checker, const std::string& what) {
    if (broken_) return;
    broken_.emplace(checker, what);
    world_.note("VIOLATION", 0, checker);
}

void Judge::on_step(const Step& step, std::uint64_t epoch_now, bool cancel_requested, bool has_open) {
    const std::string name(database_->name(step.after.id));
    if (step.epoch != epoch_now) {
        fail("I6_a_stale_worker_changes_nothing", name + ": a step of epoch " + number(step.epoch) +
                                                      " was written while the claim is " + number(epoch_now));
    }
    if (step.opens && cancel_requested)
        fail("cancel_signs_nothing_new", name + ": an attempt was opened after the cancel");
    if (step.opens && has_open && !step.closes)
        fail("I2_one_open_attempt", name + ": a second attempt was opened beside an open one");
    if (is_terminal(step.after.status) && has_open && !step.closes)
        fail("I4_ends_with_attempts_closed", name + ": it ended with its transaction still open");
}

void Judge::on_stale(const OrderId& order, std::uint64_t times) {
    constexpr std::uint64_t endless = 40;
    if (times > endless)
        fail("I1_workers_do_not_take_turns",
             std::string(database_->name(order)) + ": its workers take it from each other for ever");
}

void Judge::on_send(const Attempt& attempt) {
    const Database::Row* const row = database_->find(attempt.order);
    const bool committed =
        row != nullptr && std::any_of(row->attempts.begin(), row->attempts.end(),
                                      [&](const Attempt& one) { return one.signature == attempt.signature; });
    if (!committed) {
        fail("I7_no_byte_before_its_intent",
             std::string(database_->name(attempt.order)) + ": bytes left that no intent in the store names");
    }
}

void Judge::on_watched(const Attempt& attempt, int watchers) {
    if (watchers > 1)
        fail("I9_one_flight_an_order",
             std::string(database_->name(attempt.order)) + ": one node watches its attempt twice");
}

void Judge::on_declared_dead(const Attempt& attempt) {
    const auto found = chain_->transactions().find(attempt.signature);
    const std::uint64_t slot = chain_->slot();
    const bool landed = found != chain_->transactions().end() && JudgeChain::stands(found->second, slot);
    if (landed || slot - JudgeChain::skipped <= attempt.last_valid_height) {
        fail("I2_death_is_proven", std::string(database_->name(attempt.order)) + ": declared dead " +
                                       (landed ? "although it landed" : "while it may still land"));
    }
}

void Judge::on_acknowledged(const std::string& key, const OrderId& order, bool replayed,
                            const std::optional<OrderId>& known) {
    acknowledged_.insert(order);
    if (database_->find(order) == nullptr)
        fail("I1_acknowledged_is_durable", "an order was acknowledged that is not stored");
    if (!replayed && !fresh_.insert(order).second)
        fail("I5_same_key_same_order", std::string(database_->name(order)) + ": acknowledged as new twice");
    if (!known || key.empty()) return;
    if (*known != order) {
        fail("I5_same_key_same_order", "key " + key + " stands for " + std::string(database_->name(*known)) +
                                           " and for " + std::string(database_->name(order)));
    }
}

void Judge::on_other_body(const Result<Submitted>& answer, const OrderId& known) {
    if (answer) {
        fail("I5_other_body_conflicts",
             std::string(database_->name(known)) +
                 ": another body under its key was answered as if it were the same");
    } else if (answer.error().reason == Reason::idempotency_conflict && answer.error().order != known) {
        fail("I5_other_body_conflicts", "the conflict names another order");
    }
}

void Judge::on_cancel_answer(const OrderId& order, const Result<CancelAnswer>& answer) {
    const Database::Row* const row = database_->find(order);
    const std::string name(database_->name(order));
    if (!answer && answer.error().reason == Reason::not_found)
        fail("I1_acknowledged_is_durable", name + ": unknown to a cancel");
    if (row == nullptr) return;
    const OrderStatus status = row->order.status;
    if (answer && answer.value().kind == CancelAnswer::Kind::cancelled && status != OrderStatus::cancelled)
        fail("cancel_answer_is_true",
             name + ": a cancel was answered as done, and it is " + std::string(to_string(status)));
    if (answer && !is_terminal(status) && !row->order.cancel_requested)
        fail("cancel_answer_is_true",
             name + ": a cancel was answered as taken, and nobody asked for it in the store");
    const bool too_late = !answer && answer.error().reason == Reason::too_late_to_cancel;
    if (too_late && (!is_terminal(status) || status == OrderStatus::cancelled))
        fail("cancel_answer_is_true",
             name + ": too late to cancel, and it is " + std::string(to_string(status)));
}

void Judge::on_told(const OrderEvent& event, std::uint32_t last) {
    const std::string name(database_->name(event.order));
    if (event.seq != last + 1) {
        fail("I8_streams_without_gap_or_repeat",
             name + ": after event " + number(last) + " a stream handed out " + number(event.seq));
    }
    const Database::Row* const row = database_->find(event.order);
    const bool durable =
        row != nullptr && event.seq <= row->events.size() && *row->events[event.seq - 1] == event;
    if (!durable)
        fail("I8_told_only_what_is_durable",
             name + ": event " + number(event.seq) + " was told and is not stored");
}

void Judge::on_stream_finished(const OrderId& order, std::uint32_t last) {
    const Database::Row* const row = database_->find(order);
    if (row != nullptr && is_terminal(row->order.status) && row->order.last_seq == last) return;
    fail("I8_streams_without_gap_or_repeat",
         std::string(database_->name(order)) + ": a stream called itself finished at " + number(last));
}

void Judge::on_flights(std::uint64_t node, std::uint64_t in_flight, std::uint64_t concurrency,
                       std::uint64_t cancels) {
    if (in_flight > concurrency + cancels) {
        fail("I9_bounds_hold", "node " + number(node) + " flies " + number(in_flight) +
                                   " orders, more than " + number(concurrency) + " and " + number(cancels) +
                                   " cancels");
    }
}

void Judge::on_live(std::uint64_t live, std::uint64_t limit, std::uint64_t nodes) {
    // Each node counts the submissions it has under way, not the others'; and one whose answer was lost may
    // still be written long after it was given up.
    if (live > limit + (nodes - 1) * 4 + world_.totals.late_writes)
        fail("I9_bounds_hold", number(live) + " live orders, the limit is " + number(limit));
}

void Judge::at_end(bool streams_done) {
    i3_gapless_and_one_terminal();
    i2_one_success_per_order();
    i4_status_agrees_with_chain();
    i1_acknowledged_orders_end();
    if (!streams_done) fail("I8_streams_end", "an order ended, and a stream or a request of it did not");
}

void Judge::i1_acknowledged_orders_end() {
    for (const OrderId& order : acknowledged_) {
        const Database::Row* const row = database_->find(order);
        if (row == nullptr) {
            fail("I1_acknowledged_is_durable", "an acknowledged order is gone");
        } else if (!is_terminal(row->order.status)) {
            fail("I1_acknowledged_orders_end",
                 std::string(database_->name(order)) + ": acknowledged, and still " +
                     std::string(to_string(row->order.status)) + " long after the faults");
        }
    }
    for (const auto& [order, row] : database_->rows()) {
        if (!is_terminal(row.order.status))
            fail("I1_acknowledged_orders_end",
                 std::string(database_->name(order)) + ": stored, and it does not end");
    }
}

void Judge::i2_one_success_per_order() {
    std::map<OrderId, int> successes;
    for (const auto& [signature, transaction] : chain_->transactions()) {
        if (!transaction.ok || !JudgeChain::stands(transaction, chain_->slot())) continue;
        if (++successes[transaction.order] > 1) {
            fail("I2_one_success_per_order",
                 std::string(database_->name(transaction.order)) + ": two of its transactions landed well");
        }
    }
}

void Judge::i3_gapless_and_one_terminal() {
    for (const auto& [order, row] : database_->rows()) {
        std::uint32_t seq = 0;
        std::size_t terminal = 0;
        const std::string name(database_->name(order));
        for (const CommittedEvent& event : row.events) {
            if (event->seq != ++seq)
                fail("I3_events_gapless",
                     name + ": event " + number(event->seq) + " stands at " + number(seq));
            if (event->ends_order()) ++terminal;
        }
        const bool ended = is_terminal(row.order.status);
        if (terminal != (ended ? 1U : 0U) || (ended && !row.events.back()->ends_order()))
            fail("I3_one_terminal_event_and_last", name + ": " + number(terminal) + " terminal events");
        if (row.order.last_seq != seq)
            fail("I3_events_gapless", name + ": last_seq is not that of its last event");
    }
}

void Judge::i4_status_agrees_with_chain() {
    std::map<OrderId, const JudgeChain::Transaction*> success;
    for (const auto& [signature, transaction] : chain_->transactions()) {
        if (transaction.ok && JudgeChain::stands(transaction, chain_->slot()))
            success[transaction.order] = &transaction;
    }
    for (const auto& [order, row] : database_->rows()) {
        if (!is_terminal(row.order.status)) continue;
        const auto found = success.find(order);
        const bool landed = found != success.end();
        const bool confirmed = row.order.status == OrderStatus::confirmed;
        const std::string name(database_->name(order));
        if (landed != confirmed) {
            fail("I4_status_agrees_with_chain", name + ": " + std::string(to_string(row.order.status)) +
                                                    ", and its transaction " +
                                                    (landed ? "landed" : "did not land"));
        } else if (landed && (row.order.executed_out != found->second->amount_out ||
                              row.order.executed_in != found->second->amount_in)) {
            fail("I4_status_agrees_with_chain", name + ": other amounts than the chain has");
        }
        for (const Attempt& attempt : row.attempts) {
            if (!attempt.resolution)
                fail("I4_ends_with_attempts_closed", name + ": ended with an open attempt");
        }
    }
}

}  // namespace libexec::simulation
