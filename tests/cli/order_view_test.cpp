#include "order_view.hpp"

#include <doctest/doctest.h>

#include "order_printer.hpp"
#include "scripted_wire.hpp"
#include "text.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;

namespace {

JsonValue parsed(const std::string& text) { return JsonValue::parse(text).value(); }

std::string show(const std::vector<std::string>& events, Options options, Style style) {
    RecordedConsole recorded;
    recorded.console.style = style;
    const auto printer = make_order_printer(options, recorded.console);
    for (const std::string& event : events) printer->event(event, parsed(event));
    return recorded.out.str();
}

/// What is left on a terminal of what was drawn: each redrawn line in its last form, without colours.
std::string settled(const std::string& drawn) {
    std::string text;
    for (std::size_t at = 0; at < drawn.size(); ++at) {
        if (drawn.compare(at, 4, "\r\x1b[K") == 0) {
            text.erase(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
            at += 3;
        } else {
            text.push_back(drawn[at]);
        }
    }
    return text;
}

Style utf8_terminal() {
    Style style;
    style.utf8 = true;
    style.in_place = true;
    style.columns = 120;
    return style;
}

}  // namespace

TEST_SUITE("cli/order_view") {
    TEST_CASE("a terminal keeps one line a stage") {
        CHECK(settled(show(good_life(), Options{}, utf8_terminal())) ==
              "  ✓ pending     0.00 s\n"
              "  ✓ routing     2.00 s   orca venue_timeout   raydium 1499.687400   meteora 1503.087800  ← "
              "best by 3.400400 (22.7 bps)\n"
              "  ✓ building    3.00 s   meteora   min out 1495.572361 USDC\n"
              "  ✓ submitted   4.00 s   tx 4kQm…9dXe\n"
              "  ✓ confirmed   5.00 s   1502.611000 USDC at 150.2611   3.2 bps below quote\n");
    }

    TEST_CASE("outside UTF-8 everything is ASCII") {
        Style style;
        style.in_place = true;
        const std::string drawn = show(good_life(), Options{}, style);
        CHECK(settled(drawn).find("  + routing     2.00 s   orca venue_timeout   raydium 1499.687400   "
                                  "meteora 1503.087800  <- best by") != std::string::npos);
        for (const char c : drawn) CHECK(static_cast<unsigned char>(c) < 0x80);
    }

    TEST_CASE("a pipe gets one line an event") {
        const std::string id = order_id;
        CHECK(show(good_life(), Options{}, Style{}) ==
              "03:04:01.250Z " + id + " PENDING\n" + "03:04:02.250Z " + id + " ROUTING\n" + "03:04:03.250Z " +
                  id + " QUOTES meteora=1503.087800 raydium=1499.687400 orca=venue_timeout chosen=meteora\n" +
                  "03:04:04.250Z " + id + " BUILDING meteora min_out=1495.572361\n" + "03:04:05.250Z " + id +
                  " SUBMITTED meteora tx=4kQmAAAAAAAAAAAA9dXe\n" + "03:04:06.250Z " + id +
                  " CONFIRMED meteora in=10.000000000 out=1502.611000 price=150.2611 "
                  "tx=4kQmAAAAAAAAAAAA9dXe\n");
    }

    TEST_CASE("ndjson is the events themselves, json and quiet wait for the end") {
        Options options;
        options.output = Output::ndjson;
        std::string expected;
        for (const std::string& line : good_life()) expected += line + "\n";
        CHECK(show(good_life(), options, Style{}) == expected);
        options.output = Output::json;
        CHECK(show(good_life(), options, Style{}).empty());
        options.output = Output::table;
        options.quiet = true;
        CHECK(show(good_life(), options, utf8_terminal()).empty());
    }

    TEST_CASE("a retry, a doubt and a bad end are told apart from progress") {
        const std::string retry = event(2, "pending", R"({"reason":"slippage_exceeded","detail":"moved"})",
                                        "moved", R"(,"nextRetryAt":"2026-01-02T03:04:03.250000Z")");
        const std::string doubt = event(3, "submitted", R"({"note":"not seen for 30 s"})", "in_doubt");
        const std::string failed =
            event(4, "failed", R"({"failureReason":"slippage_exceeded","error":"moved","attempts":3})");
        CHECK(settled(show({event(1, "pending"), retry, doubt, failed}, Options{}, utf8_terminal())) ==
              "  ✓ pending     0.00 s\n"
              "  ! in doubt    2.00 s   not seen for 30 s\n"
              "  ↻ pending     1.00 s   attempt 1/3 after slippage_exceeded, in 1.00 s\n"
              "  ✗ failed      3.00 s   slippage_exceeded, 3 attempts\n");
        const std::string piped = show({event(1, "pending"), retry, doubt, failed}, Options{}, Style{});
        CHECK(piped.find("PENDING reason=slippage_exceeded attempt=1/3 next=2026-01-02T03:04:03.250000Z\n") !=
              std::string::npos);
        CHECK(piped.find("IN_DOUBT note=\"not seen for 30 s\"\n") != std::string::npos);
        CHECK(piped.find("FAILED reason=slippage_exceeded attempt=1/3 error=\"moved\"\n") !=
              std::string::npos);
    }

    TEST_CASE("a narrow terminal never wraps the line it redraws") {
        Style style = utf8_terminal();
        style.columns = 30;
        style.colour = true;
        const std::string drawn =
            show({event(1, "pending"), event(2, "routing"), event(3, "routing", quotes_data, "quotes")},
                 Options{}, style);
        const std::size_t last = drawn.rfind("\r\x1b[K");
        REQUIRE(last != std::string::npos);
        CHECK(width_of(drawn.substr(last + 4)) == 29);
    }

    TEST_CASE("an exact-output order compares what was paid") {
        const std::string quotes =
            R"({"quotes":[{"venue":"orca","amountIn":"9.900000000","amountOut":"1500.000000","net":"9.900000000"}],)"
            R"("decision":{"chosenDex":"orca","mode":"exact_out","tokenIn":{"symbol":"SOL"},"tokenOut":{"symbol":"USDC"}}})";
        OrderTimeline timeline(utf8_terminal());
        timeline.take(parsed(event(1, "routing", quotes, "quotes")));
        CHECK(timeline.take(parsed(event(2, "building", R"({"dexUsed":"orca","maxAmountIn":"9.999000000"})")))
                  .detail == "orca   max in 9.999000000 SOL");
        const std::string paid =
            R"({"executedPrice":"151.000000000000","amountIn":"9.909900000","amountOut":"1500.000000"})";
        CHECK(timeline.take(parsed(event(3, "confirmed", paid))).detail ==
              "9.909900000 SOL paid at 151   10.0 bps above quote");
    }

    TEST_CASE("the head says what was asked for") {
        const std::string in =
            R"({"id":"x","type":"market","mode":"exact_in","amountIn":"10.000000000","tokenIn":"SOL","tokenOut":"USDC","slippageBps":50})";
        CHECK(order_head(parsed(in), utf8_terminal()) ==
              "order x  market  10 SOL → USDC   max slippage 0.50 %");
        const std::string out =
            R"({"id":"x","type":"market","mode":"exact_out","amountOut":"0.250000","tokenIn":"SOL","tokenOut":"USDC"})";
        CHECK(order_head(parsed(out), Style{}) == "order x  market  SOL -> 0.25 USDC");
    }

    TEST_CASE("words of the server cannot drive the terminal") {
        const std::string nasty =
            event(1, "failed", R"({"failureReason":"a\u001b[2Jb\u009bc","error":"x\ny\u0007"})");
        for (const Style& style : {utf8_terminal(), Style{}}) {
            const std::string drawn = settled(show({nasty}, Options{}, style));
            CHECK(drawn.find('\x1b') == std::string::npos);
            CHECK(drawn.find('\x07') == std::string::npos);
            CHECK(drawn.find("\xC2\x9B") == std::string::npos);
        }
    }

    TEST_CASE("a failure tells whether the money moved and what to do") {
        const JsonValue order = parsed(
            R"({"failure":{"code":"slippage_exceeded","title":"Slippage limit exceeded","detail":"8 bps below quote","retryable":true,)"
            R"("fundsMoved":false,"hint":"raise the limit"}})");
        const JsonValue ended = parsed(event(4, "failed"));
        CHECK(failure_text(order, ended, "http://s", Style{}) ==
              "    Slippage limit exceeded: 8 bps below quote\n"
              "    nothing was swapped; the order is safe to submit again\n"
              "    next: raise the limit\n"
              "    more: execctl explain " +
                  order_id + "   docs: http://s/problems/slippage_exceeded\n");
        const JsonValue moved = parsed(R"({"failure":{"code":"internal","fundsMoved":true,"txHash":"abc"}})");
        CHECK(failure_text(moved, ended, "http://s", Style{})
                  .find("funds may have moved: see transaction abc") != std::string::npos);
        const JsonValue bare = parsed(event(4, "expired", R"({"failureReason":"timeout","retryable":true})"));
        CHECK(failure_text(JsonValue(), bare, "http://s", Style{}).find("/problems/timeout") !=
              std::string::npos);
    }
}
