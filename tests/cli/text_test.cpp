#include "text.hpp"

#include <doctest/doctest.h>

using namespace libexec;
using namespace libexec::cli;
using namespace std::chrono_literals;

TEST_SUITE("cli/text") {
    TEST_CASE("a duration has a unit") {
        CHECK(parse_duration("500ms") == 500ms);
        CHECK(parse_duration("30s") == 30s);
        CHECK(parse_duration("2m") == 120s);
        CHECK(parse_duration("2min") == 120s);
        CHECK(parse_duration("1h") == 1h);
        CHECK(parse_duration("7d") == 168h);
        for (const char* text :
             {"", "5", "s", "0s", "-1s", "1.5s", "1 s", "1y", "99999999999s", "4000000000h"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_duration(text));
        }
    }

    TEST_CASE("elapsed time is as exact as it is short") {
        CHECK(elapsed_text(0us) == "0.00 s");
        CHECK(elapsed_text(239'999us) == "0.23 s");
        CHECK(elapsed_text(9'999ms) == "9.99 s");
        CHECK(elapsed_text(16'040ms) == "16.0 s");
        CHECK(elapsed_text(125s) == "2 min 05 s");
        CHECK(elapsed_text(-5s) == "0.00 s");
    }

    TEST_CASE("decimals lose only what says nothing") {
        CHECK(without_trailing_zeros("1502.611000") == "1502.611");
        CHECK(without_trailing_zeros("10.000000000") == "10");
        CHECK(without_trailing_zeros("100") == "100");
        CHECK(without_trailing_zeros("0.000") == "0");
        CHECK(percent_text(50) == "0.50 %");
        CHECK(percent_text(10'000) == "100.00 %");
        CHECK(tenth_bps_text(227) == "22.7 bps");
        CHECK(short_signature("short", "...") == "short");
        CHECK(short_signature("4kQmAAAAAAAA9dXe", "...") == "4kQm...9dXe");
    }

    TEST_CASE("a document becomes one line without changing what it says") {
        CHECK(one_line(" {\n  \"a\": \"b\\n\"\r\n}\n") == "{  \"a\": \"b\\n\"}");
    }
}
