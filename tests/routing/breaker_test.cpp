#include "libexec/routing/breaker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <vector>

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
