#include "engine/closed_venues.hpp"

#include <doctest/doctest.h>

using namespace libexec;
using namespace std::chrono_literals;

namespace {

VenueAnswer silent(const char* venue, Reason reason, const char* detail) {
    VenueAnswer answer;
    answer.venue = venue;
    answer.silence = reject(reason, detail);
    return answer;
}

RoutingDecision decision_of(std::vector<VenueAnswer> answers) {
    RoutingDecision decision;
    decision.answers = std::move(answers);
    return decision;
}

/// The pause without its jitter, which is below 250 ms; every draw of 100 is looked at.
void check_pause(const ClosedVenues& venues, std::chrono::milliseconds expected) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random jitter(seed);
        const auto pause = pause_of(venues, jitter);
        CHECK(pause >= expected);
        CHECK(pause < expected + 250ms);
    }
}

}  // namespace

TEST_SUITE("engine/closed_venues") {
    TEST_CASE("of several silences the greatest trouble counts, and every venue's words are kept") {
        const Rejection asked = no_offer(decision_of({silent("a", Reason::breaker_open, "left out"),
                                                      silent("b", Reason::venue_timeout, "no answer"),
                                                      silent("c", Reason::venue_busy, "full")}));
        CHECK(asked.reason == Reason::venue_timeout);
        CHECK(asked.detail == "a: left out; b: no answer; c: full");
        const Rejection full = no_offer(decision_of(
            {silent("a", Reason::breaker_open, "left out"), silent("c", Reason::venue_busy, "full")}));
        CHECK(full.reason == Reason::venue_busy);
    }

    TEST_CASE("only a market of which every venue was asked and said no is final") {
        const VenueAnswer no_route = silent("a", Reason::no_route, "no pool");
        const VenueAnswer shallow = silent("b", Reason::insufficient_liquidity, "too little");
        CHECK(no_offer(decision_of({no_route, shallow})).reason == Reason::insufficient_liquidity);
        CHECK(no_offer(decision_of({shallow, no_route})).reason == Reason::insufficient_liquidity);
        CHECK(no_offer(decision_of({no_route, silent("c", Reason::breaker_open, "left out")})).reason ==
              Reason::breaker_open);
        const Rejection none = no_offer(decision_of({}));
        CHECK(none.reason == Reason::no_route);
        CHECK(none.detail == "no venue is configured");
    }

    TEST_CASE("a limit that nobody meets is final unless a venue was left out") {
        const TokenAmount limit{Amount(1'500'000), 6};
        const Rejection met_by_none = beyond_limit(decision_of({}), limit);
        CHECK(met_by_none.reason == Reason::slippage_exceeded);
        CHECK(met_by_none.detail.find("1.5") != std::string::npos);
        const Rejection missing =
            beyond_limit(decision_of({silent("a", Reason::venue_timeout, "no answer"),
                                      silent("b", Reason::breaker_open, "left out: it failed")}),
                         limit);
        CHECK(missing.reason == Reason::breaker_open);
        CHECK(missing.detail.find("b: left out: it failed") != std::string::npos);
        CHECK(missing.detail.find("no answer") == std::string::npos);
    }

    TEST_CASE("an order waits for the moment a venue is tried again, within a quarter of a second and five") {
        ClosedVenues venues;
        venues.left = 60s;
        venues.delay_first = 500ms;
        venues.next_probe = 1'200ms;
        check_pause(venues, 1'200ms);
        venues.next_probe = 1us;
        check_pause(venues, 250ms);
        venues.next_probe = 40s;
        check_pause(venues, 5s);
    }

    TEST_CASE("without a known moment it asks more and more rarely") {
        ClosedVenues venues;
        venues.left = 60s;
        venues.delay_first = 500ms;
        check_pause(venues, 500ms);
        venues.age = 8s;
        check_pause(venues, 2s);
        venues.age = 50s;
        check_pause(venues, 5s);
        // The venue that was chosen has shut since: another may take the order at once.
        venues.was_chosen = true;
        check_pause(venues, 250ms);
    }

    TEST_CASE("the last look comes half a second before the deadline, and never at once") {
        ClosedVenues venues;
        venues.next_probe = 4s;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            Random jitter(seed);
            venues.left = 3s;
            CHECK(pause_of(venues, jitter) == 2'500ms);
            venues.left = 100ms;
            CHECK(pause_of(venues, jitter) == 250ms);
            venues.left = -10s;
            CHECK(pause_of(venues, jitter) == 250ms);
        }
    }
}
