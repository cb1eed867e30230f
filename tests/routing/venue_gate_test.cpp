#include "libexec/routing/venue_gate.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace libexec;
using namespace std::chrono_literals;

namespace {

constexpr Time start(std::chrono::seconds(1'800'000'000));

GatePolicy with_places(std::size_t calls_max) {
    GatePolicy policy;
    policy.calls_max = calls_max;
    return policy;
}

/// Lets in as many calls as asked for, each at `start`.
std::vector<VenueGate::Pass> enter_all(VenueGate& gate, std::size_t calls) {
    std::vector<VenueGate::Pass> inside;
    for (std::size_t i = 0; i < calls; ++i)
        inside.push_back(gate.enter(VenueGate::Purpose::first_quote, start).value());
    return inside;
}

}  // namespace

TEST_SUITE("routing/venue_gate") {
    using Purpose = VenueGate::Purpose;

    TEST_CASE("no more calls are inside than there may be, and each that returns makes room for one") {
        Random random(1);
        VenueGate gate(with_places(3), start, random);
        const std::vector<VenueGate::Pass> inside = enter_all(gate, 3);
        const auto refused = gate.enter(Purpose::first_quote, start);
        CHECK(refused.error() ==
              reject(Reason::venue_busy, "left out: 3 calls to it are under way, the most there may be"));
        gate.leave(inside.back(), start, std::nullopt);
        CHECK(gate.enter(Purpose::build, start));
        CHECK(gate.inside() == 3);
    }

    TEST_CASE("half its places lost leave a venue out, and a probe that does return forgives it the rest") {
        Random random(1);
        VenueGate gate(with_places(4), start, random);
        const std::vector<VenueGate::Pass> lost = enter_all(gate, 4);
        gate.give_up(lost[0], start + 1s);
        CHECK(gate.breaker().state() == VenueState::active);
        gate.give_up(lost[1], start + 1s);
        CHECK(gate.breaker().state() == VenueState::open);
        CHECK(gate.breaker().why() == "2 calls to it never returned");
        gate.give_up(lost[2], start + 1s);
        gate.give_up(lost[3], start + 1s);
        CHECK(gate.inside() == 4);

        const auto probe = gate.enter(Purpose::first_quote, start + 10s);
        REQUIRE(probe);
        CHECK(probe.value().probe);
        gate.leave(probe.value(), start + 10s, std::nullopt);
        CHECK(gate.breaker().state() == VenueState::active);
        CHECK(gate.inside() == 0);
        CHECK(gate.live() == 4);
        for (std::size_t i = 0; i < lost.size(); ++i) gate.returned();
        CHECK(gate.inside() == 0);
        CHECK(gate.live() == 0);
    }

    TEST_CASE("calls that never return have a bound however often they are forgiven") {
        Random random(1);
        VenueGate gate(with_places(4), start, random);
        Time now = start;
        for (int i = 0; i < 100; ++i) {
            gate.resume(now);
            if (const auto pass = gate.enter(Purpose::first_quote, now)) gate.give_up(pass.value(), now);
        }
        CHECK(gate.live() == 16);
        CHECK(gate.breaker().state() == VenueState::open);
        CHECK(gate.breaker().why() == "16 calls to it never returned, the most there may be");
        now += 10min;
        CHECK(gate.enter(Purpose::first_quote, now).error().reason == Reason::breaker_open);
        CHECK(gate.live() == 16);
        gate.returned();
        now += 10min;
        const auto probe = gate.enter(Purpose::first_quote, now);
        REQUIRE(probe);
        CHECK(probe.value().probe);
    }

    TEST_CASE("a resume forgives nobody who is still in time") {
        Random random(1);
        VenueGate gate(with_places(2), start, random);
        const auto first = gate.enter(Purpose::first_quote, start).value();
        const auto second = gate.enter(Purpose::first_quote, start).value();
        gate.resume(start);
        CHECK(gate.inside() == 2);
        CHECK(gate.enter(Purpose::first_quote, start).error().reason == Reason::venue_busy);
        gate.leave(first, start, std::nullopt);
        gate.leave(second, start, std::nullopt);
        CHECK(gate.live() == 0);
    }

    TEST_CASE("a client's bad luck is no fault of the venue") {
        Random random(1);
        VenueGate gate(GatePolicy(), start, random);
        for (const Reason answer :
             {Reason::no_route, Reason::insufficient_liquidity, Reason::slippage_exceeded}) {
            for (int i = 0; i < 50; ++i)
                gate.leave(gate.enter(Purpose::first_quote, start).value(), start, answer);
        }
        CHECK(gate.breaker().state() == VenueState::active);
        CHECK(gate.inside() == 0);
    }

    TEST_CASE("a venue in trouble gets a tenth of its questions as retries, and a few in any case") {
        Random random(1);
        GatePolicy policy;
        policy.retries_floor = 5;
        VenueGate gate(policy, start, random);
        const auto ask = [&](Purpose purpose, std::optional<Reason> answer) {
            const auto pass = gate.enter(purpose, start);
            if (pass) gate.leave(pass.value(), start, answer);
            return static_cast<bool>(pass);
        };
        // A venue that is well is retried without end: whatever fails is elsewhere.
        for (int i = 0; i < 100; ++i) CHECK(ask(Purpose::first_quote, std::nullopt));
        for (int i = 0; i < 40; ++i) CHECK(ask(Purpose::retry_quote, std::nullopt));
        // A fifth of the calls fails: too few to leave it out, enough to spare it.
        for (int i = 0; i < 35; ++i) CHECK(ask(Purpose::first_quote, Reason::venue_error));
        const auto refused = gate.enter(Purpose::retry_quote, start);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::venue_busy);
        CHECK(refused.error().detail ==
              "left out: its budget of 13 retries is used up, and it fails too often");
        CHECK(ask(Purpose::first_quote, std::nullopt));
        // Half a minute later all is forgotten.
        CHECK(gate.enter(Purpose::retry_quote, start + 30s));
    }

    TEST_CASE("the floor lets a quiet venue in trouble be retried") {
        Random random(1);
        GatePolicy policy;
        policy.retries_floor = 5;
        VenueGate gate(policy, start, random);
        const auto first = gate.enter(Purpose::first_quote, start);
        gate.leave(first.value(), start, Reason::venue_error);
        int let_through = 0;
        for (int i = 0; i < 12; ++i) {
            const auto pass = gate.enter(Purpose::retry_quote, start);
            if (!pass) continue;
            ++let_through;
            gate.leave(pass.value(), start, Reason::venue_timeout);
        }
        CHECK(let_through == 5);
    }

    TEST_CASE("a transaction is built only by a venue that takes part") {
        Random random(1);
        VenueGate gate(GatePolicy(), start, random);
        gate.hold(start, "");
        CHECK(gate.enter(Purpose::build, start).error() ==
              reject(Reason::breaker_open, "held by an operator"));
        gate.hold(start, "pool drained");
        CHECK(gate.enter(Purpose::first_quote, start).error().detail == "held by an operator: pool drained");
        gate.resume(start);
        CHECK(gate.enter(Purpose::build, start));
    }
}
