#include "engine_fixture.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

Result<CancelAnswer> cancel(EngineFixture& world, OrderId id) {
    return world.time.run(world.engine->cancel(id));
}

FakeChain::Fate never(const Attempt&) {
    FakeChain::Fate fate;
    fate.kind = FakeChain::Kind::never;
    return fate;
}

}  // namespace

TEST_SUITE("engine/cancel") {
    TEST_CASE("a waiting order is cancelled at once") {
        EngineConfig config;
        config.concurrency = 1;
        EngineFixture world(config);
        world.engine->start();
        world.submit();
        const OrderId waiting = world.submit();
        CHECK(cancel(world, waiting).value().kind == CancelAnswer::Kind::cancelled);
        CHECK(world.path(waiting) == "pending cancelled");
        CHECK(cancel(world, waiting).value().kind ==
              CancelAnswer::Kind::cancelled);  // and again: the same answer
        world.time.pass(20s);
        check_invariants(world.store, world.chain);
        CHECK(world.engine->live_orders() == 0);
    }

    TEST_CASE("an order between two attempts is cancelled at once") {
        EngineFixture world;
        world.set_venues({{"meteora", refuses(Reason::venue_error)}});
        const OrderId id = world.submit();
        world.time.pass(500ms);
        CHECK(world.path(id) == "pending routing pending");
        CHECK(cancel(world, id).value().kind == CancelAnswer::Kind::cancelled);
        CHECK(world.status(id) == OrderStatus::cancelled);
    }

    TEST_CASE("an order that is being routed ends before anything is signed") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(100ms);
        CHECK(world.status(id) == OrderStatus::routing);
        CHECK(cancel(world, id).value().kind == CancelAnswer::Kind::cancelled);
        CHECK(world.path(id) == "pending routing cancelled");
        CHECK(world.signer.signatures == 0);
    }

    TEST_CASE("with a transaction open the chain decides: landed is confirmed") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(600ms);
        CHECK(cancel(world, id).value().kind == CancelAnswer::Kind::cancel_requested);
        world.time.pass(20s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(cancel(world, id).error().reason == Reason::too_late_to_cancel);
        int notes = 0;
        for (const CommittedEvent& event : world.row(id).events)
            notes += event->kind == EventKind::cancel_requested ? 1 : 0;
        CHECK(notes == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("with a transaction open the chain decides: dead is cancelled, and nothing more is signed") {
        EngineFixture world;
        world.chain.fate = never;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(600ms);
        CHECK(cancel(world, id).value().kind == CancelAnswer::Kind::cancel_requested);
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::cancelled);
        CHECK(world.signer.signatures == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a cancel that reaches the store just before the intent stops it") {
        EngineFixture world;
        const OrderId id = world.submit();
        world.store.trouble = [&](const std::string& what) {
            if (what == "intent") world.store.rows.at(id).order.cancel_requested = true;
            return MemoryStore::Trouble::none;
        };
        world.engine->start();
        world.time.pass(20s);
        CHECK(world.status(id) == OrderStatus::cancelled);
        CHECK(world.chain.transactions.empty());
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a cancel is not called done by a node that lost the order meanwhile") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(100ms);
        MemoryStore::Row& row = world.store.rows.at(id);
        REQUIRE(row.order.status == OrderStatus::routing);
        row.epoch += 1;       // another node's claim
        row.has_job = false;  // and it does not give it back
        const Result<CancelAnswer> answer = world.time.run(world.engine->cancel(id));
        REQUIRE(answer);
        CHECK(answer.value().kind == CancelAnswer::Kind::cancel_requested);
        CHECK(row.order.cancel_requested);
        CHECK(row.order.status == OrderStatus::routing);
        CHECK(world.engine->in_flight() == 0);
    }

    TEST_CASE("an order nobody knows cannot be cancelled") {
        EngineFixture world;
        CHECK(cancel(world, world.ids.next()).error().reason == Reason::not_found);
    }
}
