#include "libexec/routing/router.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "libexec/venues/sim/sim_venue.hpp"
#include "scripted_venue.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("routing/router") {
    TEST_CASE("all venues are asked at once, and the slowest answer decides when") {
        test::SimTime time;
        Router router({honest("raydium", time, 200ms, 900), honest("meteora", time, 250ms, 1'000)}, 1000ms,
                      time.io(), time, time);
        const Time asked = time.now();
        const auto decision = time.run(router.decide(test::ask_for("SOL", "USDC", 5), false, false));
        CHECK(decision.decided_at == asked + 250ms);
        REQUIRE(decision.chosen() != nullptr);
        CHECK(decision.chosen()->venue == "meteora");
        CHECK(decision.answers[1].note == "1111.1 bps behind meteora");
    }

    TEST_CASE("a venue that is too slow is a silence, and its late answer harms nobody") {
        test::SimTime time;
        const auto slow = honest("orca", time, 3s, 5'000);
        auto router = std::make_unique<Router>(
            std::vector<std::shared_ptr<Venue>>{honest("raydium", time, 1ms, 900), slow}, 1000ms, time.io(),
            time, time);
        const Time asked = time.now();
        const auto decision = time.run(router->decide(test::ask_for("SOL", "USDC", 5), false, false));
        CHECK(time.now() == asked + 1000ms);
        CHECK(decision.chosen()->venue == "raydium");
        REQUIRE(decision.answers[1].silence);
        CHECK(decision.answers[1].silence->reason == Reason::venue_timeout);
        CHECK(decision.answers[1].note == "no answer within 1000 ms");
        router.reset();
        time.pass(5s);
        CHECK(slow->answered == 1);
    }

    TEST_CASE("a venue that never answers keeps nobody waiting, then or at the end") {
        test::SimTime time;
        Router router({honest("orca", time, 1h, 1)}, 1000ms, time.io(), time, time);
        const auto decision = time.run(router.decide(test::ask_for("SOL", "USDC", 5), false, false));
        CHECK(decision.chosen() == nullptr);
    }

    TEST_CASE("an answer in the very moment of the timeout is one thing or the other") {
        test::SimTime time;
        Router router({honest("orca", time, 1000ms, 1)}, 1000ms, time.io(), time, time);
        const auto decision = time.run(router.decide(test::ask_for("SOL", "USDC", 5), false, false));
        REQUIRE(decision.answers.size() == 1);
        CHECK(decision.answers[0].quote.has_value() != decision.answers[0].silence.has_value());
        time.pass(1s);
    }

    TEST_CASE("a venue that falls over is a silence with its last words") {
        test::SimTime time;
        const auto broken = std::make_shared<ScriptedVenue>(
            "orca", time, 1ms,
            [](const QuoteRequest&) -> Result<Quote> { throw std::runtime_error("pool vanished"); });
        const auto declining =
            std::make_shared<ScriptedVenue>("aldrin", time, 1ms, [](const QuoteRequest&) -> Result<Quote> {
                return reject(Reason::insufficient_liquidity, "too shallow");
            });
        Router router({broken, declining}, 1000ms, time.io(), time, time);
        const auto decision = time.run(router.decide(test::ask_for("SOL", "USDC", 5), false, false));
        CHECK(decision.answers[0].silence == reject(Reason::insufficient_liquidity, "too shallow"));
        CHECK(decision.answers[1].silence == reject(Reason::venue_error, "pool vanished"));
    }

    TEST_CASE("a quote that does not fit what was asked is not believed") {
        test::SimTime time;
        const std::vector<std::function<void(Quote&)>> twists{
            [](Quote& quote) { quote.amount_in = Amount(6); },
            [](Quote& quote) { quote.amount_out = Amount(0); },
            [](Quote& quote) { quote.amount_out = Amount(Amount::most + 1); },
            [](Quote& quote) { quote.network_cost = Amount(UINT64_MAX); },
            [](Quote& quote) { quote.venue = "raydium"; },
        };
        for (const auto& twist : twists) {
            Router router({odd("orca", time, twist), honest("raydium", time, 1ms, 1)}, 1000ms, time.io(),
                          time, time);
            const auto decision = time.run(router.decide(test::ask_for("SOL", "USDC", 5), false, false));
            CHECK(decision.chosen()->venue == "raydium");
            REQUIRE(decision.answers[1].silence);
            CHECK(decision.answers[1].silence->reason == Reason::venue_error);
        }
        auto wanted = test::ask_for("SOL", "USDC", 5);
        wanted.mode = SwapMode::exact_out;
        Router router({odd("orca", time, [](Quote& quote) { quote.amount_out = Amount(4); })}, 1000ms,
                      time.io(), time, time);
        CHECK(time.run(router.decide(wanted, false, false)).answers[0].note ==
              "the quote is for another amount, 4 instead of 5 base units");
    }

    TEST_CASE("SOL is wrapped for a trader who has the coin, and for nobody else") {
        test::SimTime time;
        Router router({honest("orca", time, 0ms, 1)}, 1000ms, time.io(), time, time);
        const auto sells = time.run(router.decide(test::ask_for("SOL", "USDC", 5), true, false));
        CHECK(sells.wraps_sol);
        CHECK_FALSE(sells.unwraps_sol);
        const auto buys = time.run(router.decide(test::ask_for("USDC", "SOL", 5), false, true));
        CHECK_FALSE(buys.wraps_sol);
        CHECK(buys.unwraps_sol);
        const auto wrapped = time.run(router.decide(test::ask_for("SOL", "USDC", 5), false, false));
        CHECK_FALSE(wrapped.wraps_sol);
        const auto neither = time.run(router.decide(test::ask_for("JUP", "USDC", 5), true, true));
        CHECK_FALSE(neither.wraps_sol);
        CHECK_FALSE(neither.unwraps_sol);
    }

    TEST_CASE("without venues there is no route, and two of one name are a mistake") {
        test::SimTime time;
        Router none({}, 1000ms, time.io(), time, time);
        CHECK(time.run(none.decide(test::ask_for("SOL", "USDC", 5), false, false)).answers.empty());
        CHECK(none.find("orca") == nullptr);
        const auto orca = honest("orca", time, 1ms, 1);
        CHECK_THROWS_WITH(Router({orca, honest("orca", time, 1ms, 1)}, 1000ms, time.io(), time, time),
                          "two venues are called orca");
        CHECK(Router({orca}, 1000ms, time.io(), time, time).find("orca") == orca);
    }

    TEST_CASE("in the world without waiting a decision takes no time, whatever the venues do") {
        test::SimTime time;
        SimMarketConfig config;
        config.time_scale_ppm = 0;
        config.failure_rate_ppm = 500'000;
        Router router(make_sim_venues(config, time, time), 1000ms, time.io(), time, time);
        const Time start = time.now();
        int silent = 0;
        for (std::uint64_t key = 0; key < 300; ++key) {
            const auto decision =
                time.run(router.decide(test::ask_for("SOL", "USDC", 1'000'000'000, key), true, false));
            REQUIRE(decision.answers.size() == 3);
            for (const auto& answer : decision.answers) silent += answer.silence ? 1 : 0;
        }
        CHECK(time.now() == start);
        CHECK(silent > 100);
        CHECK(silent < 260);
    }
}
