#include "order_runner.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cassert>

#include "libexec/base/failpoint.hpp"
#include "libexec/base/safeguard.hpp"
#include "closed_venues.hpp"
#include "libexec/routing/describe.hpp"
#include "order_log.hpp"
#include "step_builder.hpp"

namespace libexec {
namespace {

bool within(Amount limit, const Quote& quote, SwapMode mode) {
    return mode == SwapMode::exact_in ? quote.amount_out >= limit : quote.amount_in <= limit;
}

TokenAmount limit_of(const Order& order) {
    const Token& token =
        order.request.mode == SwapMode::exact_in ? order.request.token_out : order.request.token_in;
    return TokenAmount{order.limit.value_or(Amount(0)), token.decimals};
}

}  // namespace

Task<RunOutcome> OrderRunner::run(Flight& flight) {
    Order& order = flight.order;
    if (!LIBEXEC_SAFEGUARD(one_open_attempt)) flight.open.reset();
    order.next_retry_at.reset();
    if (flight.open) co_return co_await watch(flight);

    assert(!is_terminal(order.status));
    if (order.status != OrderStatus::pending) {
        // Found after a crash between two steps. Nothing was signed, or there would be an open attempt;
        // quotes are never trusted across a claim.
        StepBuilder step(flight, now());
        step.move(OrderStatus::pending,
                  RetryData{Reason::interrupted, "the engine was restarted before anything was signed"});
        parts_.store.commit_later(step.finish());
    }
    if (order.cancel_requested) co_return co_await end_cancelled(flight);
    if (!order.first_claimed_at) {
        order.first_claimed_at = now();
        metrics_.started(order);
    }
    if (now() >= deadline_of(order)) {
        Rejection late = reject(Reason::timeout, "the deadline passed before a transaction was signed");
        co_return co_await retry_or_end(flight, std::move(late), std::nullopt);
    }
    co_return co_await route_and_send(flight);
}

Task<RunOutcome> OrderRunner::route_and_send(Flight& flight) {
    Order& order = flight.order;
    StepBuilder routing(flight, now());
    routing.move(OrderStatus::routing, NoData{});
    parts_.store.commit_later(routing.finish());

    QuoteRequest request;
    request.token_in = order.request.token_in;
    request.token_out = order.request.token_out;
    request.mode = order.request.mode;
    request.amount = order.request.amount;
    request.chance_key = chance_key(order);
    request.attempt = order.attempt;
    RoutingDecision decision =
        co_await parts_.router.decide(std::move(request), order.request.native_in, order.request.native_out);
    log_decision(order, decision);
    LIBEXEC_FAILPOINT("routed");

    const Quote* const best = decision.chosen();
    if (best != nullptr && !order.limit) {
        order.limit = order.request.mode == SwapMode::exact_in
                          ? least_output(best->amount_out, order.request.slippage)
                          : most_input(best->amount_in, order.request.slippage);
    }
    const bool acceptable = best != nullptr && within(*order.limit, *best, order.request.mode);
    if (!acceptable || order.cancel_requested || draining_) {
        const auto record = std::make_shared<const RoutingDecision>(decision);
        StepBuilder quotes(flight, now());
        quotes.note(EventKind::quotes, QuotesData{record});
        parts_.store.commit_later(quotes.finish());
        if (order.cancel_requested) co_return co_await end_cancelled(flight);
        if (draining_) co_return co_await give_back(flight);
        Rejection why = best == nullptr ? no_offer(decision) : beyond_limit(decision, limit_of(order));
        co_return co_await retry_or_end(flight, std::move(why), std::nullopt);
    }
    co_return co_await open_attempt(flight, std::move(decision));
}

Task<RunOutcome> OrderRunner::open_attempt(Flight& flight, RoutingDecision decision) {
    Order& order = flight.order;
    const auto record = std::make_shared<const RoutingDecision>(std::move(decision));
    const Quote& quote = *record->chosen();
    order.venue = quote.venue;
    order.quoted_in = quote.amount_in;
    order.quoted_out = quote.amount_out;
    metrics_.route_selected(quote.venue);

    StepBuilder building(flight, now());
    building.note(EventKind::quotes, QuotesData{record});
    building.move(OrderStatus::building,
                  BuildingData{quote.venue, order.request.mode, limit_of(order), record});
    parts_.store.commit_later(building.finish());

    Result<Anchor> anchor = co_await parts_.chain.anchor();
    if (!anchor) {
        Rejection why = reject(Reason::stale_blockhash, "no recent blockhash: " + anchor.error().detail);
        co_return co_await retry_or_end(flight, std::move(why), std::nullopt);
    }

    SwapPlan plan;
    plan.order = order.id;
    plan.attempt = order.attempt;
    plan.chance_key = chance_key(order);
    plan.token_in = order.request.token_in;
    plan.token_out = order.request.token_out;
    plan.mode = order.request.mode;
    plan.quote = quote;
    plan.limit = *order.limit;
    plan.slippage = order.request.slippage;
    plan.wraps_sol = record->wraps_sol;
    plan.unwraps_sol = record->unwraps_sol;
    SwapTerms terms = terms_of(plan);
    Result<UnsignedTransaction> built = co_await parts_.router.build(std::move(plan), anchor.value());
    if (!built) co_return co_await retry_or_end(flight, built.error(), std::nullopt);

    // The last look before a signature exists.
    if (order.cancel_requested) co_return co_await end_cancelled(flight);
    if (draining_) co_return co_await give_back(flight);
    if (now() >= deadline_of(order)) {
        Rejection late = reject(Reason::timeout, "the deadline passed before a transaction was signed");
        co_return co_await retry_or_end(flight, std::move(late), std::nullopt);
    }
    UnsignedTransaction transaction = std::move(built).value();
    Result<SignedTransaction> sealed = co_await parts_.signer.sign(std::move(transaction), terms);
    if (!sealed) co_return co_await retry_or_end(flight, sealed.error(), std::nullopt);

    Attempt attempt;
    attempt.order = order.id;
    attempt.number = order.attempt;
    attempt.venue = quote.venue;
    attempt.signature = sealed.value().signature;
    attempt.signed_bytes = sealed.value().bytes;
    attempt.last_valid_height = anchor.value().last_valid_height;
    attempt.anchor_slot = anchor.value().slot;
    attempt.quoted_in = quote.amount_in;
    attempt.quoted_out = quote.amount_out;
    attempt.opened_at = now();

    const Order before = order;
    const StageTimes stages_before = flight.stages;
    order.tx_hash = attempt.signature;
    StepBuilder intent(flight, attempt.opened_at);
    intent.move(OrderStatus::submitted, SubmittedData{attempt.signature, attempt.last_valid_height});
    intent.open(std::move(attempt));
    const Step step = intent.finish();
    LIBEXEC_FAILPOINT("before-intent");

    std::chrono::milliseconds pause = store_pause_first;
    for (;;) {
        StepAnswer answer = StepAnswer::stale;
        Result<std::optional<CommittedIntent>> written = co_await parts_.store.commit_intent(step, answer);
        if (written && written.value()) {
            flight.open = written.value();
            LIBEXEC_FAILPOINT("after-intent-commit");
            break;
        }
        if (written && answer == StepAnswer::cancel_requested) {
            order =
                before;  // the store left the order as it was: nothing is signed as far as anyone can tell
            flight.stages = stages_before;
            order.cancel_requested = true;
            co_return co_await end_cancelled(flight);
        }
        if (written || written.error().reason == Reason::outcome_unknown) co_return RunOutcome::lost;
        // Nothing was written, so nothing may be sent: wait for the store. Should the blockhash go stale
        // meanwhile, the attempt dies provably and the order goes on from there.
        if (draining_) co_return RunOutcome::lost;
        co_await parts_.timers.sleep_for(pause);
        pause = std::min<std::chrono::milliseconds>(pause * 2, store_pause_max);
    }
    co_return co_await watch(flight);
}

Task<RunOutcome> OrderRunner::watch(Flight& flight) {
    Observation seen = co_await watcher_.until_decided(flight);
    if (const Landed* const landed = std::get_if<Landed>(&seen)) {
        if (landed->ok) co_return co_await confirm(flight, *landed);
        std::optional<Attempt> closed = closed_by(*landed, flight.open->attempt(), now());
        Rejection cause = landed->error;
        co_return co_await retry_or_end(flight, std::move(cause), std::move(closed));
    }
    if (const ProvablyDead* const dead = std::get_if<ProvablyDead>(&seen)) {
        std::optional<Attempt> closed = closed_by(*dead, flight.open->attempt(), now());
        // One node's word ends the order, and is not enough to trade again upon.
        Rejection cause =
            dead->alone
                ? reject(Reason::timeout,
                         "the transaction expired, as far as the only endpoint can tell: with a second "
                         "one it would have been tried again")
                : reject(Reason::expired, "the transaction expired before it landed");
        co_return co_await retry_or_end(flight, std::move(cause), std::move(closed));
    }
    if (!LIBEXEC_SAFEGUARD(closed_before_terminal) && !draining_) {
        flight.open.reset();
        co_return co_await end_cancelled(flight);
    }
    co_return co_await give_back(flight);
}

Task<RunOutcome> OrderRunner::confirm(Flight& flight, Landed landed) {
    Order& order = flight.order;
    const Time at = now();
    Attempt closed = closed_by(landed, flight.open->attempt(), at);
    order.executed_in = landed.amount_in;
    order.executed_out = landed.amount_out;
    order.in_doubt = false;

    ConfirmedData data;
    data.tx_hash = closed.signature;
    data.venue = closed.venue;
    data.amount_in = TokenAmount{landed.amount_in, order.request.token_in.decimals};
    data.amount_out = TokenAmount{landed.amount_out, order.request.token_out.decimals};
    data.slot = landed.slot;
    data.fee_lamports = landed.fee_lamports;
    data.rent = landed.rent;

    const Attempt open = flight.open->attempt();
    StepBuilder step(flight, at);
    step.close(closed).move(OrderStatus::confirmed, std::move(data)).done();
    Step last = step.finish();
    const RunOutcome outcome = co_await commit_until_written(flight, std::move(last), RunOutcome::ended);
    if (outcome == RunOutcome::ended) metrics_.attempt_closed(closed, order.request.mode);
    if (outcome == RunOutcome::ended && landed.commitment != Commitment::finalized) {
        asio::co_spawn(parts_.io, watcher_.to_finality(order, open), asio::detached);
    }
    co_return outcome;
}

Time OrderRunner::deadline_of(const Order& order) const {
    Time deadline = order.first_claimed_at.value_or(now()) + config_.order_deadline;
    if (order.request.deadline) deadline = std::min(deadline, order.created_at + *order.request.deadline);
    return deadline;
}

void OrderRunner::log_decision(const Order& order, const RoutingDecision& decision) {
    if (!parts_.log.enabled(LogLevel::info)) return;
    const Quote* const best = decision.chosen();
    log_order(parts_.log, LogLevel::info, "order.routed", describe(decision), order,
              LogField{"status", std::string(to_string(order.status))},
              LogField::number("attempt", order.attempt),
              LogField{"dex", best != nullptr ? best->venue : std::string("none")});
}

}  // namespace libexec
