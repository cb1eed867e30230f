// Venues as an embedded engine shows them: asked, paused, and asked too often.

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>

#include "embed/open_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// Name, kind and state of each venue, by name.
std::string all_venues(const Service& service) {
    std::set<std::string> words;
    for (const VenueStatus& venue : service.venues()) {
        words.insert(venue.name + ":" + venue.kind + ":" + std::string(to_string(venue.state)));
    }
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
}

}  // namespace

TEST_SUITE("embed/quotes") {
    TEST_CASE("a venue that is paused gets no orders until it is resumed, and the metrics say so") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = lucky_world(dir);
        const auto service = libexec::open(config, *log);
        const auto serves = [&](const std::string& state, const std::string& value) {
            return service->metrics().text().find("libexec_venue_breaker_state{venue=\"orca\",state=\"" +
                                                  state + "\"} " + value + "\n") != std::string::npos;
        };
        CHECK(serves("closed", "1"));
        const auto held = await(service->pause_venue("orca", "pool drained"));
        REQUIRE(held);
        CHECK(held.value().state == VenueState::held);
        CHECK(serves("closed", "0"));
        CHECK(serves("held", "1"));
        const RoutingDecision decision = await(service->quote(swap(*service, 1'000'000'000))).value();
        REQUIRE(decision.answers.size() == 3);
        CHECK(decision.answers[2].silence ==
              reject(Reason::breaker_open, "held by an operator: pool drained"));
        CHECK(await(service->pause_venue("orka", "")).error().reason == Reason::not_found);
        CHECK(await(service->resume_venue("orca")).value().state == VenueState::active);
        CHECK(await(service->quote(swap(*service, 1'000'000'000))).value().answers[2].quote);
        CHECK(serves("held", "0"));
        CHECK(serves("open", "0"));
        CHECK(serves("half_open", "0"));
    }

    TEST_CASE("a quote asks every venue, ranks what they say and places nothing") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = lucky_world(dir);
        const auto service = libexec::open(config, *log);
        for (const VenueStatus& venue : service->venues()) CHECK_FALSE(venue.last_quote);
        const auto all = [&] { return all_venues(*service); };
        CHECK(all() == "meteora:simulated:active orca:simulated:active raydium:simulated:active ");

        const RoutingDecision decision =
            await(service->quote(swap(*service, 1'000'000'000, "first"))).value();
        REQUIRE(decision.answers.size() == 3);
        REQUIRE(decision.chosen() != nullptr);
        CHECK(decision.wraps_sol);
        CHECK(decision.answers[0].note == "chosen");
        for (const VenueAnswer& answer : decision.answers) {
            REQUIRE(answer.quote);
            CHECK(net_of_costs(*answer.quote, SwapMode::exact_in) <=
                  net_of_costs(*decision.chosen(), SwapMode::exact_in));
        }
        for (const VenueStatus& venue : service->venues()) {
            REQUIRE(venue.last_quote);
            CHECK_FALSE(venue.last_quote->failure);
        }
        CHECK(await(service->list(OrderFilter())).value().empty());
        CHECK(await(service->queue()).value().waiting == 0);

        // The order with that client id is then offered the same, by the same venues.
        const Story story = run(*service, {swap(*service, 1'000'000'000, "first")}, 1).front();
        for (const CommittedEvent& event : story.events) {
            const auto* quotes = std::get_if<QuotesData>(&event->data);
            if (quotes == nullptr) continue;
            REQUIRE(quotes->decision->chosen() != nullptr);
            CHECK(quotes->decision->chosen()->venue == decision.chosen()->venue);
            CHECK(quotes->decision->chosen()->amount_out == decision.chosen()->amount_out);
        }
    }

    TEST_CASE("only so many quotes are asked for at once, and none while stopping") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = lucky_world(dir);
        config.mock_time_scale_ppm = 1'000'000;  // an answer takes its time
        const auto service = libexec::open(config, *log);
        asio::io_context io(1);
        int answered = 0;
        std::vector<Rejection> refused;
        for (int i = 0; i < 70; ++i) {
            asio::co_spawn(io, service->quote(swap(*service, 1'000'000'000)),
                           [&](std::exception_ptr thrown, Result<RoutingDecision> answer) {
                               CHECK_FALSE(thrown);
                               if (answer) ++answered;
                               if (!answer) refused.push_back(answer.error());
                           });
        }
        io.run();
        CHECK(answered == 64);
        REQUIRE(refused.size() == 6);
        CHECK(refused.front().reason == Reason::queue_full);
        CHECK(await(service->quote(swap(*service, 1'000'000'000))));
        service->stop();
        CHECK(await(service->quote(swap(*service, 1'000'000'000))).error().reason == Reason::draining);
    }
}
