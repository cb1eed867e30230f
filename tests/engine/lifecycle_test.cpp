#include "engine_fixture.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("engine/lifecycle") {
    TEST_CASE("an order goes from pending to confirmed, and its intent is written before it is sent") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        CHECK(world.path(id) == "pending");
        CHECK(world.chain.transactions.empty());
        world.time.pass(10s);

        CHECK(world.path(id) == "pending routing building submitted confirmed");
        const Order& order = world.row(id).order;
        CHECK(order.venue == "meteora");
        CHECK(order.limit == Amount(1'485));
        CHECK(order.executed_out == Amount(1'500));
        CHECK(order.tx_hash == world.row(id).attempts.front().signature);
        CHECK(world.row(id).attempts.front().resolution == Resolution::landed_ok);
        CHECK(world.row(id).attempts.front().signed_bytes.empty());
        CHECK(world.engine->live_orders() == 0);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("the best venue after costs gets the order, and the record keeps the others") {
        EngineFixture world;
        world.set_venues(
            {{"raydium", quotes(1'490)}, {"meteora", quotes(1'510)}, {"orca", refuses(Reason::venue_error)}});
        const OrderId id = world.submit();
        world.time.pass(10s);
        CHECK(world.row(id).order.venue == "meteora");
        const RoutingDecision* decision = nullptr;
        for (const CommittedEvent& event : world.row(id).events) {
            if (const auto* data = std::get_if<QuotesData>(&event->data)) decision = data->decision.get();
        }
        REQUIRE(decision != nullptr);
        CHECK(decision->answers.size() == 3);
        CHECK(decision->wraps_sol);
        CHECK_FALSE(decision->unwraps_sol);
        CHECK(decision->answers.back().silence->reason == Reason::venue_error);

        // What the signer was told is what was decided, and no more.
        const Order& order = world.row(id).order;
        const SwapTerms& terms = world.signer.last_terms;
        CHECK(terms.order == id);
        CHECK(terms.attempt == 1);
        CHECK(terms.mint_in == order.request.token_in.mint);
        CHECK(terms.mint_out == order.request.token_out.mint);
        CHECK(terms.most_in == decision->chosen()->amount_in);
        CHECK(terms.least_out == order.limit.value());
        CHECK(terms.wraps_sol);
        CHECK_FALSE(terms.unwraps_sol);
    }

    TEST_CASE("news of a transaction are looked at when the chain hints at them, and only looking counts") {
        EngineFixture world;
        world.config.observe_interval = 10s;
        world.config.resend_interval = 60s;
        world.restart();
        const OrderId id = world.submit();
        world.time.pass(1500ms);
        REQUIRE(world.status(id) == OrderStatus::submitted);
        REQUIRE(world.chain.listeners->size() == 1);
        CHECK(world.chain.sent_unheard == 0);
        // It has not landed at finality yet: a hint is no evidence.
        world.chain.listeners->begin()->second();
        world.time.pass(100ms);
        CHECK(world.status(id) == OrderStatus::submitted);
        world.time.pass(1900ms);
        CHECK(world.status(id) == OrderStatus::submitted);
        world.chain.listeners->begin()->second();
        world.time.pass(100ms);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.chain.listeners->empty());
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a failure before finality is no verdict") {
        EngineFixture world;
        world.chain.fate = [](const Attempt& attempt) {
            FakeChain::Fate fate;
            fate.kind = attempt.number == 1 ? FakeChain::Kind::lands_err : FakeChain::Kind::lands_ok;
            fate.finality = 5s;
            return fate;
        };
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(4s);
        CHECK(world.status(id) == OrderStatus::submitted);
        CHECK(world.signer.signatures == 1);
        world.time.pass(30s);
        CHECK(world.path(id) ==
              "pending routing building submitted pending routing building submitted confirmed");
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a transaction that never lands is proven dead before another is signed") {
        EngineFixture world;
        world.config.order_deadline = 60s;
        world.restart();
        world.chain.fate = [](const Attempt& attempt) {
            FakeChain::Fate fate;
            if (attempt.number == 1) fate.kind = FakeChain::Kind::never;
            return fate;
        };
        const OrderId id = world.submit();
        world.time.pass(7s);
        CHECK(world.signer.signatures == 1);
        CHECK(world.chain.transactions.begin()->second.sends >= 3);  // the same bytes, again and again
        world.time.pass(20s);
        CHECK(world.signer.signatures == 2);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.row(id).attempts.front().resolution == Resolution::expired);
        CHECK_FALSE(world.row(id).attempts.front().evidence.empty());
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("on the word of a single node nothing is signed again: the order expires, and says why") {
        EngineFixture world;
        world.config.order_deadline = 60s;
        world.restart();
        world.chain.alone = true;
        world.chain.fate = [](const Attempt&) {
            FakeChain::Fate fate;
            fate.kind = FakeChain::Kind::never;
            return fate;
        };
        const OrderId id = world.submit();
        world.time.pass(30s);
        CHECK(world.signer.signatures == 1);
        CHECK(world.status(id) == OrderStatus::expired);
        CHECK(world.row(id).order.failure->detail.find("the only endpoint") != std::string::npos);
        CHECK(world.row(id).attempts.front().resolution == Resolution::expired);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("retries wait one second, then two, and then the order fails with a post-mortem") {
        EngineFixture world;
        world.config.retry.jitter = 0ms;
        world.set_venues({{"meteora", refuses(Reason::venue_error)}});
        const OrderId id = world.submit();
        world.time.pass(20s);
        CHECK(world.path(id) == "pending routing pending routing pending routing failed");
        std::vector<Time> routed;
        for (const CommittedEvent& event : world.row(id).events) {
            if (event->status == OrderStatus::routing && event->kind == EventKind::moved)
                routed.push_back(event->at);
        }
        REQUIRE(routed.size() == 3);
        CHECK(routed[1] - routed[0] == 1'200ms);
        CHECK(routed[2] - routed[1] == 2'200ms);
        const Failure& failure = world.row(id).order.failure.value();
        CHECK(failure.code == Reason::venue_error);
        CHECK_FALSE(failure.funds_moved);
        CHECK(failure.retryable);
        CHECK(failure.detail.find("3 attempts") != std::string::npos);
        CHECK_FALSE(failure.hint.empty());
        CHECK(world.signer.signatures == 0);
    }

    TEST_CASE("with one attempt allowed nothing is tried twice") {
        EngineConfig config;
        config.retry.attempts_max = 1;
        EngineFixture world(config);
        world.set_venues({{"meteora", refuses(Reason::venue_error)}});
        const OrderId id = world.submit();
        world.time.pass(20s);
        CHECK(world.path(id) == "pending routing failed");
    }

    TEST_CASE("a healthy market without a route ends the order at once") {
        EngineFixture world;
        world.set_venues({{"meteora", refuses(Reason::no_route)}, {"raydium", refuses(Reason::no_route)}});
        const OrderId id = world.submit();
        world.time.pass(20s);
        CHECK(world.path(id) == "pending routing failed");
        CHECK(world.row(id).order.failure->code == Reason::no_route);
    }

    TEST_CASE("a retry never loosens the limit the first decision fixed") {
        EngineFixture world;
        std::uint64_t offer = 2'000;
        world.set_venues(
            {{"meteora", [&offer](const QuoteRequest& request) { return quotes(offer)(request); }}});
        world.chain.fate = [&offer](const Attempt&) {
            offer = 1'990;  // the market fell, within the tolerance of the first quote
            FakeChain::Fate fate;
            fate.kind = offer == 0 ? FakeChain::Kind::lands_ok : FakeChain::Kind::lands_err;
            return fate;
        };
        const OrderId id = world.submit();
        world.time.pass(3s);
        world.chain.fate = [](const Attempt&) { return FakeChain::Fate{}; };
        world.time.pass(20s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.venues.front()->limits == std::vector<Amount>{Amount(1'980), Amount(1'980)});
    }

    TEST_CASE("a market that left the limit is not traded at") {
        EngineFixture world;
        std::uint64_t offer = 2'000;
        world.set_venues(
            {{"meteora", [&offer](const QuoteRequest& request) { return quotes(offer)(request); }}});
        world.chain.fate = [&offer](const Attempt&) {
            offer = 1'900;
            FakeChain::Fate fate;
            fate.kind = FakeChain::Kind::lands_err;
            return fate;
        };
        const OrderId id = world.submit();
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::failed);
        CHECK(world.row(id).order.failure->code == Reason::slippage_exceeded);
        CHECK(world.signer.signatures == 1);
    }

    TEST_CASE("past the deadline nothing is signed, and an open attempt is watched to its end") {
        EngineConfig config;
        config.order_deadline = 5s;
        EngineFixture world(config);
        world.engine->start();
        world.chain.fate = [](const Attempt&) {
            FakeChain::Fate fate;
            fate.after = 7s;  // lands after the deadline
            return fate;
        };
        const OrderId late = world.submit();
        world.time.pass(6s);
        CHECK(world.status(late) == OrderStatus::submitted);
        world.time.pass(10s);
        CHECK(world.status(late) == OrderStatus::confirmed);

        world.chain.fate = [](const Attempt&) {
            FakeChain::Fate fate;
            fate.kind = FakeChain::Kind::never;
            return fate;
        };
        const OrderId dead = world.submit();
        world.time.pass(30s);
        CHECK(world.status(dead) == OrderStatus::expired);
        CHECK(world.row(dead).order.failure->code == Reason::timeout);
        CHECK(world.row(dead).attempts.size() == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an attempt the chain does not decide raises a doubt once, never a verdict") {
        EngineConfig config;
        config.in_doubt_after = 3s;
        EngineFixture world(config);
        world.chain.validity = 60s;
        world.chain.fate = [](const Attempt&) {
            FakeChain::Fate fate;
            fate.after = 20s;
            return fate;
        };
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(10s);
        CHECK(world.row(id).order.in_doubt);
        CHECK(world.status(id) == OrderStatus::submitted);
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK_FALSE(world.row(id).order.in_doubt);
        int doubts = 0;
        for (const CommittedEvent& event : world.row(id).events)
            doubts += event->kind == EventKind::in_doubt ? 1 : 0;
        CHECK(doubts == 1);
    }

    TEST_CASE("no more orders are in flight than allowed, and the rest wait their turn") {
        EngineConfig config;
        config.concurrency = 3;
        EngineFixture world(config);
        world.engine->start();
        for (int i = 0; i < 10; ++i) world.submit();
        world.time.pass(500ms);
        CHECK(world.engine->in_flight() == 3);
        CHECK(world.signer.signatures == 3);
        world.time.pass(30s);
        CHECK(world.engine->in_flight() == 0);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a limit on starts per minute is kept") {
        EngineConfig config;
        config.orders_per_minute = 60;
        EngineFixture world(config);
        world.engine->start();
        for (int i = 0; i < 30; ++i) world.submit();
        world.time.pass(10'500ms);
        CHECK(world.signer.signatures >= 9);
        CHECK(world.signer.signatures <= 12);
        world.time.pass(60s);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order that waits for its venue is no start of another one") {
        EngineConfig config;
        config.orders_per_minute = 60;
        config.order_deadline = std::chrono::minutes(10);
        EngineFixture world(config);
        world.engine->start();
        REQUIRE(world.router->hold("meteora", ""));
        std::vector<OrderId> orders;
        for (int i = 0; i < 12; ++i) orders.push_back(world.submit());
        // At one a second all have started, though those before them ask again and again.
        world.time.pass(13s);
        for (const OrderId id : orders) CHECK(world.row(id).order.first_claimed_at);
        REQUIRE(world.router->resume("meteora"));
        world.time.pass(60s);
        check_invariants(world.store, world.chain);
    }
}
