#include "libexec/model/money.hpp"
#include <doctest/doctest.h>
#include "libexec/base/random.hpp"

using namespace libexec;

TEST_SUITE("model/money") {
    TEST_CASE("an amount is digits and nothing else") {
        for (const char* text :
             {"", "-1", "+1", " 1", "1.0", "1e9", "9223372036854775808", "18446744073709551616"}) {
            CAPTURE(text);
            CHECK(Amount::parse(text).error().reason == Reason::bad_amount);
        }
        CHECK(Amount::parse("9223372036854775807").value().to_string() == "9223372036854775807");
    }

    TEST_CASE("token units are read exactly") {
        CHECK(parse_token_units("1.5", 9, false).value() == Amount(1'500'000'000));
        CHECK(parse_token_units("0.000001", 6, false).value() == Amount(1));
        CHECK(parse_token_units("0.0000010", 6, false).value() ==
              Amount(1));  // a trailing zero loses nothing
        CHECK(parse_token_units("9223372036854.775807", 6, false).value() == Amount(Amount::most));
        CHECK(parse_token_units("1e-7", 9, true).value() == Amount(100));
        CHECK(parse_token_units("1.5E+2", 6, true).value() == Amount(150'000'000));
        CHECK(parse_token_units("0", 6, false).value() == Amount(0));
        CHECK(parse_token_units("0e-300", 6, true).value() == Amount(0));
    }

    TEST_CASE("what cannot be held exactly is refused, never rounded") {
        for (const char* text :
             {"", ".", "1.", ".5", "-1", "+1", "1,5", " 1", "1 ", "0x10", "1e5", "NaN", "inf", "1..2",
              "0.0000001", "9223372036854.775808", "99999999999999999999999999999999999999999"}) {
            CAPTURE(text);
            CHECK(parse_token_units(text, 6, false).error().reason == Reason::bad_amount);
        }
        for (const char* text : {"1e400", "1e-300", "1e", "1e+", "e5", "1e999999999999999999999", "1e1.5"}) {
            CAPTURE(text);
            CHECK(parse_token_units(text, 6, true).error().reason == Reason::bad_amount);
        }
    }

    TEST_CASE("an amount in token units reads back as it was printed") {
        CHECK(to_text({Amount(1'502'611'000), 6}) == "1502.611000");
        CHECK(to_text({Amount(5), 9}) == "0.000000005");
        CHECK(to_text({Amount(7), 0}) == "7");
        Random random(3);
        for (int i = 0; i < 2'000; ++i) {
            const TokenAmount amount{Amount(random.next() >> (1 + random.below(60))),
                                     static_cast<std::uint8_t>(random.below(19))};
            CHECK(parse_token_amount(to_text(amount)).value() == amount);
        }
    }

    TEST_CASE("slippage never rounds against the trader") {
        Random random(7);
        for (int i = 0; i < 1'000; ++i) {
            const Amount quoted(random.below(1'000'000'000));
            const Bps slippage = Bps::of(random.below(10'001)).value();
            const Amount least = least_output(quoted, slippage);
            const Amount most = most_input(quoted, slippage);
            CAPTURE(i);
            CHECK(least <= quoted);
            CHECK(least.base_units() * 10'000 >= quoted.base_units() * (10'000 - slippage.points()));
            CHECK(most >= quoted);
            CHECK(most.base_units() * 10'000 <= quoted.base_units() * (10'000 + slippage.points()));
        }
        CHECK(most_input(Amount(Amount::most), Bps::of(10'000).value()) == Amount(Amount::most));
        CHECK(Bps::of(10'001).error().reason == Reason::bad_amount);
    }

    TEST_CASE("scaling names its direction and refuses to wrap") {
        CHECK(scale_down(Amount(10), 1, 3).value() == Amount(3));
        CHECK(scale_up(Amount(10), 1, 3).value() == Amount(4));
        CHECK(scale_up(Amount(9), 1, 3).value() == Amount(3));
        CHECK(scale_down(Amount(Amount::most), 2, 1).error().reason == Reason::bad_amount);
        CHECK(scale_up(Amount(1), 1, 0).error().reason == Reason::bad_amount);
        CHECK(add(Amount(Amount::most), Amount(1)).error().reason == Reason::bad_amount);
        CHECK(subtract_floor(Amount(1), Amount(2)) == Amount(0));
    }

    TEST_CASE("a price has twelve digits after the point, rounded down") {
        CHECK(price_text({Amount(10'000'000'000), 9}, {Amount(1'502'611'000), 6}) == "150.261100000000");
        CHECK(price_text({Amount(3), 0}, {Amount(2), 0}) == "0.666666666666");
        CHECK(price_text({Amount(0), 0}, {Amount(2), 0}) == "0.000000000000");
        CHECK(price_text({Amount(1), 18}, {Amount(Amount::most), 0}) ==
              "9223372036854775807000000000000000000.000000000000");
    }
}
