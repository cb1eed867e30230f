#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "support/store_conformance_world.hpp"

// The promises about several threads and about a restart.

namespace libexec::test {
namespace {

using namespace std::chrono_literals;

void publishes_after_the_commit(StoreWorld& world) {
    std::size_t checked = 0;
    world.bus.on_publish = [&](const std::vector<CommittedEvent>& events) {
        for (const CommittedEvent& event : events) {
            const auto read = await(world.store->events_after(event->order, event->seq - 1, 1));
            REQUIRE(read.value().size() == 1);
            CHECK(*read.value().front() == *event);
            ++checked;
        }
    };
    for (int i = 0; i < 5; ++i) {
        Claimed claimed = world.claimed();
        CHECK(world.bus.heard_of(claimed.order.id).size() == 1);
        const Attempt attempt = world.submit(claimed);
        Step end = step_to(claimed, OrderStatus::confirmed, world.clock.now());
        end.closes = landed(attempt, world.clock.now());
        CHECK(world.commit(end) == StepAnswer::committed);
        CHECK(world.commit(end) == StepAnswer::stale);
        // Whoever was answered can rely on the bus having heard of it.
        CHECK(world.bus.heard_of(claimed.order.id).size() == 5);
    }
    CHECK(checked == 25);
    world.bus.on_publish = nullptr;
}

struct Desk {
    asio::io_context io{1};
    std::thread::id thread;
    std::vector<OrderId> accepted;
    std::size_t ended = 0;
    std::size_t elsewhere = 0;  ///< resumptions on a foreign thread

    void here() {
        if (std::this_thread::get_id() != thread) ++elsewhere;
    }
};

Task<void> submit_orders(OrderStore& store, Desk& desk, std::vector<Acceptance> orders) {
    for (Acceptance& order : orders) {
        const Result<AcceptAnswer> answer = co_await store.accept(std::move(order));
        desk.here();
        desk.accepted.push_back(answer.value().order);
        const Result<std::optional<OrderRecord>> read = co_await store.load(desk.accepted.back());
        desk.here();
        REQUIRE(read.value().has_value());
    }
}

Task<void> work_orders(OrderStore& store, Desk& desk, Time at, std::atomic<std::size_t>& left) {
    while (left > 0) {
        Result<ClaimBatch> batch = co_await store.claim(7);
        desk.here();
        for (Claimed claimed : std::move(batch).value().orders) {
            Step routing = step_to(claimed, OrderStatus::routing, at);
            claimed.order = routing.after;
            store.commit_later(std::move(routing));
            Step end = step_to(claimed, OrderStatus::confirmed, at);
            const Result<StepAnswer> answer = co_await store.commit(std::move(end));
            desk.here();
            REQUIRE(answer.value() == StepAnswer::committed);
            ++desk.ended;
            --left;
        }
    }
}

void serves_many_threads(StoreWorld& world) {
    constexpr std::size_t desks_count = 3;
    constexpr std::size_t coroutines = 4;
    constexpr std::size_t orders_each = 25;
    std::atomic<std::size_t> left = desks_count * coroutines * orders_each;
    std::vector<std::unique_ptr<Desk>> desks;
    for (std::size_t i = 0; i < desks_count; ++i) {
        Desk& desk = *desks.emplace_back(std::make_unique<Desk>());
        for (std::size_t j = 0; j < coroutines; ++j) {
            std::vector<Acceptance> orders;
            for (std::size_t k = 0; k < orders_each; ++k) orders.push_back(world.acceptance());
            spawn(desk.io, submit_orders(*world.store, desk, std::move(orders)));
        }
        spawn(desk.io, work_orders(*world.store, desk, world.clock.now(), left));
    }
    std::vector<std::thread> threads;
    for (const std::unique_ptr<Desk>& desk : desks) {
        threads.emplace_back([&desk = *desk] {
            desk.thread = std::this_thread::get_id();
            desk.io.run();
        });
    }
    for (std::thread& thread : threads) thread.join();

    std::size_t ended = 0;
    std::vector<OrderId> accepted;
    for (const std::unique_ptr<Desk>& desk : desks) {
        CHECK(desk->elsewhere == 0);
        ended += desk->ended;
        accepted.insert(accepted.end(), desk->accepted.begin(), desk->accepted.end());
    }
    CHECK(ended == desks_count * coroutines * orders_each);
    std::sort(accepted.begin(), accepted.end());
    CHECK(std::adjacent_find(accepted.begin(), accepted.end()) == accepted.end());
    REQUIRE(accepted.size() == ended);
    for (const OrderId& order : accepted) {
        const std::vector<OrderEvent> events = world.events(order);
        CHECK(events.size() == 3);
        CHECK(is_whole(events));
        std::vector<OrderEvent> told;
        for (const CommittedEvent& event : world.bus.heard_of(order)) told.push_back(*event);
        CHECK(told == events);
    }
    const QueueCounts counts = await(world.store->counts()).value();
    CHECK(counts.completed == ended);
    CHECK(counts.waiting + counts.delayed + counts.active == 0);
}

void recovers(StoreWorld& world) {
    const Order waiting = world.accepted();
    std::optional<Claimed> held = world.claim_order(world.accepted().id);
    std::optional<Claimed> open = world.claim_order(world.accepted().id);
    const Attempt attempt = world.submit(*open);
    std::optional<Claimed> retried = world.claim_order(world.accepted().id);
    Step release = step_to(*retried, OrderStatus::pending, world.clock.now());
    release.job.kind = JobChange::Kind::release;
    release.job.visible_at = world.clock.now() + 1h;
    CHECK(world.commit(release) == StepAnswer::committed);
    std::optional<Claimed> ended = world.claim_order(world.accepted().id);
    world.move(*ended, OrderStatus::confirmed);
    Acceptance keyed = world.acceptance();
    keyed.idempotency_key = "k1";
    CHECK(world.accept(keyed).kind == AcceptAnswer::Kind::accepted);

    world.reopen();

    CHECK(world.store->last_number() == 6);
    CHECK(world.store->live_orders() == 5);
    QueueCounts counts = await(world.store->counts()).value();
    CHECK(counts.waiting == 4);
    CHECK(counts.delayed == 1);
    CHECK(counts.active == 0);
    CHECK(counts.completed == 1);
    CHECK(world.accept(keyed).kind == AcceptAnswer::Kind::replayed);

    // Whoever held a job before is a stranger now, even before anybody else takes it.
    const ClaimBatch batch = world.claim();
    CHECK(batch.orders.size() == 4);
    CHECK(batch.next_due == release.job.visible_at);
    CHECK(world.commit(step_to(*held, OrderStatus::routing, world.clock.now())) == StepAnswer::stale);
    for (const Claimed& claimed : batch.orders) {
        if (claimed.order.id == waiting.id) CHECK(claimed.epoch == 1);
        if (claimed.order.id == held->order.id) CHECK(claimed.epoch > held->epoch);
        if (claimed.order.id != open->order.id) continue;
        CHECK(claimed.epoch > open->epoch);
        REQUIRE(claimed.open_attempt);
        CHECK(claimed.open_attempt->attempt() == attempt);
    }
    const std::optional<Claimed> early = world.claim_order(retried->order.id);
    REQUIRE(early);
    CHECK(early->epoch > retried->epoch);
    CHECK(world.record(ended->order.id).order == ended->order);
    CHECK(is_whole(world.events(open->order.id)));
}

}  // namespace

const std::vector<StoreLaw>& store_thread_laws() {
    static const std::vector<StoreLaw> laws{
        {"nobody hears of an event before it is durable, and everybody before the answer",
         publishes_after_the_commit},
        {"several threads share a store, each resumed where it waits", serves_many_threads},
    };
    return laws;
}

const std::vector<StoreLaw>& store_restart_laws() {
    static const std::vector<StoreLaw> laws{
        {"after a restart every held job is due, every retry waits on, and nothing is lost", recovers},
    };
    return laws;
}

}  // namespace libexec::test
