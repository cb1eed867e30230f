#include "rate_limiter.hpp"

#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::server;
using namespace std::chrono_literals;

TEST_SUITE("server/rate") {
    TEST_CASE("an address gets its whole minute at once and then one token at a time") {
        test::HandClock clock;
        RateLimiter limiter(60, clock);
        for (int i = 0; i < 60; ++i) CHECK(limiter.take_here("10.0.0.1").allowed);
        const auto refused = limiter.take_here("10.0.0.1");
        CHECK(!refused.allowed);
        CHECK(refused.retry_after == 1s);
        CHECK(limiter.take_here("10.0.0.2").allowed);
        clock.pass(1s);
        CHECK(limiter.take_here("10.0.0.1").allowed);
        CHECK(!limiter.take_here("10.0.0.1").allowed);
        clock.pass(10min);
        for (int i = 0; i < 60; ++i) CHECK(limiter.take_here("10.0.0.1").allowed);
        CHECK(!limiter.take_here("10.0.0.1").allowed);
    }

    TEST_CASE("waiting as long as told is enough, whatever the limit") {
        test::HandClock clock;
        for (const std::uint32_t limit : {1u, 7u, 30u, 59u, 61u, 1'000u}) {
            CAPTURE(limit);
            RateLimiter limiter(limit, clock);
            std::uint32_t taken = 0;
            RateLimiter::Answer answer;
            for (answer = limiter.take_here("a"); answer.allowed; answer = limiter.take_here("a")) ++taken;
            CHECK(taken == limit);
            clock.pass(answer.retry_after);
            CHECK(limiter.take_here("a").allowed);
        }
    }

    TEST_CASE("no limit is no limit") {
        test::HandClock clock;
        RateLimiter limiter(0, clock);
        for (int i = 0; i < 1'000; ++i) CHECK(limiter.take_here("a").allowed);
    }

    TEST_CASE("past the addresses it can remember, newcomers share one bucket") {
        test::HandClock clock;
        RateLimiter limiter(2, clock, 3);
        for (const char* address : {"a", "b", "c", "d", "e"}) CHECK(limiter.take_here(address).allowed);
        CHECK(!limiter.take_here("f").allowed);
        CHECK(limiter.take_here("a").allowed);
        clock.pass(2min);
        CHECK(limiter.take_here("f").allowed);
        CHECK(limiter.take_here("g").allowed);
        CHECK(limiter.take_here("g").allowed);
        CHECK(limiter.take_here("f").allowed);
    }

    TEST_CASE("what is said about the rest is what is given, and saying it costs nothing") {
        test::HandClock clock;
        for (const std::uint32_t limit : {1u, 7u, 30u, 61u, 1'000u, 6'000'000u}) {
            CAPTURE(limit);
            RateLimiter limiter(limit, clock);
            CHECK(limiter.look("a").remaining == limit);
            for (int round = 0; round < 200; ++round) {
                const auto before = limiter.look("a");
                CHECK(limiter.look("a").remaining == before.remaining);
                const auto taken = limiter.take_here("a");
                CHECK(taken.allowed == (before.remaining > 0));
                CHECK(taken.allowed == before.allowed);
                CHECK(taken.remaining == before.remaining - (taken.allowed ? 1 : 0));
                if (!taken.allowed) {
                    clock.pass(taken.retry_after);
                    CHECK(limiter.look("a").remaining >= 1);
                }
                clock.pass(137ms);
            }
        }
        RateLimiter unlimited(0, clock);
        CHECK(unlimited.take_here("a").allowed);
        CHECK(unlimited.look("a").allowed);
    }

    TEST_CASE("one network of IPv6 is one client, and IPv4 in its clothes is itself") {
        CHECK(rate_key("10.0.0.1") == "10.0.0.1");
        CHECK(rate_key("::ffff:10.0.0.1") == "10.0.0.1");
        CHECK(rate_key("2001:db8:1:2:3:4:5:6") == rate_key("2001:db8:1:2::9"));
        CHECK(rate_key("2001:db8:1:2::9") != rate_key("2001:db8:1:3::9"));
    }
}
