#include <doctest/doctest.h>

#include "support/store_conformance_world.hpp"

// The promises about signed transactions and about ends, each on a new store with nothing in it.

namespace libexec::test {
namespace {

using namespace std::chrono_literals;

void one_open_attempt(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Attempt attempt = world.submit(claimed);
    Step second = step_to(claimed, OrderStatus::submitted, world.clock.now());
    second.opens = attempt_of(claimed, 2, world.clock.now());
    const Result<StepAnswer> refused = await(world.store->commit(second));
    CHECK_FALSE((refused && refused.value() == StepAnswer::committed));
    CHECK(world.record(claimed.order.id).order == claimed.order);
    CHECK(world.record(claimed.order.id).attempts.size() == 1);
    CHECK(world.events(claimed.order.id).size() == 4);

    Step retry = step_to(claimed, OrderStatus::pending, world.clock.now());
    Attempt dead = landed(attempt, world.clock.now());
    dead.resolution = Resolution::expired;
    dead.error = reject(Reason::expired, "height 250000151 is beyond its last valid height");
    retry.closes = dead;
    const Order after = retry.after;
    CHECK(world.commit(retry) == StepAnswer::committed);
    claimed.order = after;
    claimed.closed_attempts.push_back(dead);
    world.submit(claimed);
    const std::vector<Attempt> attempts = world.record(claimed.order.id).attempts;
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0] == dead);
    CHECK(attempts[1].number == 2);
    CHECK(!attempts[1].resolution);
}

void one_signature(StoreWorld& world) {
    Claimed first = world.claimed();
    const Attempt attempt = world.submit(first);
    Claimed second = world.claimed();
    Step thief = step_to(second, OrderStatus::submitted, world.clock.now());
    thief.opens = attempt_of(second, 1, world.clock.now());
    thief.opens->signature = attempt.signature;
    const Result<StepAnswer> refused = await(world.store->commit(thief));
    CHECK_FALSE((refused && refused.value() == StepAnswer::committed));
    CHECK(world.record(second.order.id).attempts.empty());
    CHECK(world.record(second.order.id).order == second.order);
}

void closes_only_what_is_open(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Attempt attempt = world.submit(claimed);
    Step end = step_to(claimed, OrderStatus::confirmed, world.clock.now());
    end.closes = landed(attempt, world.clock.now());
    end.closes->signature = "another";
    const Result<StepAnswer> refused = await(world.store->commit(end));
    CHECK_FALSE((refused && refused.value() == StepAnswer::committed));
    CHECK(world.record(claimed.order.id).order == claimed.order);
    CHECK(!world.record(claimed.order.id).attempts.at(0).resolution);
}

void ends_once(StoreWorld& world) {
    Claimed claimed = world.claimed();
    Step end = step_to(claimed, OrderStatus::failed, world.clock.now());
    end.job.kind = JobChange::Kind::keep;  // a worker with a bug: it could go on
    const Order after = end.after;
    CHECK(world.commit(end) == StepAnswer::committed);
    claimed.order = after;
    const Result<StepAnswer> second =
        await(world.store->commit(step_to(claimed, OrderStatus::cancelled, world.clock.now())));
    CHECK_FALSE((second && second.value() == StepAnswer::committed));
    CHECK(world.events(claimed.order.id).size() == 2);
    CHECK(world.record(claimed.order.id).order.status == OrderStatus::failed);
}

void end_takes_the_job(StoreWorld& world) {
    Claimed claimed = world.claimed();
    world.move(claimed, OrderStatus::expired);
    CHECK(world.commit(step_to(claimed, OrderStatus::cancelled, world.clock.now())) == StepAnswer::stale);
    world.clock.pass(24h);
    CHECK(world.claim().orders.empty());
    CHECK(world.store->live_orders() == 0);
}

void gives_intents_back(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Attempt first = world.submit(claimed);
    const std::vector<Attempt> seen = world.record(claimed.order.id).attempts;
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].signed_bytes.empty());  // nobody who only looks gets to send it

    std::optional<Claimed> taken = world.claim_order(claimed.order.id);
    REQUIRE(taken);
    REQUIRE(taken->open_attempt);
    CHECK(taken->open_attempt->attempt() == first);
    CHECK(taken->closed_attempts.empty());

    Step retry = step_to(*taken, OrderStatus::pending, world.clock.now());
    retry.closes = landed(first, world.clock.now());
    retry.closes->resolution = Resolution::landed_err;
    retry.closes->error = reject(Reason::slippage_exceeded, "0x1771");
    CHECK(world.commit(retry) == StepAnswer::committed);
    taken = world.claim_order(claimed.order.id);
    REQUIRE(taken);
    CHECK(!taken->open_attempt);
    REQUIRE(taken->closed_attempts.size() == 1);
    CHECK(taken->closed_attempts[0] == *retry.closes);
}

void keeps_rent(StoreWorld& world) {
    for (const std::optional<Rent>& rent :
         {std::optional<Rent>(), std::optional(Rent{0, 0}), std::optional(Rent{4'078'560, 2'039'280})}) {
        Claimed claimed = world.claimed();
        const Attempt attempt = world.submit(claimed);
        CHECK(!world.record(claimed.order.id).attempts.at(0).rent);
        Step end = step_to(claimed, OrderStatus::confirmed, world.clock.now());
        end.closes = landed(attempt, world.clock.now());
        end.closes->rent = rent;
        CHECK(world.commit(end) == StepAnswer::committed);
        CHECK(world.record(claimed.order.id).attempts.at(0) == *end.closes);
    }
}

void mints_tokens_after_the_commit(StoreWorld& world) {
    Claimed claimed = world.claimed();
    world.move(claimed, OrderStatus::routing);
    world.move(claimed, OrderStatus::building);
    Step intent = step_to(claimed, OrderStatus::submitted, world.clock.now());
    intent.opens = attempt_of(claimed, 1, world.clock.now());
    StepAnswer answer = StepAnswer::stale;
    const auto token = await(world.store->commit_intent(intent, answer)).value();
    CHECK(answer == StepAnswer::committed);
    REQUIRE(token);
    CHECK(token->attempt() == *intent.opens);
    CHECK(!await(world.store->commit_intent(intent, answer)).value());
    CHECK(answer == StepAnswer::stale);
}

void cancels_before_the_intent(StoreWorld& world) {
    Claimed claimed = world.claimed();
    world.move(claimed, OrderStatus::routing);
    CHECK(await(world.store->request_cancel(claimed.order.id)).value() == OrderStatus::routing);
    world.move(claimed, OrderStatus::building);  // knows nothing of it, and must not undo it

    Step intent = step_to(claimed, OrderStatus::submitted, world.clock.now());
    intent.opens = attempt_of(claimed, 1, world.clock.now());
    CHECK(world.commit(intent) == StepAnswer::cancel_requested);
    const OrderRecord record = world.record(claimed.order.id);
    CHECK(record.order.status == OrderStatus::building);
    CHECK(record.order.last_seq == 3);
    CHECK(record.order.cancel_requested);
    CHECK(record.attempts.empty());
    CHECK(world.events(claimed.order.id).size() == 3);

    intent.epoch += 1;
    CHECK(world.commit(intent) == StepAnswer::stale);
    intent.epoch -= 1;
    intent.expected_seq -= 1;
    intent.after.last_seq -= 1;
    intent.events.front().seq -= 1;
    CHECK(world.commit(intent) == StepAnswer::stale);

    world.move(claimed, OrderStatus::cancelled);
    CHECK(world.record(claimed.order.id).order.cancel_requested);
    CHECK(await(world.store->request_cancel(claimed.order.id)).value() == OrderStatus::cancelled);
    CHECK(!await(world.store->request_cancel(world.ids.next())).value());
}

void cancels_after_the_intent(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Attempt attempt = world.submit(claimed);
    CHECK(await(world.store->request_cancel(claimed.order.id)).value() == OrderStatus::submitted);
    Step end = step_to(claimed, OrderStatus::confirmed, world.clock.now());
    end.closes = landed(attempt, world.clock.now());
    CHECK(world.commit(end) == StepAnswer::committed);
    const OrderRecord record = world.record(claimed.order.id);
    CHECK(record.order.status == OrderStatus::confirmed);
    CHECK(record.order.cancel_requested);
    CHECK(record.attempts.at(0).resolution == Resolution::landed_ok);
}

Task<void> cancel_into(OrderStore& store, OrderId order, Viewer viewer,
                       std::vector<std::optional<OrderStatus>>& answers) {
    const auto answer = co_await store.request_cancel(order, std::move(viewer));
    answers.push_back(answer.value());
}

void cancels_for_the_owner_alone(StoreWorld& world) {
    Acceptance asked = world.acceptance();
    asked.order.account = asked.opened.account = "acme";
    REQUIRE(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
    const OrderId id = asked.order.id;
    for (const Viewer& stranger : {Viewer("zeta"), Viewer(""), Viewer("acm")}) {
        CHECK(!await(world.store->request_cancel(id, stranger)).value());
        CHECK(!world.record(id).order.cancel_requested);
    }
    // Also when both ask at once, in one transaction.
    asio::io_context io(1);
    std::vector<std::optional<OrderStatus>> to_owner, to_stranger;
    for (int i = 0; i < 8; ++i) {
        spawn(io, cancel_into(*world.store, id, Viewer("zeta"), to_stranger));
        spawn(io, cancel_into(*world.store, id, Viewer("acme"), to_owner));
    }
    io.run();
    CHECK(to_stranger == std::vector<std::optional<OrderStatus>>(8, std::nullopt));
    CHECK(to_owner == std::vector<std::optional<OrderStatus>>(8, OrderStatus::pending));
    CHECK(world.record(id).order.cancel_requested);
    CHECK(await(world.store->request_cancel(id, Viewer())).value() == OrderStatus::pending);
}

}  // namespace

const std::vector<StoreLaw>& store_attempt_laws() {
    static const std::vector<StoreLaw> laws{
        {"an order has one open attempt at most", one_open_attempt},
        {"a signature belongs to one attempt", one_signature},
        {"an attempt is closed once, and only if it is the one that is open", closes_only_what_is_open},
        {"an order ends once", ends_once},
        {"an ended order is nobody's job", end_takes_the_job},
        {"an open attempt comes back with its bytes to whoever takes the order, and to nobody else",
         gives_intents_back},
        {"rent is kept as it was told: nothing, none, or so much", keeps_rent},
        {"only a committed intent yields the token to send it", mints_tokens_after_the_commit},
        {"nothing is signed once somebody asked to cancel", cancels_before_the_intent},
        {"only its own account, or somebody who sees all, cancels an order", cancels_for_the_owner_alone},
        {"a cancellation does not stop what the chain decided", cancels_after_the_intent},
    };
    return laws;
}

}  // namespace libexec::test
