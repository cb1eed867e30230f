#include <sstream>
#include <stdexcept>

#include "engine_fixture.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// Orders with ten minutes, and a log the test can read.
struct Patient : EngineFixture {
    explicit Patient(std::chrono::milliseconds deadline = 10min) : EngineFixture(with(deadline)) {
        log = make_stream_log(out, LogLevel::debug, LogFormat::json, time);
        restart();
    }
    ~Patient() { halt(); }  // while its log is still there
    static EngineConfig with(std::chrono::milliseconds deadline) {
        EngineConfig config;
        config.order_deadline = deadline;
        return config;
    }
    const Order& order(OrderId id) const { return row(id).order; }
    int logged(const std::string& event) const {
        const std::string text = out.str();
        const std::string wanted = "\"event\":\"" + event + "\"";
        int count = 0;
        for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
            ++count;
        return count;
    }
    /// Meteora quotes, and is held before the first order is built: its quote has fixed the limit by then.
    void hold_meteora_before_it_builds() {
        chain.anchor_works = [this, held = false]() mutable {
            if (!std::exchange(held, true)) (void)router->hold("meteora", "");
            return true;
        };
    }
    int parked(OrderId id) const {
        int count = 0;
        for (const CommittedEvent& event : row(id).events) count += event->kind == EventKind::parked ? 1 : 0;
        return count;
    }
    bool serves(const std::string& line) const {
        return ("\n" + metrics.text()).find("\n" + line + "\n") != std::string::npos;
    }

    std::ostringstream out;
};

}  // namespace

TEST_SUITE("engine/left out") {
    TEST_CASE("while every venue is held an order waits, and no attempt is used up") {
        Patient world;
        REQUIRE(world.router->hold("meteora", "pool drained"));
        const OrderId id = world.submit();
        world.time.pass(60s);
        CHECK(world.status(id) == OrderStatus::pending);
        CHECK(world.order(id).attempt == 1);
        const RetryData* const why = std::get_if<RetryData>(&world.row(id).events.back()->data);
        REQUIRE(why != nullptr);
        CHECK(why->reason == Reason::breaker_open);
        CHECK(why->detail == "meteora: held by an operator: pool drained");
        // It asks, but not as if it were alone in the world.
        CHECK(world.row(id).events.size() < 80);
        REQUIRE(world.router->resume("meteora"));
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.order(id).attempt == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order that comes before its venue knows its pools waits for them, and uses up no attempt") {
        Patient world;
        world.venues[0]->too_early = "pools are being looked for";
        world.add_venue("orca", refuses(Reason::no_route));
        world.restart();
        const OrderId id = world.submit();
        world.time.pass(60s);
        CHECK(world.status(id) == OrderStatus::pending);
        CHECK(world.order(id).attempt == 1);
        CHECK(world.venues[0]->asked == 0);
        const RetryData* const why = std::get_if<RetryData>(&world.row(id).events.back()->data);
        REQUIRE(why != nullptr);
        CHECK(why->reason == Reason::venue_busy);
        CHECK(why->detail.find("meteora: left out: pools are being looked for") != std::string::npos);
        world.venues[0]->too_early.clear();
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.order(id).attempt == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order that waited for a venue till its deadline says so") {
        Patient world(30s);
        REQUIRE(world.router->hold("meteora", ""));
        const OrderId id = world.submit();
        world.time.pass(31s);
        CHECK(world.status(id) == OrderStatus::expired);
        CHECK(world.order(id).failure->code == Reason::timeout);
        CHECK(world.order(id).failure->detail ==
              "the deadline leaves no time to wait for a venue: breaker_open, meteora: held by an operator "
              "(1 attempt)");
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("one venue's no is not the market's while another is left out") {
        Patient world;
        world.set_venues({{"meteora", quotes(1'500)}, {"orca", refuses(Reason::no_route)}});
        REQUIRE(world.router->hold("meteora", ""));
        const OrderId id = world.submit();
        world.time.pass(20s);
        CHECK(world.status(id) == OrderStatus::pending);
        REQUIRE(world.router->resume("meteora"));
        world.time.pass(15s);
        CHECK(world.status(id) == OrderStatus::confirmed);
    }

    TEST_CASE("a venue that was asked and failed uses up attempts, whoever else is left out") {
        Patient world;
        world.set_venues({{"meteora", quotes(1'500)}, {"orca", refuses(Reason::venue_error)}});
        REQUIRE(world.router->hold("meteora", ""));
        const OrderId id = world.submit();
        world.time.pass(60s);
        CHECK(world.status(id) == OrderStatus::failed);
        CHECK(world.order(id).failure->code == Reason::venue_error);
        CHECK(world.order(id).attempt == 3);
    }

    TEST_CASE("an order whose limit only a venue met that is left out waits for it, not for B's attempts") {
        Patient world;
        world.set_venues({{"meteora", quotes(1'500)}, {"orca", quotes(1'000)}});
        world.hold_meteora_before_it_builds();
        const OrderId id = world.submit();
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::pending);
        CHECK(world.order(id).attempt == 1);
        const RetryData* const why = std::get_if<RetryData>(&world.row(id).events.back()->data);
        REQUIRE(why != nullptr);
        CHECK(why->reason == Reason::breaker_open);
        CHECK(
            why->detail ==
            "the best quote no longer meets the limit 0.001485 fixed by the first decision; meteora: held by "
            "an operator");
        // Waiting is no failed attempt, and is not counted as one.
        CHECK(world.serves("libexec_order_retries_total{reason=\"breaker_open\"} 0"));
        REQUIRE(world.router->resume("meteora"));
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a venue that shuts before it builds costs its order a moment, not the deadline") {
        Patient world(1'500ms);
        world.set_venues({{"meteora", quotes(1'500)}, {"orca", quotes(1'499)}});
        world.hold_meteora_before_it_builds();
        const OrderId id = world.submit();
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.order(id).venue == "orca");
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a venue that is back shortly before the deadline still gets the order") {
        Patient world(30s);
        REQUIRE(world.router->hold("meteora", ""));
        const OrderId id = world.submit();
        world.time.pass(29s);
        REQUIRE(world.status(id) == OrderStatus::pending);
        REQUIRE(world.router->resume("meteora"));
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("after twenty failures orders stop asking, and go on by themselves when the venue is well") {
        EngineConfig config;
        config.concurrency = 40;
        config.order_deadline = 10min;
        EngineFixture world(config);
        bool sick = true;
        world.set_venues({{"meteora", [&](const QuoteRequest& request) -> Result<Quote> {
                               if (sick) return reject(Reason::venue_error, "503");
                               return quotes(1'500)(request);
                           }}});
        std::vector<OrderId> orders;
        for (int i = 0; i < 40; ++i) orders.push_back(world.submit());
        world.time.pass(5s);
        CHECK(world.router->statuses()[0].state == VenueState::open);
        sick = false;
        world.time.pass(60s);
        for (const OrderId id : orders) CHECK(world.status(id) == OrderStatus::confirmed);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a venue held after its quote was chosen builds nothing") {
        Patient world;
        bool held = false;
        world.chain.anchor_works = [&] {
            if (!std::exchange(held, true)) (void)world.router->hold("meteora", "");
            return true;
        };
        const OrderId id = world.submit();
        world.time.pass(20s);
        CHECK(world.status(id) == OrderStatus::pending);
        CHECK(world.order(id).attempt == 1);
        CHECK(world.signer.signatures == 0);
        REQUIRE(world.router->resume("meteora"));
        world.time.pass(15s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("what was sent is watched to its end, whatever becomes of its venue") {
        Patient world;
        const OrderId id = world.submit();
        world.time.pass(600ms);
        REQUIRE(world.status(id) == OrderStatus::submitted);
        REQUIRE(world.router->hold("meteora", ""));
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::confirmed);
    }
}

TEST_SUITE("engine/poison") {
    TEST_CASE("an order the engine fails on is put aside with an alert, and taken up again by itself") {
        Patient world;
        bool sick = true;
        world.chain.anchor_works = [&] {
            if (sick) throw std::runtime_error("a bug");
            return true;
        };
        const OrderId id = world.submit();
        world.time.pass(5s);
        CHECK(world.status(id) == OrderStatus::pending);
        CHECK(world.logged("order.fault") == 3);
        CHECK(world.logged("order.parked") == 1);
        CHECK(world.serves("libexec_orders_parked_total 1"));
        const OrderEvent& last = *world.row(id).events.back();
        CHECK(last.kind == EventKind::parked);
        CHECK(std::get<NoteData>(last.data).note == "the engine failed on this order again and again: a bug");
        CHECK(last.next_retry_at == last.at + 15s);
        CHECK_FALSE(world.row(id).claimed);
        world.time.pass(14s);
        CHECK(world.parked(id) == 1);
        // Again, and for longer.
        world.time.pass(10s);
        CHECK(world.parked(id) == 2);
        CHECK(world.row(id).events.back()->next_retry_at == world.row(id).events.back()->at + 30s);
        sick = false;
        world.time.pass(60s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK_FALSE(world.order(id).next_retry_at);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE(
        "an order that would miss its deadline while put aside ends, and says that nothing was traded") {
        Patient world(10s);
        world.chain.anchor_works = []() -> bool { throw std::runtime_error("a bug"); };
        const OrderId id = world.submit();
        world.time.pass(10s);
        CHECK(world.status(id) == OrderStatus::failed);
        CHECK(world.order(id).failure->code == Reason::internal);
        CHECK(world.order(id).failure->detail ==
              "the engine failed on this order again and again: a bug; no transaction of it can land (1 "
              "attempt)");
        CHECK_FALSE(world.order(id).failure->funds_moved);
        CHECK(world.parked(id) == 0);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order with a transaction under way is put aside, never given up") {
        Patient world(10s);
        bool sick = true;
        world.chain.before_observe = [&] {
            if (sick) throw std::runtime_error("a bug");
        };
        const OrderId id = world.submit();
        world.time.pass(60s);
        CHECK(world.status(id) == OrderStatus::submitted);
        CHECK(world.parked(id) >= 2);
        sick = false;
        world.time.pass(200s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.signer.signatures == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("faults that lie more than a minute apart put nobody aside") {
        Patient world;
        bool sick = false;
        int thrown = 0;
        world.chain.before_observe = [&] {
            if (!std::exchange(sick, false)) return;
            ++thrown;
            throw std::runtime_error("a blip");
        };
        world.chain.validity = 10min;
        world.chain.fate = [](const Attempt&) { return FakeChain::Fate{FakeChain::Kind::never, 1s, 1s}; };
        const OrderId id = world.submit();
        world.time.pass(2s);
        REQUIRE(world.status(id) == OrderStatus::submitted);
        for (int i = 0; i < 4; ++i) {
            sick = true;
            world.time.pass(61s);
        }
        CHECK(thrown == 4);
        CHECK(world.parked(id) == 0);
    }

    TEST_CASE("a park after a restart is longer than the one before, too") {
        Patient world;
        world.chain.anchor_works = []() -> bool { throw std::runtime_error("a bug"); };
        const OrderId id = world.submit();
        world.time.pass(5s);
        REQUIRE(world.parked(id) == 1);
        world.restart();
        world.time.pass(25s);
        REQUIRE(world.parked(id) == 2);
        const OrderEvent& last = *world.row(id).events.back();
        CHECK(last.next_retry_at == last.at + 30s);
    }

    TEST_CASE("an order that was claimed five times without a trace waits before it is tried once more") {
        Patient world;
        world.halt();
        world.build_again();
        const OrderId id = world.submit();
        world.store.rows.at(id).epoch = 6;  // six processes took it and died at once
        world.engine->start();
        world.time.pass(1s);
        CHECK(world.parked(id) == 1);
        CHECK(world.logged("order.parked") == 1);
        CHECK(world.signer.signatures == 0);
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.parked(id) == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order that five processes died of in the midst of its run is put aside by the sixth") {
        Patient world;
        const OrderId id = world.submit();
        for (int deaths = 0; deaths < 5; ++deaths) {
            world.time.pass(100ms);
            REQUIRE(world.status(id) == OrderStatus::routing);
            CHECK(world.parked(id) == 0);
            world.restart();
        }
        world.time.pass(100ms);
        CHECK(world.status(id) == OrderStatus::pending);
        CHECK(world.parked(id) == 1);
        const OrderEvent& last = *world.row(id).events.back();
        CHECK(std::get<NoteData>(last.data).note ==
              "it was taken up 5 times and got nowhere: the process may die of it");
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.parked(id) == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order that is put aside can be cancelled at once") {
        Patient world;
        world.chain.anchor_works = []() -> bool { throw std::runtime_error("a bug"); };
        const OrderId id = world.submit();
        world.time.pass(5s);
        REQUIRE(world.parked(id) == 1);
        const auto answer = world.time.run(world.engine->cancel(id));
        REQUIRE(answer);
        CHECK(answer.value().kind == CancelAnswer::Kind::cancelled);
        CHECK(world.status(id) == OrderStatus::cancelled);
        check_invariants(world.store, world.chain);
    }
}
