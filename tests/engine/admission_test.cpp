#include "engine_fixture.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("engine/admission") {
    TEST_CASE("a full queue refuses, stores nothing and opens again") {
        EngineConfig config;
        config.queue_limit = 2;
        EngineFixture world(config);
        world.submit();
        world.submit();
        CHECK(world.try_submit(EngineFixture::request()).error().reason == Reason::queue_full);
        CHECK(world.store.rows.size() == 2);
        world.engine->start();
        world.time.pass(10s);
        CHECK(world.try_submit(EngineFixture::request()));
    }

    TEST_CASE("the same key and order give the same id, another order with that key is refused") {
        EngineFixture world;
        SubmitOptions options;
        options.idempotency_key = "k1";
        const Result<Submitted> first = world.try_submit(EngineFixture::request(), options);
        const Result<Submitted> again = world.try_submit(EngineFixture::request(), options);
        CHECK(again.value().order == first.value().order);
        CHECK_FALSE(first.value().replayed);
        CHECK(again.value().replayed);
        OrderRequest other = EngineFixture::request();
        other.amount = Amount(2'000);
        CHECK(world.try_submit(other, options).error().reason == Reason::idempotency_conflict);
        CHECK(world.store.rows.size() == 1);
        CHECK(world.engine->live_orders() == 1);
    }

    TEST_CASE("a full queue still answers what it accepted before") {
        EngineConfig config;
        config.queue_limit = 1;
        EngineFixture world(config);
        SubmitOptions options;
        options.idempotency_key = "k1";
        const Result<Submitted> first = world.try_submit(EngineFixture::request(), options);
        const Result<Submitted> again = world.try_submit(EngineFixture::request(), options);
        REQUIRE(again);
        CHECK(again.value().replayed);
        CHECK(again.value().order == first.value().order);
        options.idempotency_key = "k2";
        CHECK(world.try_submit(EngineFixture::request(), options).error().reason == Reason::queue_full);
        CHECK(world.store.rows.size() == 1);
        CHECK(world.engine->live_orders() == 1);
        // The refusal is not remembered: with room, the same key is taken.
        world.engine->start();
        world.time.pass(10s);
        const Result<Submitted> later = world.try_submit(EngineFixture::request(), options);
        REQUIRE(later);
        CHECK_FALSE(later.value().replayed);
    }

    TEST_CASE(
        "a repetition is answered with its order, also when the queue has grown too long for its deadline") {
        EngineConfig config;
        config.concurrency = 1;
        EngineFixture world(config);
        world.engine->start();
        world.submit();
        world.time.pass(10s);  // now it knows how long an order takes
        SubmitOptions options;
        options.idempotency_key = "k1";
        OrderRequest hurried = EngineFixture::request();
        hurried.deadline = 3s;
        const Result<Submitted> first = world.try_submit(hurried, options);
        REQUIRE(first);
        for (int i = 0; i < 5; ++i) world.submit();
        const Result<Submitted> again = world.try_submit(hurried, options);
        REQUIRE(again);
        CHECK(again.value().replayed);
        CHECK(again.value().order == first.value().order);
        options.idempotency_key = "k2";
        CHECK(world.try_submit(hurried, options).error().reason == Reason::timeout);
        CHECK(world.store.rows.size() == 7);
    }

    TEST_CASE("a digest tells every field apart") {
        const OrderRequest base = EngineFixture::request();
        std::vector<OrderRequest> others(11, base);
        std::swap(others[0].token_in, others[0].token_out);
        others[1].mode = SwapMode::exact_out;
        others[2].amount = Amount(1'001);
        others[3].slippage = Bps::of(101).value();
        others[4].native_in = false;
        others[5].client_id = "a";
        others[6].client_order_id = "a";
        others[7].deadline = 5s;
        others[8].native_out = true;
        Uuid::Bytes bytes{};
        others[9].retry_of = Uuid(bytes);
        bytes[15] = 1;
        others[10].retry_of = Uuid(bytes);
        CHECK(request_digest(base) == request_digest(EngineFixture::request()));
        for (std::size_t i = 0; i < others.size(); ++i) {
            CAPTURE(i);
            CHECK(request_digest(others[i]) != request_digest(base));
            for (std::size_t j = i + 1; j < others.size(); ++j)
                CHECK(request_digest(others[i]) != request_digest(others[j]));
        }
    }

    TEST_CASE("when the store refuses, the order does not exist and the next one is taken") {
        EngineFixture world;
        world.store.trouble = [](const std::string&) { return MemoryStore::Trouble::refused; };
        CHECK(world.try_submit(EngineFixture::request()).error().reason == Reason::service_unavailable);
        CHECK(world.engine->live_orders() == 0);
        world.store.trouble = [](const std::string&) { return MemoryStore::Trouble::none; };
        CHECK(world.try_submit(EngineFixture::request()));
    }

    TEST_CASE("when the answer to the commit was lost, the refusal names the order that may exist") {
        EngineFixture world;
        world.store.trouble = [](const std::string& what) {
            return what == "accept" ? MemoryStore::Trouble::answer_lost : MemoryStore::Trouble::none;
        };
        const Rejection why = world.try_submit(EngineFixture::request()).error();
        CHECK(why.reason == Reason::outcome_unknown);
        REQUIRE(world.store.rows.size() == 1);
        CHECK(why.order == world.store.rows.begin()->first);
        // It runs like any other, and the queue counts it once.
        CHECK(world.engine->live_orders() == 1);
        world.engine->start();
        world.time.pass(10s);
        CHECK(world.status(why.order) == OrderStatus::confirmed);
        CHECK(world.engine->live_orders() == 0);
        world.store.trouble = [](const std::string&) { return MemoryStore::Trouble::none; };
        CHECK(world.try_submit(EngineFixture::request()));
    }

    TEST_CASE("a conflict names the order that has the key") {
        EngineFixture world;
        SubmitOptions options;
        options.idempotency_key = "k1";
        const OrderId first = world.try_submit(EngineFixture::request(), options).value().order;
        OrderRequest other = EngineFixture::request();
        other.amount = Amount(2'000);
        const Rejection why = world.try_submit(other, options).error();
        CHECK(why.reason == Reason::idempotency_conflict);
        CHECK(why.order == first);
        CHECK(world.try_submit(EngineFixture::request(), options).value().order == first);
    }

    TEST_CASE("a draining engine takes nothing new and gives its orders back") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(600ms);
        CHECK(world.status(id) == OrderStatus::submitted);
        world.time.run(world.engine->drain());
        CHECK(world.engine->in_flight() == 0);
        CHECK_FALSE(world.row(id).claimed);
        CHECK(world.row(id).has_job);
        CHECK(world.try_submit(EngineFixture::request()).error().reason == Reason::draining);
        CHECK(world.time.run(world.engine->hold_venue("meteora", "")).error().reason == Reason::draining);

        world.restart();
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.signer.signatures == 1);
        check_invariants(world.store, world.chain);
    }
}
