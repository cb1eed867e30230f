#include "libexec/routing/router.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <doctest/doctest.h>

#include <sstream>

#include "scripted_venue.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

Result<Quote> broken(const QuoteRequest&) { return reject(Reason::venue_error, "503"); }

/// Two venues, one of which the test spoils; what they are asked, and what is said of them.
struct Market {
    SimTime time;
    std::shared_ptr<ScriptedVenue> good = honest("raydium", time, 200ms, 1'000);
    std::shared_ptr<ScriptedVenue> bad = honest("orca", time, 200ms, 900);
    std::ostringstream out;
    std::unique_ptr<Log> log = make_stream_log(out, LogLevel::debug, LogFormat::json, time);
    Metrics metrics;
    Router router{{good, bad}, 1000ms, time.io(), time, time, &metrics, log.get()};

    RoutingDecision decide(std::uint32_t attempt = 1) {
        QuoteRequest request = ask_for("SOL", "USDC", 5);
        request.attempt = attempt;
        return time.run(router.decide(std::move(request), false, false));
    }
    /// How long a decision takes.
    std::chrono::microseconds pace() {
        const Time before = time.now();
        (void)decide();
        return time.now() - before;
    }
    VenueStatus orca() const { return router.statuses()[1]; }
    bool logged(const std::string& part) const { return out.str().find(part) != std::string::npos; }
    bool counts(const std::string& series) const {
        return ("\n" + metrics.text()).find("\n" + series + "\n") != std::string::npos;
    }
    Result<UnsignedTransaction> build() {
        SwapPlan plan;
        plan.quote.venue = "orca";
        return time.run(router.build(std::move(plan), Anchor()));
    }
};

}  // namespace

TEST_SUITE("routing/router gates") {
    TEST_CASE("a venue that hangs costs the others nothing once it is known, also when it is tried again") {
        Market market;
        market.bad->pause() = 10min;
        for (int i = 0; i < 20; ++i) {
            // Its twenty chances come within the window only when several orders ask at a time.
            if (i % 5 == 4)
                CHECK(market.pace() == 1000ms);
            else {
                asio::co_spawn(market.time.io(),
                               market.router.decide(ask_for("SOL", "USDC", 5), false, false), asio::detached);
            }
        }
        CHECK(market.orca().state == VenueState::open);
        const int asked = market.bad->asked;
        for (int i = 0; i < 200; ++i) {
            CHECK(market.pace() == 200ms);
        }
        // Forty seconds: it was tried again after pauses of 5, 10 and 20 s, which nobody waited for.
        CHECK(market.bad->asked >= asked + 2);
        CHECK(market.bad->asked <= asked + 3);
        const RoutingDecision decision = market.decide();
        CHECK(decision.chosen()->venue == "raydium");
        REQUIRE(decision.answers[1].silence);
        CHECK(decision.answers[1].silence->reason == Reason::breaker_open);
        CHECK(decision.answers[1].note.starts_with("left out until "));
        CHECK(market.counts("libexec_venue_left_out_total{reason=\"venue_busy\",venue=\"orca\"} 0"));
        CHECK_FALSE(market.counts("libexec_venue_left_out_total{reason=\"breaker_open\",venue=\"orca\"} 0"));
        CHECK(market.logged("\"event\":\"venue.breaker_open\""));
        CHECK(market.logged("\"event\":\"venue.breaker_half_open\""));
    }

    TEST_CASE("a venue that recovers is tried once, and takes part again") {
        Market market;
        market.bad->answers(broken);
        for (int i = 0; i < 20; ++i) (void)market.decide();
        const VenueStatus out = market.orca();
        REQUIRE(out.state == VenueState::open);
        CHECK(out.since == market.time.now());
        CHECK(out.reason == "20 of 20 quotes within 10 s failed, the last with venue_error");
        REQUIRE(out.next_probe);
        CHECK(*out.next_probe >= *out.since + 5s);
        CHECK(market.router.next_probe_in() == *out.next_probe - *out.since);

        market.bad->answers([](const QuoteRequest& request) { return fitting(request, "orca", 2'000); });
        market.bad->pause() = 100ms;
        market.time.pass(6s);
        const RoutingDecision probing = market.decide();
        // It answered before the other, so its quote counts already.
        CHECK(probing.chosen()->venue == "orca");
        CHECK(market.orca().state == VenueState::active);
        CHECK(market.orca().reason.empty());
        CHECK(market.decide().chosen()->venue == "orca");
        CHECK(market.logged("\"event\":\"venue.breaker_closed\""));
        CHECK_FALSE(market.router.next_probe_in());
    }

    TEST_CASE("a venue that lies is left out like one that fails; one that is slow, or has nothing, is not") {
        Market lying;
        lying.bad->answers([](const QuoteRequest& request) { return fitting(request, "raydium", 5'000); });
        for (int i = 0; i < 20; ++i) (void)lying.decide();
        CHECK(lying.orca().state == VenueState::open);

        Market slow;
        slow.bad->pause() = 999ms;
        for (int i = 0; i < 60; ++i) (void)slow.decide();
        CHECK(slow.orca().state == VenueState::active);

        Market dry;
        dry.bad->answers([](const QuoteRequest&) -> Result<Quote> { return reject(Reason::no_route, "no"); });
        for (int i = 0; i < 60; ++i) (void)dry.decide();
        CHECK(dry.orca().state == VenueState::active);
    }

    TEST_CASE("when nobody else is there, the one that is tried again is waited for") {
        SimTime time;
        const auto only = honest("orca", time, 300ms, 900);
        Router router({only}, 1000ms, time.io(), time, time);
        only->answers(broken);
        for (int i = 0; i < 20; ++i) (void)time.run(router.decide(ask_for("SOL", "USDC", 5), false, false));
        const auto refused = time.run(router.decide(ask_for("SOL", "USDC", 5), false, false));
        CHECK(refused.chosen() == nullptr);
        CHECK(refused.answers[0].silence->reason == Reason::breaker_open);
        only->answers([](const QuoteRequest& request) { return fitting(request, "orca", 900); });
        time.pass(10s);
        CHECK(time.run(router.decide(ask_for("SOL", "USDC", 5), false, false)).chosen() != nullptr);
    }

    TEST_CASE("calls that never return fill a venue's places and nobody else's") {
        SimTime time;
        const auto good = honest("raydium", time, 1ms, 900);
        const auto hung = honest("orca", time, 10h, 900);
        RouterConfig config(1000ms);
        config.gate.calls_max = 8;
        config.gate.breaker.calls_min = 1'000;
        Router router({good, hung}, config, time.io(), time, time);
        std::vector<RoutingDecision> decisions;
        const auto decide = [&](int times) {
            for (int i = 0; i < times; ++i) {
                asio::co_spawn(time.io(), router.decide(ask_for("SOL", "USDC", 5), false, false),
                               [&](std::exception_ptr, RoutingDecision decision) {
                                   decisions.push_back(std::move(decision));
                               });
            }
        };
        decide(8);
        time.pass(10ms);
        decide(2);
        time.pass(500ms);
        CHECK(hung->asked == 8);
        REQUIRE(decisions.size() == 2);  // the two that found it full did not wait
        for (const RoutingDecision& decision : decisions) {
            CHECK(decision.chosen()->venue == "raydium");
            CHECK(decision.answers[1].silence->reason == Reason::venue_busy);
        }
        time.pass(1s);
        CHECK(decisions.size() == 10);
        CHECK(router.statuses()[1].reason == "4 calls to it never returned");
        hung->pause() = 1ms;
        time.pass(10s);
        (void)time.run(router.decide(ask_for("SOL", "USDC", 5), false, false));
        time.pass(10ms);
        CHECK(router.statuses()[1].state == VenueState::active);
    }

    TEST_CASE("a hold shuts a venue out at once, and a resume lets it in") {
        Market market;
        (void)market.decide();
        CHECK(market.bad->asked == 1);
        const auto held = market.router.hold("orca", "pool drained");
        REQUIRE(held);
        CHECK(held.value().state == VenueState::held);
        CHECK(held.value().since == market.time.now());
        CHECK(held.value().reason == "pool drained");
        CHECK(market.decide().answers[1].note == "held by an operator: pool drained");
        CHECK(market.router.hold("orca", "pool drained").value() == held.value());
        market.time.pass(1h);
        (void)market.decide();
        CHECK(market.bad->asked == 1);
        CHECK(market.router.resume("orca").value().state == VenueState::active);
        (void)market.decide();
        CHECK(market.bad->asked == 2);
        const auto unknown = market.router.hold("orka", "");
        CHECK(unknown.error() ==
              reject(Reason::not_found, "no venue is called 'orka'; there are raydium, orca"));
        CHECK(market.router.resume("").error().reason == Reason::not_found);
        CHECK(market.logged("\"event\":\"venue.held\""));
        CHECK(market.logged("\"event\":\"venue.resumed\""));
    }

    TEST_CASE("a venue that stops itself is held, whoever had held it before, until an operator resumes it") {
        Market market;
        CHECK(market.counts("libexec_venue_stopped_total{venue=\"orca\"} 0"));
        market.bad->stops_for = "it paid 5 instead of 6";
        market.bad->build_answer = reject(Reason::venue_error, "stopped");
        CHECK(market.build().error() == reject(Reason::venue_error, "stopped"));
        CHECK(market.orca().state == VenueState::held);
        CHECK(market.orca().reason == "it paid 5 instead of 6");
        CHECK(market.decide().answers[1].silence.value() ==
              reject(Reason::breaker_open, "stopped by itself: it paid 5 instead of 6"));
        CHECK(market.build().error() ==
              reject(Reason::breaker_open, "orca is stopped by itself: it paid 5 instead of 6"));
        CHECK(market.bad->asked == 0);
        CHECK(market.counts("libexec_venue_stopped_total{venue=\"orca\"} 1"));
        CHECK(market.logged("it has stopped itself and is left out of routing until an operator resumes it"));

        market.bad->stops_for.clear();
        CHECK(market.router.resume("orca").value().state == VenueState::active);
        CHECK(market.bad->stop.empty());
        CHECK(market.decide().answers[1].quote);

        // Held by an operator while it still builds: it is no longer his alone to let it in.
        market.bad->stops_for = "it paid 4 instead of 6";
        market.bad->build_pause = 100ms;
        std::optional<Rejection> late;
        const auto build_late = [&]() -> Task<void> {
            SwapPlan plan;
            plan.quote.venue = "orca";
            Result<UnsignedTransaction> built = co_await market.router.build(std::move(plan), Anchor());
            late = built.error();
        };
        market.time.spawn(build_late());
        market.time.pass(10ms);
        REQUIRE(market.router.hold("orca", "an exercise"));
        market.time.pass(1s);
        REQUIRE(late);
        CHECK(market.orca().reason == "it paid 4 instead of 6");
        CHECK(market.counts("libexec_venue_stopped_total{venue=\"orca\"} 2"));
        CHECK(market.router.resume("orca").value().state == VenueState::active);

        // Also when the call had been given up before it found out.
        market.bad->stops_for = "it paid 3 instead of 6";
        market.bad->build_pause = 3s;
        CHECK(market.build().error().reason == Reason::venue_timeout);
        CHECK(market.orca().state == VenueState::active);
        market.time.pass(3s);
        CHECK(market.orca().state == VenueState::held);
        CHECK(market.orca().reason == "it paid 3 instead of 6");
    }

    TEST_CASE("a venue that cannot build what it quoted is at fault, and no order waits for it for ever") {
        Market market;
        CHECK(market.build());
        market.bad->build_pause = 1h;
        const Time before = market.time.now();
        CHECK(market.build().error() == reject(Reason::venue_timeout, "no transaction within 1000 ms"));
        CHECK(market.time.now() == before + 1000ms);
        market.bad->build_pause = 0us;
        market.bad->build_throws = true;
        CHECK(market.build().error() == reject(Reason::venue_error, "no such pool"));
        market.bad->build_throws = false;
        market.bad->build_answer = reject(Reason::no_route, "the pool moved on");
        for (int i = 0; i < 40; ++i) CHECK(market.build().error().reason == Reason::no_route);
        CHECK(market.orca().state == VenueState::active);
        market.time.pass(20s);
        market.bad->build_answer = reject(Reason::venue_error, "503");
        for (int i = 0; i < 20; ++i) {
            (void)market.decide();
            CHECK(market.build().error().reason == Reason::venue_error);
        }
        CHECK(market.orca().state == VenueState::open);
        const auto refused = market.build();
        CHECK(refused.error().reason == Reason::breaker_open);
        CHECK(refused.error().detail.starts_with("orca is left out: 20 of 20 builds"));
        SwapPlan stranger;
        stranger.quote.venue = "aldrin";
        CHECK(market.time.run(market.router.build(stranger, Anchor())).error() ==
              reject(Reason::venue_error, "aldrin is no longer configured"));
    }

    TEST_CASE("that it was not asked is nothing a venue can say of itself") {
        for (const Reason claimed : {Reason::breaker_open, Reason::venue_busy}) {
            Market market;
            market.bad->answers(
                [=](const QuoteRequest&) -> Result<Quote> { return reject(claimed, "mine"); });
            CHECK(market.decide().answers[1].silence == reject(Reason::venue_error, "mine"));
            market.bad->build_answer = reject(claimed, "mine");
            CHECK(market.build().error() == reject(Reason::venue_error, "mine"));
        }
    }

    TEST_CASE("whatever is under way when the router goes harms nobody") {
        SimTime time;
        const auto slow = honest("orca", time, 5s, 900);
        slow->build_pause = 5s;
        {
            Router router({slow}, 1000ms, time.io(), time, time);
            for (int i = 0; i < 20; ++i) {
                asio::co_spawn(time.io(), router.decide(ask_for("SOL", "USDC", 5), false, false),
                               asio::detached);
            }
            SwapPlan plan;
            plan.quote.venue = "orca";
            (void)time.run(router.build(std::move(plan), Anchor()));
            CHECK(router.statuses()[0].state == VenueState::open);
        }
        time.pass(1min);
        CHECK(slow->answered == 20);
    }
}
