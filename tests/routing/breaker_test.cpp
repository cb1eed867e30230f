#include "libexec/routing/breaker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "libexec/routing/venue_gate.hpp"

using namespace libexec;
using namespace std::chrono_literals;

namespace {

constexpr Time start(std::chrono::seconds(1'800'000'000));
using Admission = Breaker::Admission;
using Asked = Breaker::Asked;

/// A breaker and the hands that work it.
struct Bench {
    BreakerPolicy policy;
    Random random{7};
    Time now = start;
    Breaker breaker{policy, start};

    void call(std::optional<Reason> failure, Asked asked = Asked::quote) {
        REQUIRE(breaker.admit(now) != Admission::refused);
        breaker.ended(now, breaker.era(), asked, failure, random);
    }
    void fail(int times) {
        for (int i = 0; i < times; ++i) call(Reason::venue_timeout);
    }
    void succeed(int times) {
        for (int i = 0; i < times; ++i) call(std::nullopt);
    }
    /// To the moment of the next probe.
    std::chrono::microseconds sit_out() {
        const Time until = breaker.next_probe().value();
        const auto pause = until - breaker.since();
        now = until;
        return pause;
    }
};

}  // namespace

TEST_SUITE("routing/breaker") {
    TEST_CASE("nineteen failures are too few to judge a venue by; the twentieth leaves it out") {
        Bench bench;
        bench.fail(19);
        CHECK(bench.breaker.state() == VenueState::active);
        bench.fail(1);
        CHECK(bench.breaker.state() == VenueState::open);
        CHECK(bench.breaker.why() == "20 of 20 quotes within 10 s failed, the last with venue_timeout");
        CHECK(bench.breaker.admit(bench.now) == Admission::refused);
    }

    TEST_CASE("it takes half of the calls, and only those of the last ten seconds") {
        Bench bench;
        bench.succeed(21);
        bench.fail(20);
        CHECK(bench.breaker.state() == VenueState::active);
        bench.fail(1);
        CHECK(bench.breaker.state() == VenueState::open);

        Bench slow;
        for (int i = 0; i < 100; ++i) {
            slow.fail(1);
            slow.now += 600ms;  // seventeen in ten seconds
        }
        CHECK(slow.breaker.state() == VenueState::active);
    }

    TEST_CASE("a venue that quotes well and builds nothing is left out, however much it quotes") {
        Bench bench;
        for (int i = 0; i < 19; ++i) {
            for (int quotes = 0; quotes < 3; ++quotes) bench.call(std::nullopt);
            bench.call(Reason::venue_timeout, Asked::build);
        }
        CHECK(bench.breaker.state() == VenueState::active);
        bench.call(std::nullopt);
        bench.call(Reason::venue_error, Asked::build);
        CHECK(bench.breaker.state() == VenueState::open);
        CHECK(bench.breaker.why() == "20 of 20 builds within 10 s failed, the last with venue_error");
    }

    TEST_CASE("a success never opens it, even if it makes the calls enough") {
        Bench bench;
        bench.fail(19);
        bench.succeed(1);
        CHECK(bench.breaker.state() == VenueState::active);
    }

    TEST_CASE("after its pause one probe is let through, and its success closes the breaker") {
        Bench bench;
        bench.fail(20);
        const auto pause = bench.sit_out();
        CHECK(pause >= 5s);
        CHECK(pause <= 6s);
        bench.now -= 1us;
        CHECK(bench.breaker.admit(bench.now) == Admission::refused);
        bench.now += 1us;
        CHECK(bench.breaker.admit(bench.now) == Admission::probe);
        CHECK(bench.breaker.state() == VenueState::half_open);
        CHECK(bench.breaker.admit(bench.now) == Admission::refused);
        bench.breaker.ended(bench.now, bench.breaker.era(), Asked::quote, std::nullopt, bench.random);
        CHECK(bench.breaker.state() == VenueState::active);
        CHECK(bench.breaker.why().empty());
        bench.fail(19);
        CHECK(bench.breaker.state() == VenueState::active);
    }

    TEST_CASE("each probe that fails makes the pause longer, up to a minute") {
        Bench bench;
        bench.fail(20);
        std::chrono::microseconds before{0};
        for (const auto least : {5s, 10s, 20s, 40s, 60s, 60s}) {
            const auto pause = bench.sit_out();
            CHECK(pause >= least);
            CHECK(pause <= least * 6 / 5);
            before = pause;
            bench.fail(1);
            CHECK(bench.breaker.state() == VenueState::open);
        }
        CHECK(bench.breaker.why() == "tried again, it failed with venue_timeout");
    }

    TEST_CASE("a venue that keeps coming back broken waits longer each time; one that was well starts anew") {
        Bench bench;
        bench.fail(20);
        bench.sit_out();
        bench.succeed(1);
        bench.fail(20);
        CHECK(bench.sit_out() >= 10s);
        bench.succeed(1);
        bench.now += 61s;
        bench.fail(20);
        CHECK(bench.sit_out() <= 6s);
    }

    TEST_CASE("what began before a change says nothing about the state after it") {
        Bench bench;
        const std::uint64_t before = bench.breaker.era();
        bench.fail(20);
        bench.breaker.ended(bench.now, before, Asked::quote, std::nullopt, bench.random);
        CHECK(bench.breaker.state() == VenueState::open);
        bench.sit_out();
        CHECK(bench.breaker.admit(bench.now) == Admission::probe);
        bench.breaker.ended(bench.now, before, Asked::quote, Reason::venue_error, bench.random);
        CHECK(bench.breaker.state() == VenueState::half_open);
    }

    TEST_CASE("an operator's hold outlasts everything but a resume") {
        Bench bench;
        bench.breaker.hold(bench.now, "pool drained");
        bench.now += 1h;
        CHECK(bench.breaker.admit(bench.now) == Admission::refused);
        bench.breaker.trip(bench.now, "never mind", bench.random);
        CHECK(bench.breaker.state() == VenueState::held);
        bench.breaker.hold(bench.now, "still drained");
        CHECK(bench.breaker.since() == start);
        CHECK(bench.breaker.why() == "still drained");
        bench.breaker.resume(bench.now);
        CHECK(bench.breaker.state() == VenueState::active);
        const std::uint64_t era = bench.breaker.era();
        bench.breaker.resume(bench.now);
        CHECK(bench.breaker.era() == era);
    }

    TEST_CASE("a clock that was set back keeps nobody out for longer than a pause") {
        Bench bench;
        bench.fail(20);
        bench.now -= 1h;
        CHECK(bench.breaker.admit(bench.now) == Admission::probe);
    }

    TEST_CASE("whatever happens, the laws hold") {
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            CAPTURE(seed);
            Random chance(seed);
            Bench bench;
            const std::uint64_t bad_percent = chance.below(101);
            std::deque<std::pair<std::int64_t, bool>> calls;  // since it last closed: second, failed
            std::vector<std::uint64_t> under_way;
            for (int step = 0; step < 400; ++step) {
                CAPTURE(step);
                const VenueState before = bench.breaker.state();
                const std::uint64_t era = bench.breaker.era();
                const std::uint64_t draw = chance.below(100);
                if (draw < 30) bench.now += std::chrono::milliseconds(chance.below(1'500));
                if (draw < 70) {
                    const bool due = before == VenueState::open && bench.now >= *bench.breaker.next_probe();
                    const Admission admission = bench.breaker.admit(bench.now);
                    CHECK((admission == Admission::call) == (before == VenueState::active));
                    CHECK((admission == Admission::probe) == due);
                    if (admission != Admission::refused) under_way.push_back(bench.breaker.era());
                } else if (draw < 97 && !under_way.empty()) {
                    const std::size_t which = chance.below(under_way.size());
                    const std::uint64_t begun = under_way[which];
                    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
                    const bool failed = chance.below(100) < bad_percent;
                    bench.breaker.ended(bench.now, begun, Asked::quote,
                                        failed ? std::optional(Reason::venue_error) : std::nullopt,
                                        bench.random);
                    VenueState expected = before;
                    if (begun == era && before == VenueState::half_open) {
                        expected = failed ? VenueState::open : VenueState::active;
                    } else if (begun == era && before == VenueState::active) {
                        const std::int64_t second = bench.now.time_since_epoch() / 1s;
                        calls.emplace_back(second, failed);
                        while (calls.front().first <= second - 10) calls.pop_front();
                        const auto bad = static_cast<std::size_t>(std::count_if(
                            calls.begin(), calls.end(), [](const auto& one) { return one.second; }));
                        if (failed && calls.size() >= 20 && bad * 2 >= calls.size())
                            expected = VenueState::open;
                    }
                    CHECK(bench.breaker.state() == expected);
                } else if (draw == 97) {
                    bench.breaker.hold(bench.now, "held");
                } else if (draw == 98) {
                    bench.breaker.resume(bench.now);
                }
                const VenueState after = bench.breaker.state();
                if (after != before) {
                    CHECK(bench.breaker.era() > era);
                    CHECK(bench.breaker.since() == bench.now);
                    if (after == VenueState::active) calls.clear();
                } else {
                    CHECK(bench.breaker.era() == era);
                }
                CHECK(bench.breaker.why().empty() == (after == VenueState::active));
                CHECK(bench.breaker.next_probe().has_value() == (after == VenueState::open));
                if (after == VenueState::open) {
                    CHECK(*bench.breaker.next_probe() >= bench.breaker.since() + 5s);
                    CHECK(*bench.breaker.next_probe() <= bench.breaker.since() + 72s);
                }
                if (before == VenueState::held && after != VenueState::held) CHECK(draw == 98);
            }
        }
    }
}

namespace {

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
