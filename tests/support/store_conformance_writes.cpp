#include <doctest/doctest.h>

#include <algorithm>

#include "support/store_conformance_world.hpp"

// The promises about writing, each on a new store with nothing in it.

namespace libexec::test {
namespace {

using namespace std::chrono_literals;
using Kind = AcceptAnswer::Kind;

void accepts(StoreWorld& world) {
    const Acceptance asked = world.acceptance();
    const AcceptAnswer answer = world.accept(asked);
    CHECK(answer.kind == Kind::accepted);
    CHECK(answer.order == asked.order.id);
    CHECK(world.record(asked.order.id).order == asked.order);
    CHECK(world.events(asked.order.id) == std::vector{asked.opened});

    const ClaimBatch batch = world.claim();
    REQUIRE(batch.orders.size() == 1);
    CHECK(batch.orders.front().order == asked.order);
    CHECK(!batch.orders.front().open_attempt);
    CHECK(batch.orders.front().closed_attempts.empty());
    CHECK(!batch.next_due);
}

void repeats_by_key(StoreWorld& world) {
    Acceptance first = world.acceptance();
    first.order.account = first.opened.account = "acme";
    first.idempotency_key = "k1";
    Acceptance again = world.acceptance();
    again.order.account = again.opened.account = "acme";
    again.idempotency_key = "k1";
    Acceptance other_body = again;
    other_body.request_digest = "11 SOL to USDC";
    Acceptance other_account = world.acceptance();
    other_account.order.account = other_account.opened.account = "zeta";
    other_account.idempotency_key = "k1";

    CHECK(world.accept(first).kind == Kind::accepted);
    const AcceptAnswer replayed = world.accept(again);
    CHECK(replayed.kind == Kind::replayed);
    CHECK(replayed.order == first.order.id);
    const AcceptAnswer conflict = world.accept(other_body);
    CHECK(conflict.kind == Kind::conflict);
    CHECK(conflict.order == first.order.id);
    // With the queue full, what is known is answered as ever and nothing new gets in.
    again.repetition_only = other_account.repetition_only = true;
    CHECK(world.accept(again).kind == Kind::replayed);
    CHECK(world.accept(other_account).kind == Kind::not_admitted);
    CHECK(!await(world.store->load(other_account.order.id)).value());
    other_account.repetition_only = false;
    CHECK(world.accept(other_account).kind == Kind::accepted);
    CHECK(!await(world.store->load(again.order.id)).value());
    CHECK(world.claim().orders.size() == 2);
    CHECK(world.store->live_orders() == 2);
}

void repeats_by_client_order_id(StoreWorld& world) {
    Acceptance first = world.acceptance();
    first.order.request.client_id = "desk";
    first.order.request.client_order_id = "o-1";
    Acceptance again = world.acceptance();
    again.order.request.client_id = "desk";
    again.order.request.client_order_id = "o-1";
    again.idempotency_key = "k1";
    Acceptance other_body = again;
    other_body.idempotency_key.clear();
    other_body.request_digest = "11 SOL to USDC";
    Acceptance other_client = world.acceptance();
    other_client.order.request.client_id = "fund";
    other_client.order.request.client_order_id = "o-1";
    Acceptance key_reused = world.acceptance();
    key_reused.idempotency_key = "k1";
    key_reused.request_digest = "12 SOL to USDC";

    CHECK(world.accept(first).kind == Kind::accepted);
    const AcceptAnswer replayed = world.accept(again);
    CHECK(replayed.kind == Kind::replayed);
    CHECK(replayed.order == first.order.id);
    CHECK(world.accept(other_body).kind == Kind::conflict);
    CHECK(world.accept(other_client).kind == Kind::accepted);
    // The key that came with the repetition stands for the first order from then on.
    const AcceptAnswer conflict = world.accept(key_reused);
    CHECK(conflict.kind == Kind::conflict);
    CHECK(conflict.order == first.order.id);
    CHECK(world.claim().orders.size() == 2);
}

void keeps_the_clients_of_accounts_apart(StoreWorld& world) {
    const auto order_of = [&world](const std::string& account, const std::string& client) {
        Acceptance asked = world.acceptance();
        asked.order.account = asked.opened.account = account;
        asked.order.request.client_id = client;
        asked.order.request.client_order_id = "o-1";
        return asked;
    };
    // Whatever they are called: no two of these are the same client of the same account.
    const std::vector<std::pair<std::string, std::string>> all{
        {"", "desk"}, {"acme", "desk"}, {"zeta", "desk"}, {"acme", ""}, {"", "4:acmedesk"}, {"acmed", "esk"}};
    std::vector<Acceptance> first;
    for (const auto& [account, client] : all) {
        CAPTURE(account);
        CAPTURE(client);
        first.push_back(order_of(account, client));
        CHECK(world.accept(first.back()).kind == Kind::accepted);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        Acceptance again = order_of(all[i].first, all[i].second);
        const AcceptAnswer replayed = world.accept(again);
        CHECK(replayed.kind == Kind::replayed);
        CHECK(replayed.order == first[i].order.id);
        again.request_digest = "11 SOL to USDC";
        CHECK(world.accept(again).kind == Kind::conflict);
    }
}

Task<void> accept_into(OrderStore& store, Acceptance asked, std::vector<AcceptAnswer>& answers) {
    const Result<AcceptAnswer> answer = co_await store.accept(std::move(asked));
    answers.push_back(answer.value());
}

void repeats_at_once(StoreWorld& world) {
    asio::io_context io(1);
    std::vector<AcceptAnswer> answers;
    for (int i = 0; i < 20; ++i) {
        Acceptance asked = world.acceptance();
        asked.idempotency_key = "k1";
        asked.order.request.client_order_id = "o-1";
        if (i % 5 == 4) asked.request_digest = "11 SOL to USDC";
        spawn(io, accept_into(*world.store, std::move(asked), answers));
    }
    io.run();
    const auto count = [&answers](Kind kind) {
        return std::count_if(answers.begin(), answers.end(),
                             [kind](const AcceptAnswer& a) { return a.kind == kind; });
    };
    CHECK(count(Kind::accepted) == 1);
    CHECK(count(Kind::replayed) == 15);
    CHECK(count(Kind::conflict) == 4);
    for (const AcceptAnswer& answer : answers) CHECK(answer.order == answers.front().order);
    CHECK(world.claim().orders.size() == 1);
}

void claims_in_order(StoreWorld& world) {
    std::vector<OrderId> accepted;
    for (int i = 0; i < 10; ++i) {
        accepted.push_back(world.accepted().id);
        world.clock.pass(1ms);
    }
    std::vector<OrderId> claimed;
    for (const std::size_t limit : {std::size_t{4}, std::size_t{4}, std::size_t{4}}) {
        const ClaimBatch batch = world.claim(limit);
        for (const Claimed& one : batch.orders) {
            CHECK(one.epoch == 1);
            claimed.push_back(one.order.id);
        }
        // More are due: the next claim need not wait.
        if (claimed.size() < accepted.size()) CHECK(batch.next_due.value() <= world.clock.now());
    }
    CHECK(claimed == accepted);
    CHECK(world.claim().orders.empty());
    CHECK(!world.claim().next_due);
}

void fences(StoreWorld& world) {
    Claimed first = world.claimed();
    const std::optional<Claimed> second = world.claim_order(first.order.id);
    REQUIRE(second);
    CHECK(second->epoch > first.epoch);

    Step late = step_to(first, OrderStatus::routing, world.clock.now());
    late.opens = attempt_of(first, 1, world.clock.now());
    late.job.kind = JobChange::Kind::done;
    CHECK(world.commit(late) == StepAnswer::stale);
    CHECK(world.record(first.order.id).order == first.order);
    CHECK(world.record(first.order.id).attempts.empty());
    CHECK(world.events(first.order.id).size() == 1);

    Claimed current = *second;
    world.move(current, OrderStatus::routing);  // the job is still there, and held
    CHECK(world.record(first.order.id).order.status == OrderStatus::routing);
}

void compares_and_sets(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Claimed before = claimed;
    world.move(claimed, OrderStatus::routing);

    Step outdated = step_to(before, OrderStatus::cancelled, world.clock.now());
    CHECK(world.commit(outdated) == StepAnswer::stale);
    CHECK(world.record(claimed.order.id).order == claimed.order);
    CHECK(world.events(claimed.order.id).size() == 2);
    world.move(claimed, OrderStatus::building);

    Step of_nobody = step_to(claimed, OrderStatus::cancelled, world.clock.now());
    of_nobody.after.id = of_nobody.events.front().order = world.ids.next();
    CHECK(world.commit(of_nobody) == StepAnswer::stale);
}

/// Gives the job back until `visible_at`, without an event.
Step give_back(const Claimed& claimed, Time visible_at) {
    Step step;
    step.epoch = claimed.epoch;
    step.expected_seq = claimed.order.last_seq;
    step.after = claimed.order;
    step.job.kind = JobChange::Kind::release;
    step.job.visible_at = visible_at;
    return step;
}

void releases(StoreWorld& world) {
    const Claimed claimed = world.claimed();
    const Time due = world.clock.now() + 5s;
    CHECK(world.commit(give_back(claimed, due)) == StepAnswer::committed);
    ClaimBatch batch = world.claim();
    CHECK(batch.orders.empty());
    CHECK(batch.next_due == due);
    world.clock.pass(5s - 1us);
    CHECK(world.claim().orders.empty());
    world.clock.pass(1us);
    batch = world.claim();
    REQUIRE(batch.orders.size() == 1);
    CHECK(batch.orders.front().epoch > claimed.epoch);
    CHECK(batch.orders.front().order == claimed.order);
    CHECK(!batch.next_due);
}

void cancelling_does_not_wait(StoreWorld& world) {
    Claimed claimed = world.claimed();
    CHECK(world.commit(give_back(claimed, world.clock.now() + 1h)) == StepAnswer::committed);
    CHECK(world.claim().orders.empty());
    await(world.store->request_cancel(claimed.order.id)).value();
    ClaimBatch batch = world.claim();
    REQUIRE(batch.orders.size() == 1);
    CHECK(batch.orders.front().order.cancel_requested);

    // Asked while somebody holds the job: whoever gives it back need not know.
    Claimed held = world.claimed();
    await(world.store->request_cancel(held.order.id)).value();
    CHECK(world.commit(give_back(held, world.clock.now() + 1h)) == StepAnswer::committed);
    CHECK(world.claim().orders.size() == 1);
}

void claims_one(StoreWorld& world) {
    const Order waiting = world.accepted();
    const std::optional<Claimed> taken = world.claim_order(waiting.id);
    REQUIRE(taken);
    CHECK(world.claim().orders.empty());
    CHECK(world.commit(give_back(*taken, world.clock.now() + 1h)) == StepAnswer::committed);
    std::optional<Claimed> early = world.claim_order(waiting.id);  // long before it is due
    REQUIRE(early);
    CHECK(early->epoch == taken->epoch + 1);
    std::optional<Claimed> again = world.claim_order(waiting.id);  // from an earlier claim of ours
    REQUIRE(again);
    CHECK(again->epoch == early->epoch + 1);
    world.move(*again, OrderStatus::cancelled);
    CHECK(!world.claim_order(waiting.id));
    CHECK(!world.claim_order(world.ids.next()));
}

void keeps_the_order_of_later_steps(StoreWorld& world) {
    Claimed claimed = world.claimed();
    Step routing = step_to(claimed, OrderStatus::routing, world.clock.now());
    claimed.order = routing.after;
    Step building = step_to(claimed, OrderStatus::building, world.clock.now());
    claimed.order = building.after;
    world.store->commit_later(routing);
    world.store->commit_later(building);
    world.move(claimed, OrderStatus::failed);
    const std::vector<OrderEvent> events = world.events(claimed.order.id);
    REQUIRE(events.size() == 4);
    CHECK(is_whole(events));
    CHECK(events[2].data == building.events.front().data);
}

void a_lost_later_step_stops_the_order(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Claimed before = claimed;
    Step lost = step_to(claimed, OrderStatus::routing, world.clock.now());
    lost.epoch += 1;
    claimed.order = lost.after;
    world.store->commit_later(lost);
    CHECK(world.commit(step_to(claimed, OrderStatus::building, world.clock.now())) == StepAnswer::stale);
    CHECK(world.record(claimed.order.id).order == before.order);
}

}  // namespace

const std::vector<StoreLaw>& store_write_laws() {
    static const std::vector<StoreLaw> laws{
        {"an accepted order is there with its first event, waiting to be claimed", accepts},
        {"a repeated key gives the first order; another order under it is a conflict", repeats_by_key},
        {"a client's own order id is used once for each client", repeats_by_client_order_id},
        {"each account has clients of its own", keeps_the_clients_of_accounts_apart},
        {"repetitions that arrive together are still one order", repeats_at_once},
        {"jobs are claimed oldest first, each once", claims_in_order},
        {"a worker whose claim was taken over changes nothing", fences},
        {"a step from an outdated view of the order is dropped whole", compares_and_sets},
        {"a released job waits for its time", releases},
        {"a cancelled order does not wait for its retry", cancelling_does_not_wait},
        {"one job can be taken whenever it is there", claims_one},
        {"steps nobody waits for are durable in order", keeps_the_order_of_later_steps},
        {"a later step that was lost stops the ones behind it", a_lost_later_step_stops_the_order},
    };
    return laws;
}

}  // namespace libexec::test
