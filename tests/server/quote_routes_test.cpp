#include <doctest/doctest.h>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

VenueAnswer offer(std::string venue, std::uint64_t out, std::string note) {
    VenueAnswer answer;
    answer.venue = venue;
    answer.quote.emplace();
    answer.quote->venue = std::move(venue);
    answer.quote->amount_in = Amount(10'000'000'000);
    answer.quote->amount_out = Amount(out);
    answer.note = std::move(note);
    return answer;
}

RoutingDecision two_offers_and_a_silence() {
    const TokenRegistry tokens = TokenRegistry::with_defaults();
    RoutingDecision decision;
    decision.token_in = *tokens.find("SOL");
    decision.token_out = *tokens.find("USDC");
    decision.answers = {offer("meteora", 1'500'000'000, "chosen"),
                        offer("orca", 1'499'000'000, "6.7 bps behind")};
    VenueAnswer silent;
    silent.venue = "raydium";
    silent.silence = reject(Reason::venue_timeout, "no answer within 1000 ms");
    silent.note = "no answer within 1000 ms";
    decision.answers.push_back(silent);
    return decision;
}

}  // namespace

TEST_SUITE("server/quotes") {
    TEST_CASE("a quote is every venue's offer, best first, with why, and places nothing") {
        ApiServer api;
        api.service.quote_answer = two_offers_and_a_silence();
        const ApiAnswer answer =
            api.call("POST", "/api/quotes", "Content-Type: application/json\r\n",
                     R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"10","slippageBps":50})");
        CHECK(answer.status == 200);
        const JsonValue quote = answer.json();
        CHECK(quote["success"].is_true());
        CHECK(quote["chosenDex"].text() == "meteora");
        CHECK(quote["minAmountOut"].text() == "1492.500000");
        CHECK(quote["slippageBps"].text() == "50");
        CHECK(quote["rule"].text() == routing_rule);
        const auto quotes = quote["quotes"].items();
        REQUIRE(quotes.size() == 3);
        CHECK(quotes[0]["venue"].text() == "meteora");
        CHECK(quotes[0]["amountOut"].text() == "1500.000000");
        CHECK(quotes[0]["price"].text() == "150.000000000000");
        CHECK(quotes[1]["why"].text() == "6.7 bps behind");
        CHECK(quotes[2]["error"]["code"].text() == "venue_timeout");
        CHECK(api.service.requests.empty());
        REQUIRE(api.service.quote_requests.size() == 1);
        CHECK(api.service.quote_requests[0].amount == Amount(10'000'000'000));
    }

    TEST_CASE("the same quote by query parameters") {
        ApiServer api;
        api.service.quote_answer = two_offers_and_a_silence();
        const ApiAnswer answer =
            api.get("/api/quote?tokenIn=SOL&tokenOut=USDC&amountIn=10&maxSlippageBps=50&type=market");
        CHECK(answer.status == 200);
        CHECK(answer.json()["minAmountOut"].text() == "1492.500000");
        REQUIRE(api.service.quote_requests.size() == 1);
        CHECK(api.service.quote_requests[0].amount == Amount(10'000'000'000));
        CHECK(api.service.quote_requests[0].slippage.points() == 50);
    }

    TEST_CASE("an order that fixes its output is quoted with the most input") {
        ApiServer api;
        RoutingDecision decision = two_offers_and_a_silence();
        decision.mode = SwapMode::exact_out;
        api.service.quote_answer = decision;
        const JsonValue quote = api.get("/api/quote?tokenIn=SOL&tokenOut=USDC&amountOut=1500").json();
        CHECK(quote["maxAmountIn"].text() == "10.100000000");
        CHECK(!quote.has("minAmountOut"));
        CHECK(quote["mode"].text() == "exact_out");
    }

    TEST_CASE("when no venue has an offer the answer says why of each") {
        ApiServer api;
        RoutingDecision decision = two_offers_and_a_silence();
        decision.answers.erase(decision.answers.begin(), decision.answers.begin() + 2);
        api.service.quote_answer = decision;
        const ApiAnswer answer = api.get("/api/quote?tokenIn=SOL&tokenOut=USDC&amountIn=1");
        CHECK(answer.status == 200);
        CHECK(answer.json()["chosenDex"].is_null());
        CHECK(answer.json()["minAmountOut"].is_null());
        CHECK(answer.json()["quotes"].items()[0]["error"]["code"].text() == "venue_timeout");
    }

    TEST_CASE("what is wrong is named the way it was sent") {
        ApiServer api;
        const ApiAnswer body = api.call("POST", "/api/quotes", "Content-Type: application/json\r\n",
                                        R"({"tokenIn":"SOL","tokenOut":"SOL","amountIn":"-1"})");
        CHECK(body.status == 400);
        CHECK(body.json()["code"].text() == "invalid_body");
        CHECK(body.json()["errors"].items()[0]["pointer"].text().starts_with("/"));
        const ApiAnswer query =
            api.get("/api/quote?tokenIn=SOL&tokenOut=USDC&amountIn=-1&slipage=0.1&slippageBps=1e2");
        CHECK(query.status == 400);
        CHECK(query.json()["code"].text() == "invalid_parameter");
        CHECK(query.json()["errors"].items().size() == 3);
        for (const JsonValue& error : query.json()["errors"].items()) {
            const std::string pointer = error["pointer"].text();
            CAPTURE(pointer);
            CHECK((pointer == "amountIn" || pointer == "slipage" || pointer == "slippageBps"));
        }
        CHECK(api.get("/api/quote?tokenIn=SOL&tokenIn=SOL&tokenOut=USDC&amountIn=1").status == 400);
        CHECK(api.get("/api/quote").status == 400);
        CHECK(api.get("/api/quote?tokenIn=NOPE&tokenOut=USDC&amountIn=1").json()["code"].text() ==
              "unknown_token");
        CHECK(api.get("/api/quote?tokenIn=%22%7D&tokenOut=%00&amountIn=1%FF").status == 400);
        CHECK(api.service.quote_requests.empty());
    }

    TEST_CASE("too many questions at once are told to wait") {
        ApiServer api;
        api.service.quote_answer = reject(Reason::queue_full, "64 quotes are being asked for already");
        const ApiAnswer answer = api.get("/api/quote?tokenIn=SOL&tokenOut=USDC&amountIn=1");
        CHECK(answer.status == 429);
        CHECK(!answer.header("Retry-After").empty());
    }

    TEST_CASE("the venues are shown as they are") {
        ApiServer api;
        VenueStatus asked;
        asked.name = "meteora";
        asked.kind = "simulated";
        asked.last_quote.emplace();
        asked.last_quote->latency = 201'500us;
        VenueStatus silent = asked;
        silent.name = "orca";
        silent.last_quote->failure = Reason::venue_timeout;
        VenueStatus fresh;
        fresh.name = "raydium";
        fresh.kind = "simulated";
        api.service.venue_list = {asked, silent, fresh};
        const auto venues = api.get("/api/venues").json()["venues"].items();
        REQUIRE(venues.size() == 3);
        CHECK(venues[0]["name"].text() == "meteora");
        CHECK(venues[0]["kind"].text() == "simulated");
        CHECK(venues[0]["state"].text() == "active");
        CHECK(venues[0]["lastQuote"]["outcome"].text() == "ok");
        CHECK(venues[0]["lastQuote"]["latencyMs"].text() == "201.500");
        CHECK(venues[1]["lastQuote"]["outcome"].text() == "venue_timeout");
        CHECK(venues[2]["lastQuote"].is_null());
        CHECK(venues[0]["reason"].is_null());
        CHECK(venues[0]["nextProbeAt"].is_null());
    }

    TEST_CASE("a venue that is left out says why, since when, and when it is tried again") {
        ApiServer api;
        VenueStatus out;
        out.name = "orca";
        out.kind = "simulated";
        out.state = VenueState::open;
        out.since = Time(1'800'000'000s);
        out.reason = "20 of 20 quotes within 10 s failed, the last with venue_error";
        out.next_probe = Time(1'800'000'005s);
        VenueStatus probing = out;
        probing.state = VenueState::half_open;
        probing.next_probe.reset();
        api.service.venue_list = {out, probing};
        const auto venues = api.get("/api/venues").json()["venues"].items();
        CHECK(venues[0]["state"].text() == "open");
        CHECK(venues[0]["since"].text() == "2027-01-15T08:00:00.000000Z");
        CHECK(venues[0]["reason"].text() == out.reason);
        CHECK(venues[0]["nextProbeAt"].text() == "2027-01-15T08:00:05.000000Z");
        CHECK(venues[1]["state"].text() == "half_open");
        CHECK(venues[1]["nextProbeAt"].is_null());
    }

    TEST_CASE("a venue is paused and resumed, as often as one likes") {
        ApiServer api;
        VenueStatus meteora;
        meteora.name = "meteora";
        meteora.kind = "simulated";
        api.service.venue_list = {meteora};
        const std::string json = "Content-Type: application/json\r\n";
        for (int i = 0; i < 2; ++i) {
            const ApiAnswer held =
                api.call("POST", "/api/venues/meteora/pause", json, R"({"reason":"pool drained"})");
            CHECK(held.status == 200);
            CHECK(held.json()["name"].text() == "meteora");
            CHECK(held.json()["state"].text() == "held");
            CHECK(held.json()["reason"].text() == "pool drained");
        }
        CHECK(api.call("POST", "/api/venues/meteora/pause").json()["reason"].is_null());
        for (int i = 0; i < 2; ++i) {
            const ApiAnswer back = api.call("POST", "/api/venues/meteora/resume");
            CHECK(back.status == 200);
            CHECK(back.json()["state"].text() == "active");
        }
        for (const char* const verb : {"pause", "resume"}) {
            const ApiAnswer unknown = api.call("POST", std::string("/api/venues/orka/") + verb);
            CHECK(unknown.status == 404);
            CHECK(unknown.json()["detail"].text() == "no venue is called 'orka'; there are meteora");
        }
        CHECK(api.get("/api/venues/meteora/pause").status == 405);
    }

    TEST_CASE("a hold's body is a reason or nothing, and what is wrong with it is named") {
        ApiServer api;
        VenueStatus meteora;
        meteora.name = "meteora";
        api.service.venue_list = {meteora};
        const std::string json = "Content-Type: application/json\r\n";
        const auto pause = [&](const std::string& body) {
            return api.call("POST", "/api/venues/meteora/pause", json, body);
        };
        for (const char* const body : {"{}", R"({"reason":null})", R"({"reason":""})", " "})
            CHECK(pause(body).status == 200);
        const std::string longest(200, 'x');
        CHECK(pause("{\"reason\":\"" + longest + "\"}").status == 200);
        for (const std::string& body :
             {std::string(R"({"reason":7})"), "{\"reason\":\"" + longest + "x\"}",
              std::string(R"({"reason":"a","reason":"b"})"), std::string(R"({"why":"a"})")}) {
            CAPTURE(body);
            const ApiAnswer refused = pause(body);
            CHECK(refused.status == 400);
            CHECK(refused.json()["code"].text() == "invalid_body");
            CHECK(refused.json()["errors"].items().size() == 1);
        }
        CHECK(pause(R"({"raeson":"a"})").json()["errors"].items()[0]["message"].text() ==
              "raeson: is not a field of a hold: did you mean reason?");
        CHECK(pause("[]").status == 400);
        CHECK(api.call("POST", "/api/venues/meteora/pause", "Content-Type: text/plain\r\n", "x").status ==
              415);
        CHECK(api.call("POST", "/api/venues/meteora/resume", json, R"({"reason":"a"})").status == 400);
    }
}
