#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "storage/node_place.hpp"
#include "storage/postgres/write_tables.hpp"
#include "storage/schema_place.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("storage/postgres_nodes") {
    TEST_CASE("an order is one node's at a time, and the next one's when the first closes") {
        const std::string schema = new_schema();
        StoreWorld beta(node_on(schema));
        OrderId id;
        {
            StoreWorld alpha(node_on(schema));
            Claimed claimed = alpha.claimed();
            id = claimed.order.id;
            CHECK(beta.claim().orders.empty());
            CHECK_FALSE(beta.claim_order(id));
            alpha.move(claimed, OrderStatus::routing);
        }
        const ClaimBatch taken = beta.claim();
        REQUIRE(taken.orders.size() == 1);
        CHECK(taken.orders.front().order.id == id);
        CHECK(taken.orders.front().order.status == OrderStatus::routing);
        CHECK(taken.orders.front().epoch == 2);
    }

    TEST_CASE("a node that gives no sign of life is taken over, and changes nothing when it wakes") {
        const std::string schema = new_schema();
        StoreWorld beta(node_on(schema));
        StoreWorld alpha(node_on(schema, 300ms));
        Claimed held = alpha.claimed();
        const OrderId id = held.order.id;
        std::this_thread::sleep_for(700ms);  // it lives: its lease is renewed
        CHECK(beta.claim().orders.empty());

        std::mutex gate;
        std::unique_lock asleep(gate);
        alpha.bus.on_publish = [&](const std::vector<CommittedEvent>& events) {
            if (events.front()->order == id) const std::lock_guard wait(gate);
        };
        Step step = step_to(held, OrderStatus::routing, alpha.clock.now());
        held.order = step.after;
        alpha.store->commit_later(std::move(step));  // written; then the node stands still
        ClaimBatch taken;
        REQUIRE(soon([&] {
            taken = beta.claim();
            return !taken.orders.empty();
        }));
        asleep.unlock();
        CHECK(alpha.commit(step_to(held, OrderStatus::building, alpha.clock.now())) == StepAnswer::stale);
        Claimed& mine = taken.orders.front();
        CHECK(mine.order.status == OrderStatus::routing);
        beta.move(mine, OrderStatus::building);
        CHECK(alpha.record(id).order.status == OrderStatus::building);
        CHECK(is_whole(alpha.events(id)));
    }

    TEST_CASE(
        "a node that stands still inside a transaction holds up the others for its lease and no longer") {
        const std::string schema = new_schema();
        StoreWorld beta(node_on(schema));
        Claimed held = beta.claimed();
        PgWriteTables still(place_of(schema), {"still", "still", 200ms});
        still.nodes().add();
        still.begin();
        still.lock_jobs({held.order.id});
        const auto began = std::chrono::steady_clock::now();
        beta.move(held, OrderStatus::routing);
        CHECK(std::chrono::steady_clock::now() - began < 10s);  // what PostgreSQL allows elsewhere is 30
        CHECK(beta.record(held.order.id).order.status == OrderStatus::routing);
        CHECK_THROWS_AS(still.commit(), soci::soci_error);
    }

    TEST_CASE("each node knows how many orders are alive at all of them") {
        const std::string schema = new_schema();
        StoreWorld beta(node_on(schema));
        StoreWorld alpha(node_on(schema));
        const auto alive = [](StoreWorld& node, std::uint64_t count) {
            return soon([&] { return node.store->live_orders() == count; });
        };
        std::vector<Claimed> taken;
        for (int i = 0; i < 3; ++i) {
            alpha.accepted();
            ClaimBatch batch = beta.claim();
            REQUIRE(batch.orders.size() == 1);
            taken.push_back(std::move(batch.orders.front()));
        }
        CHECK(alpha.store->live_orders() == 3);
        CHECK(alive(beta, 3));
        for (Claimed& claimed : taken) {
            beta.move(claimed, OrderStatus::routing);
            beta.move(claimed, OrderStatus::failed);
        }
        CHECK(beta.store->live_orders() == 0);
        CHECK(alive(alpha, 0));  // also at a node that has nothing to write
    }

    TEST_CASE("starts of long ago are counted together, and their rows are gone") {
        const std::string schema = new_schema();
        {
            StoreWorld first(node_on(schema));
            Claimed claimed = first.claimed();
            first.move(claimed, OrderStatus::routing);
            first.move(claimed, OrderStatus::failed);
            first.accepted();
        }
        PostgresServer::shared().run_sql("update " + schema +
                                         ".nodes set seen_at = seen_at - 8 * 86400000000::bigint");
        StoreWorld second(node_on(schema));
        StoreWorld third(node_on(schema));
        for (StoreWorld* node : {&second, &third}) {
            CHECK(node->store->live_orders() == 1);
            CHECK(node->store->last_number() == 2);
            CHECK(await(node->store->counts()).value().failed == 1);
            CHECK(await(node->store->nodes()).value().size() == 2);
        }
    }

    TEST_CASE("every node hears of every event, in order and once") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        Claimed claimed = alpha.claimed();
        alpha.move(claimed, OrderStatus::routing);
        alpha.move(claimed, OrderStatus::building);
        const OrderId id = claimed.order.id;
        REQUIRE(soon([&] { return beta.bus.heard_of(id).size() == 3; }));
        alpha.move(claimed, OrderStatus::failed);
        REQUIRE(soon([&] { return beta.bus.heard_of(id).size() >= 4; }));
        std::this_thread::sleep_for(100ms);
        const std::vector<CommittedEvent> heard = beta.bus.heard_of(id);
        REQUIRE(heard.size() == 4);
        for (std::size_t i = 0; i < heard.size(); ++i) CHECK(*heard[i] == alpha.events(id)[i]);
        CHECK(alpha.bus.heard_of(id).size() == 4);  // its own were not told to it again
    }

    TEST_CASE("one key is one order, whichever nodes it is sent to at once") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        constexpr int keys = 40;
        std::mutex mutex;
        std::map<std::string, std::set<OrderId>> orders;
        std::atomic<int> accepted = 0;
        const auto submit_all = [&](StoreWorld& node, int salt) {
            UuidGenerator ids(node.clock, static_cast<std::uint64_t>(salt));  // else both draw the same
            std::vector<Acceptance> asked;
            for (int i = 0; i < keys; ++i) {
                Acceptance acceptance = node.acceptance();
                acceptance.order.id = ids.next();
                acceptance.opened.order = acceptance.order.id;
                acceptance.idempotency_key = "key-" + std::to_string((i * salt) % keys);
                acceptance.request_digest = "same";
                asked.push_back(std::move(acceptance));
            }
            for (Acceptance& acceptance : asked) {
                const std::string key = acceptance.idempotency_key;
                const AcceptAnswer answer = node.accept(std::move(acceptance));
                if (answer.kind == AcceptAnswer::Kind::accepted) ++accepted;
                const std::lock_guard lock(mutex);
                orders[key].insert(answer.order);
            }
        };
        std::thread first([&] { submit_all(alpha, 7); });
        std::thread second([&] { submit_all(beta, 3); });
        first.join();
        second.join();
        CHECK(accepted == keys);
        CHECK(orders.size() == keys);
        for (const auto& [key, found] : orders) CHECK(found.size() == 1);
        CHECK(alpha.claim(1'000).orders.size() == keys);
        StoreWorld gamma(node_on(schema));
        CHECK(gamma.store->live_orders() == keys);
    }

    TEST_CASE("a cancellation holds on whichever node it is asked") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        Claimed claimed = alpha.claimed();
        alpha.move(claimed, OrderStatus::routing);
        alpha.move(claimed, OrderStatus::building);
        CHECK(await(beta.store->request_cancel(claimed.order.id)).value() == OrderStatus::building);
        Step intent = step_to(claimed, OrderStatus::submitted, alpha.clock.now());
        intent.opens = attempt_of(claimed, 1, alpha.clock.now());
        CHECK(alpha.commit(intent) == StepAnswer::cancel_requested);
    }

    TEST_CASE("while the server is away orders are refused, and taken again when it is back") {
        PostgresServer server;
        auto owned = std::make_unique<NodePlace>("away", 1h);
        owned->place.config.url = server.url();
        StoreWorld world(std::move(owned));
        Claimed claimed = world.claimed();
        server.stop();
        const Result<AcceptAnswer> refused = await(world.store->accept(world.acceptance()));
        REQUIRE_FALSE(refused);
        const Reason reason = refused.error().reason;
        CHECK((reason == Reason::service_unavailable || reason == Reason::outcome_unknown));
        CHECK_FALSE(world.store->health());
        CHECK_FALSE(await(world.store->load(claimed.order.id)));
        server.start_again();
        REQUIRE(soon([&] { return static_cast<bool>(world.store->health()); }));
        CHECK(world.accept(world.acceptance()).kind == AcceptAnswer::Kind::accepted);
        world.move(claimed, OrderStatus::routing);
        CHECK(is_whole(world.events(claimed.order.id)));
    }

    TEST_CASE("while the server hangs orders are refused soon") {
        PostgresServer server;
        auto owned = std::make_unique<NodePlace>("hung", 1h);
        owned->place.config.url = server.url();
        StoreWorld world(std::move(owned));
        world.accepted();
        server.signal(SIGSTOP);
        // The first ones wait in vain: in the transaction that hangs, or behind it.
        std::atomic<int> answered = 0;
        std::vector<std::thread> clients;
        std::vector<Acceptance> asked;
        for (int i = 0; i < 3; ++i) asked.push_back(world.acceptance());
        for (Acceptance& acceptance : asked) {
            clients.emplace_back([&world, &answered, given = std::move(acceptance)]() mutable {
                const Result<AcceptAnswer> answer = await(world.store->accept(std::move(given)));
                answered += answer || answer.error().reason == Reason::service_unavailable ||
                            answer.error().reason == Reason::outcome_unknown;
            });
        }
        CHECK(soon([&] { return !world.store->health(); }));
        const auto start = std::chrono::steady_clock::now();
        const Result<AcceptAnswer> refused = await(world.store->accept(world.acceptance()));
        CHECK_FALSE(refused);
        CHECK(std::chrono::steady_clock::now() - start < 1s);
        server.signal(SIGCONT);
        CHECK(soon([&] { return static_cast<bool>(world.store->health()); }));
        for (std::thread& client : clients) client.join();
        CHECK(answered == 3);
        CHECK(world.accept(world.acceptance()).kind == AcceptAnswer::Kind::accepted);
    }
}
