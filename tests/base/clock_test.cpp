#include "libexec/base/clock.hpp"
#include "libexec/base/reason.hpp"
#include <doctest/doctest.h>

using namespace libexec;

TEST_SUITE("base/clock") {
    TEST_CASE("times are printed in UTC with microseconds") {
        CHECK(to_rfc3339(Time(std::chrono::microseconds(0))) == "1970-01-01T00:00:00.000000Z");
        CHECK(to_rfc3339(Time(std::chrono::microseconds(1'767'322'245'000'006))) ==
              "2026-01-02T02:50:45.000006Z");
    }
}

TEST_SUITE("base/reason") {
    TEST_CASE("every reason has a word of its own that reads back") {
        for (int i = 0; i <= static_cast<int>(Reason::outcome_unknown); ++i) {
            const auto reason = static_cast<Reason>(i);
            CAPTURE(i);
            CHECK(parse_reason(to_string(reason)) == reason);
        }
        CHECK_FALSE(parse_reason("slippage"));
    }

    TEST_CASE("a mistake of the trader is never tried again") {
        CHECK_FALSE(is_retryable(Reason::no_route));
        CHECK_FALSE(is_retryable(Reason::insufficient_funds));
        CHECK_FALSE(is_retryable(Reason::internal));
        CHECK_FALSE(is_retryable(Reason::pool_closed));
        CHECK_FALSE(is_retryable(Reason::amount_too_small));
        CHECK_FALSE(is_retryable(Reason::unsupported_token));
        CHECK_FALSE(is_retryable(Reason::bad_account));
        CHECK(is_retryable(Reason::venue_timeout));
        CHECK(is_retryable(Reason::expired));
    }
}
