#include <doctest/doctest.h>

#include <algorithm>

#include "libexec/base/random.hpp"
#include "libexec/routing/describe.hpp"
#include "libexec/routing/router.hpp"
#include "support/swaps.hpp"

using namespace libexec;

namespace {

VenueAnswer offer(const std::string& venue, std::uint64_t in, std::uint64_t out) {
    VenueAnswer answer;
    answer.venue = venue;
    answer.quote.emplace();
    answer.quote->venue = venue;
    answer.quote->amount_in = Amount(in);
    answer.quote->amount_out = Amount(out);
    return answer;
}

VenueAnswer silence(const std::string& venue, Reason reason, const std::string& detail) {
    VenueAnswer answer;
    answer.venue = venue;
    answer.silence = reject(reason, detail);
    return answer;
}

std::vector<std::string> names(const std::vector<VenueAnswer>& answers) {
    std::vector<std::string> list;
    for (const VenueAnswer& answer : answers) list.push_back(answer.venue);
    return list;
}

RoutingDecision decided(std::vector<VenueAnswer> answers, SwapMode mode = SwapMode::exact_in) {
    RoutingDecision decision;
    decision.mode = mode;
    decision.token_in = test::token("SOL");
    decision.token_out = test::token("USDC");
    rank(answers, mode);
    decision.answers = std::move(answers);
    return decision;
}

}  // namespace

TEST_SUITE("routing/rank") {
    TEST_CASE("most output after all costs wins, not the biggest number on the label") {
        auto answers = std::vector{offer("raydium", 10, 1'000), offer("meteora", 10, 1'010)};
        answers[1].quote->network_cost = Amount(11);
        rank(answers, SwapMode::exact_in);
        CHECK(names(answers) == std::vector<std::string>{"raydium", "meteora"});
        CHECK(answers[0].note == "chosen");
        CHECK(answers[1].note == "10.0 bps behind raydium");
    }

    TEST_CASE("for a fixed output the least input wins, costs included") {
        auto answers =
            std::vector{offer("raydium", 1'000, 7), offer("meteora", 990, 7), offer("orca", 995, 7)};
        answers[1].quote->network_cost = Amount(20);
        rank(answers, SwapMode::exact_out);
        CHECK(names(answers) == std::vector<std::string>{"orca", "raydium", "meteora"});
    }

    TEST_CASE("ties go to liquidity, then to speed, then to the name, and the note says which") {
        auto answers =
            std::vector{offer("d", 10, 100), offer("c", 10, 100), offer("b", 10, 100), offer("a", 10, 100)};
        answers[0].quote->liquidity = Amount(2);
        for (std::size_t i = 1; i < 4; ++i) answers[i].quote->liquidity = Amount(1);
        answers[1].quote->latency = std::chrono::milliseconds(1);
        answers[2].quote->latency = std::chrono::milliseconds(2);
        answers[3].quote->latency = std::chrono::milliseconds(2);
        rank(answers, SwapMode::exact_in);
        CHECK(names(answers) == std::vector<std::string>{"d", "c", "a", "b"});
        CHECK(answers[1].note == "level with d, less liquidity");
        answers.erase(answers.begin());
        rank(answers, SwapMode::exact_in);
        CHECK(answers[1].note == "level with c, slower to answer");
        answers.erase(answers.begin());
        rank(answers, SwapMode::exact_in);
        CHECK(answers[1].note == "level with a");
    }

    TEST_CASE("silences come last, by name, with their reason for a note") {
        auto answers = std::vector{silence("orca", Reason::venue_timeout, "no answer within 1000 ms"),
                                   silence("aldrin", Reason::no_route, ""), offer("raydium", 10, 1)};
        rank(answers, SwapMode::exact_in);
        CHECK(names(answers) == std::vector<std::string>{"raydium", "aldrin", "orca"});
        CHECK(answers[1].note == "no_route");
        CHECK(answers[2].note == "no answer within 1000 ms");
    }

    TEST_CASE("the order is total: however the answers arrive, the ranking is one") {
        Random random(8);
        for (int round = 0; round < 500; ++round) {
            std::vector<VenueAnswer> answers;
            for (const char* venue : {"a", "b", "c", "d", "e", "f"}) {
                if (random.below(5) == 0) {
                    answers.push_back(silence(venue, Reason::venue_error, "down"));
                    continue;
                }
                answers.push_back(offer(venue, 1 + random.below(3), 1 + random.below(3)));
                answers.back().quote->network_cost = Amount(random.below(3));
                answers.back().quote->liquidity = Amount(random.below(2));
                answers.back().quote->latency = std::chrono::microseconds(random.below(2));
            }
            const SwapMode mode = random.below(2) == 0 ? SwapMode::exact_in : SwapMode::exact_out;
            auto ranked = answers;
            rank(ranked, mode);
            for (int shuffle = 0; shuffle < 5; ++shuffle) {
                for (std::size_t i = answers.size(); i > 1; --i)
                    std::swap(answers[i - 1], answers[random.below(i)]);
                auto again = answers;
                rank(again, mode);
                CAPTURE(round);
                REQUIRE(again == ranked);
            }
            for (std::size_t i = 1; i < ranked.size() && ranked[i].quote; ++i) {
                const Amount before = net_of_costs(*ranked[i - 1].quote, mode);
                const Amount after = net_of_costs(*ranked[i].quote, mode);
                REQUIRE((mode == SwapMode::exact_in ? before >= after : before <= after));
            }
        }
    }
}

TEST_SUITE("routing/describe") {
    TEST_CASE("one line says who won, by how much, and who said nothing") {
        const auto decision = decided({offer("raydium", 10'000'000'000, 1'499'687'400),
                                       silence("orca", Reason::venue_timeout, "no answer within 1000 ms"),
                                       offer("meteora", 10'000'000'000, 1'503'087'800)});
        CHECK(
            describe(decision) ==
            "meteora 1503.087800 best by 22.7 bps over raydium 1499.687400; orca: no answer within 1000 ms");
        CHECK(decision.answers[1].note == "22.7 bps behind meteora");
    }

    TEST_CASE("for a fixed output the amounts are what it takes") {
        CHECK(describe(decided({offer("raydium", 10'020'000'000, 1'500'000'000),
                                offer("meteora", 10'000'000'000, 1'500'000'000)},
                               SwapMode::exact_out)) ==
              "meteora 10.000000000 best by 20.0 bps over raydium 10.020000000");
    }

    TEST_CASE("every rival is named") {
        CHECK(
            describe(decided({offer("a", 1, 1'000'000), offer("b", 1, 500'000), offer("c", 1, 1'000'000)})) ==
            "a 1.000000 best by 0.0 bps over c 1.000000, by 10000.0 bps over b 0.500000");
    }

    TEST_CASE("no quote at all is no route, with everybody's reason") {
        CHECK(describe(decided(
                  {silence("b", Reason::venue_error, "down"), silence("a", Reason::no_route, "no pool")})) ==
              "no route: a: no pool; b: down");
        CHECK(describe(decided({})) == "no venue to ask");
        CHECK(describe(decided({offer("a", 1, 1)})) == "a 0.000001");
    }

    TEST_CASE("an output that its costs eat up is behind by all of it") {
        auto worthless = offer("b", 1, 5);
        worthless.quote->network_cost = Amount(9);
        CHECK(decided({worthless, offer("a", 1, 5)}).answers[1].note == "all of it behind a");
    }
}
