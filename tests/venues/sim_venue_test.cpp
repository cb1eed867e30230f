#include "libexec/venues/sim/sim_venue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "libexec/model/sim_message.hpp"
#include "libexec/venues/sim/sim_prices.hpp"
#include "support/sim_time.hpp"
#include "support/swaps.hpp"

using namespace libexec;
using namespace std::chrono_literals;

namespace {

SimMarketConfig quiet_market(std::uint64_t seed = 1) {
    SimMarketConfig config;
    config.seed = seed;
    config.time_scale_ppm = 0;
    config.failure_rate_ppm = 0;
    return config;
}

Result<Quote> quote_of(test::SimTime& time, Venue& venue, QuoteRequest request) {
    return time.run(venue.quote(std::move(request)));
}

}  // namespace

TEST_SUITE("venues/sim_venue") {
    TEST_CASE("ten SOL are worth about 1500 USDC everywhere, and no two venues agree") {
        test::SimTime time;
        std::map<std::string, Quote> quotes;
        for (const auto& venue : make_sim_venues(quiet_market(), time, time)) {
            const Quote quote = quote_of(time, *venue, test::ask_for("SOL", "USDC", 10'000'000'000)).value();
            CHECK(quote.amount_in == Amount(10'000'000'000));
            CHECK(quote.amount_out > Amount(1'440'000'000));
            CHECK(quote.amount_out < Amount(1'550'000'000));
            CHECK(quote.network_cost == Amount(750));  // 5000 lamports at 150 dollars
            CHECK(quote.latency == 0us);
            CHECK(quote.quoted_at == time.now());
            quotes.emplace(quote.venue, quote);
        }
        REQUIRE(quotes.size() == 3);
        CHECK(quotes.at("raydium").fee.points() == 30);
        CHECK(quotes.at("raydium").venue_fee == Amount(30'000'000));
        CHECK(quotes.at("meteora").fee.points() == 20);
        CHECK(quotes.at("orca").fee.points() == 25);
        CHECK(quotes.at("raydium").amount_out != quotes.at("meteora").amount_out);
        CHECK(quotes.at("orca").amount_out != quotes.at("meteora").amount_out);
        CHECK(time.slept().empty());
    }

    TEST_CASE("the same request gets the same quote, whoever asked before") {
        test::SimTime time;
        const auto venue = make_sim_venues(quiet_market(9), time, time).front();
        std::vector<Amount> forwards;
        std::vector<Amount> backwards;
        for (std::uint64_t key = 0; key < 100; ++key) {
            forwards.push_back(
                quote_of(time, *venue, test::ask_for("SOL", "JUP", 1'000'000, key)).value().amount_out);
        }
        const auto again = make_sim_venues(quiet_market(9), time, time).front();
        for (std::uint64_t key = 100; key-- > 0;) {
            backwards.push_back(
                quote_of(time, *again, test::ask_for("SOL", "JUP", 1'000'000, key)).value().amount_out);
        }
        std::reverse(backwards.begin(), backwards.end());
        CHECK(forwards == backwards);
        CHECK(std::count(forwards.begin(), forwards.end(), forwards.front()) < 5);
        const auto other = make_sim_venues(quiet_market(10), time, time).front();
        CHECK(quote_of(time, *other, test::ask_for("SOL", "JUP", 1'000'000, 0)).value().amount_out !=
              forwards.front());
    }

    TEST_CASE("a price stays in its venue's band, and a retry barely moves it") {
        test::SimTime time;
        const auto profiles = sim_venue_profiles();
        const auto venues = make_sim_venues(quiet_market(2), time, time);
        for (std::size_t i = 0; i < venues.size(); ++i) {
            const std::uint64_t band = profiles[i].band_bps;
            std::uint64_t lowest = UINT64_MAX;
            std::uint64_t highest = 0;
            for (std::uint64_t key = 0; key < 2'000; ++key) {
                // So small that size costs nothing; the fee is given back by the bound. 1 USDC in, 1 USDT
                // base.
                const bool there = key % 2 == 0;
                const auto request =
                    test::ask_for(there ? "USDC" : "USDT", there ? "USDT" : "USDC", 100'000'000, key);
                const Quote quote = quote_of(time, *venues[i], request).value();
                const std::uint64_t before_fee =
                    quote.amount_out.base_units() * 10'000 / (10'000 - quote.fee.points());
                lowest = std::min(lowest, before_fee);
                highest = std::max(highest, before_fee);
                auto retry = request;
                retry.attempt = 2;
                const std::uint64_t second =
                    quote_of(time, *venues[i], retry).value().amount_out.base_units();
                const std::uint64_t first = quote.amount_out.base_units();
                CAPTURE(key);
                REQUIRE((first > second ? first - second : second - first) <= 510'000);  // twice 0.25 %
            }
            CAPTURE(profiles[i].name);
            CHECK(lowest >= 100'000'000 - band * 10'000 - 10'000);
            CHECK(highest <= 100'000'000 + band * 10'000);
            CHECK(lowest < 100'000'000 - band * 9'000);  // and the whole band is used
            CHECK(highest > 100'000'000 + band * 9'000);
        }
    }

    TEST_CASE("size costs") {
        test::SimTime time;
        const auto venue = make_sim_venues(quiet_market(), time, time).front();
        const Quote small = quote_of(time, *venue, test::ask_for("SOL", "USDC", 1'000'000'000)).value();
        const Quote large = quote_of(time, *venue, test::ask_for("SOL", "USDC", 10'000'000'000'000)).value();
        CHECK(small.price_impact_bps <= 1);
        CHECK(large.price_impact_bps > 1'000);
        CHECK(large.amount_out.base_units() < small.amount_out.base_units() * 10'000);
    }

    TEST_CASE("exact output asks for what it takes, or says the pool is too shallow") {
        test::SimTime time;
        const auto venue = make_sim_venues(quiet_market(), time, time).front();
        auto request = test::ask_for("USDC", "SOL", 10'000'000'000);
        request.mode = SwapMode::exact_out;
        const Quote quote = quote_of(time, *venue, request).value();
        CHECK(quote.amount_out == request.amount);
        CHECK(quote.amount_in > Amount(1'450'000'000));
        CHECK(quote.amount_in < Amount(1'560'000'000));
        CHECK(quote.network_cost == Amount(750));
        request.amount = Amount(quote.liquidity.base_units() + 1);
        CHECK(quote_of(time, *venue, request).error().reason == Reason::insufficient_liquidity);
    }

    TEST_CASE("a token nobody knows has a price of its own, and tokens with many decimals are counted too") {
        test::SimTime time;
        const auto venue = make_sim_venues(quiet_market(), time, time).front();
        Token strange;
        strange.symbol = "STRANGE";
        strange.mint = Mint(Mint::Bytes{1, 2, 3});
        strange.decimals = 18;
        CHECK(sim_price_micro_usd(strange) >= 10'000);
        CHECK(sim_price_micro_usd(strange) <= 10'000'000);
        auto request = test::ask_for("USDC", "USDT", 1'000'000);
        request.token_out = strange;
        CHECK(quote_of(time, *venue, request));
        request.token_out = request.token_in;
        CHECK(quote_of(time, *venue, request).error().reason == Reason::no_route);
    }

    TEST_CASE("an answer takes 150 to 250 milliseconds, a tenth of that in a fast world") {
        for (const std::uint32_t scale_ppm : {1'000'000u, 100'000u}) {
            test::SimTime time;
            SimMarketConfig config = quiet_market();
            config.time_scale_ppm = scale_ppm;
            const auto venue = make_sim_venues(config, time, time).front();
            for (std::uint64_t key = 0; key < 50; ++key) {
                const Time asked = time.now();
                const Quote quote =
                    quote_of(time, *venue, test::ask_for("SOL", "USDC", 1'000'000'000, key)).value();
                CHECK(quote.latency == time.now() - asked);
                CHECK(quote.latency >= std::chrono::microseconds(150ms) * scale_ppm / 1'000'000);
                CHECK(quote.latency <= std::chrono::microseconds(250ms) * scale_ppm / 1'000'000);
            }
        }
    }

    TEST_CASE("four tenths of the failure rate are quotes that fail, half of them in silence") {
        test::SimTime time;
        SimMarketConfig config = quiet_market(21);
        config.failure_rate_ppm = 250'000;
        const auto venue = make_sim_venues(config, time, time).front();
        std::map<Reason, int> failures;
        for (std::uint64_t key = 0; key < 10'000; ++key) {
            const auto quote = quote_of(time, *venue, test::ask_for("SOL", "USDC", 1'000'000'000, key));
            if (!quote) ++failures[quote.error().reason];
        }
        REQUIRE(failures.size() == 2);
        CHECK(failures[Reason::venue_error] > 420);
        CHECK(failures[Reason::venue_error] < 580);
        CHECK(failures[Reason::venue_timeout] > 420);
        CHECK(failures[Reason::venue_timeout] < 580);
        CHECK(time.slept().empty());
    }

    TEST_CASE("a silent venue is silent for longer than anyone waits") {
        test::SimTime time;
        SimMarketConfig config = quiet_market(21);
        config.time_scale_ppm = 1'000'000;
        config.failure_rate_ppm = 1'000'000;
        const auto venue = make_sim_venues(config, time, time).front();
        int silences = 0;
        for (std::uint64_t key = 0; key < 100; ++key) {
            const Time asked = time.now();
            const auto quote = quote_of(time, *venue, test::ask_for("SOL", "USDC", 1'000'000'000, key));
            if (quote || quote.error().reason != Reason::venue_timeout) continue;
            ++silences;
            CHECK(time.now() - asked == 30s);
        }
        CHECK(silences > 5);
    }

    TEST_CASE("what a venue builds says the plan, and it builds for its own quotes only") {
        test::SimTime time;
        const auto venues = make_sim_venues(quiet_market(), time, time);
        Anchor anchor;
        anchor.blockhash = "abc";
        anchor.last_valid_height = 5;
        const SwapPlan plan = test::some_plan(3, 1);  // a quote of meteora
        const auto built = time.run(venues[1]->build(plan, anchor)).value();
        const auto read = decode_sim_message(built.message.data(), built.message.size()).value();
        CHECK(read.plan.limit == plan.limit);
        CHECK(read.anchor.last_valid_height == 5);
        CHECK(time.run(venues[0]->build(plan, anchor)).error().reason == Reason::venue_error);
    }

    TEST_CASE("a fault hits as often as it says, by the draw and not by who asked before") {
        test::SimTime time;
        SimFaults faults(time, {"raydium"});
        SimMarketConfig config = quiet_market(5);
        config.faults = &faults;
        config.time_scale_ppm = 1'000'000;
        const auto venue = make_sim_venues(config, time, time).front();
        REQUIRE(venue->name() == "raydium");
        const auto outcomes = [&] {
            std::string text;
            for (std::uint64_t key = 0; key < 400; ++key) {
                QuoteRequest request = test::ask_for("SOL", "USDC", 1'000'000'000);
                request.chance_key = key;
                const Result<Quote> quote = quote_of(time, *venue, request);
                text += quote ? 'q' : quote.error().reason == Reason::venue_error ? 'e' : 't';
            }
            return text;
        };
        CHECK(outcomes() == std::string(400, 'q'));
        SimFault fault;
        fault.target = "raydium";
        fault.mode = SimFaultMode::error;
        fault.rate_ppm = 300'000;
        faults.set(fault);
        const std::string once = outcomes();
        const auto hit = std::count(once.begin(), once.end(), 'e');
        CHECK(hit > 80);
        CHECK(hit < 160);
        CHECK(outcomes() == once);
        // The same draws, whatever goes wrong.
        fault.mode = SimFaultMode::timeout;
        faults.set(fault);
        std::string timed = outcomes();
        std::replace(timed.begin(), timed.end(), 't', 'e');
        CHECK(timed == once);
        faults.clear("raydium");
        CHECK(outcomes() == std::string(400, 'q'));
    }

    TEST_CASE("a slow venue takes three times as long and gives the same quote") {
        test::SimTime time;
        SimFaults faults(time, {"raydium"});
        SimMarketConfig config = quiet_market(5);
        config.faults = &faults;
        config.time_scale_ppm = 1'000'000;
        const auto venue = make_sim_venues(config, time, time).front();
        const Quote usual = quote_of(time, *venue, test::ask_for("SOL", "USDC", 1'000'000'000)).value();
        SimFault fault;
        fault.target = "raydium";
        fault.mode = SimFaultMode::slow;
        faults.set(fault);
        const Quote slow = quote_of(time, *venue, test::ask_for("SOL", "USDC", 1'000'000'000)).value();
        CHECK(slow.latency == usual.latency * 3);
        CHECK(slow.amount_out == usual.amount_out);
    }
}
