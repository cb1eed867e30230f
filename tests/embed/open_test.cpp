#include "libexec/embed/open.hpp"
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>
#include "libexec/chain/sim/sim_journal.hpp"
#include "support/spawn.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

Config unlucky_world(const TempDir& dir) {
    Config config;
    config.database_url = "sqlite:" + dir.file("exec.db");
    config.mock_seed = 42;
    config.mock_time_scale_ppm = 0;
    config.retry_base = 0ms;
    return config;
}

/// The same, where nothing fails by bad luck.
Config lucky_world(const TempDir& dir) {
    Config config = unlucky_world(dir);
    config.mock_failure_rate_ppm = 0;
    return config;
}

OrderRequest swap(const Service& service, std::uint64_t lamports, std::string client_order_id = {}) {
    OrderRequest request;
    request.token_in = *service.tokens().find("SOL");
    request.token_out = *service.tokens().find("USDC");
    request.native_in = true;
    request.amount = Amount(lamports);
    request.slippage = Bps::of(100).value();
    request.client_order_id = std::move(client_order_id);
    return request;
}

/// What a follower saw of one order.
struct Story {
    OrderId id;
    std::vector<CommittedEvent> events;
    EventBatch::End end = EventBatch::End::none;
    std::string trouble;
};

Task<void> submit_and_follow(Service& service, OrderRequest request, Story& story, Executor reader) {
    SubmitOptions options;
    Result<Submitted> submitted = co_await service.submit(std::move(request), std::move(options));
    if (!submitted) {
        story.trouble = submitted.error().detail;
        co_return;
    }
    story.id = submitted.value().order;
    const std::shared_ptr<EventStream> stream = service.follow(story.id, 0, reader);
    while (story.end == EventBatch::End::none) {
        Result<EventBatch> batch = co_await stream->next();
        if (!batch) {
            story.trouble = batch.error().detail;
            co_return;
        }
        story.events.insert(story.events.end(), batch.value().events.begin(), batch.value().events.end());
        story.end = batch.value().end;
    }
}

std::vector<Story> run(Service& service, const std::vector<OrderRequest>& requests, std::size_t at_once) {
    std::vector<Story> stories(requests.size());
    for (std::size_t from = 0; from < requests.size(); from += at_once) {
        asio::io_context io(1);
        for (std::size_t i = from; i < std::min(requests.size(), from + at_once); ++i) {
            spawn(io, submit_and_follow(service, requests[i], stories[i], io.get_executor()));
        }
        io.run();
    }
    return stories;
}

/// Everything about an order that may not depend on when it ran.
std::string outcome_of(const Story& story) {
    std::string text;
    for (const CommittedEvent& event : story.events) {
        text += std::string(to_string(event->kind)) + ":" + std::string(to_string(event->status)) + "#" +
                std::to_string(event->attempt);
        if (const auto* quotes = std::get_if<QuotesData>(&event->data)) {
            for (const VenueAnswer& answer : quotes->decision->answers) {
                text += "," + answer.venue + "=";
                text += answer.quote ? answer.quote->amount_out.to_string()
                                     : std::string(to_string(answer.silence->reason));
            }
        } else if (const auto* done = std::get_if<ConfirmedData>(&event->data)) {
            text += "," + to_text(done->amount_out) + "@" + done->venue;
        } else if (const auto* failed = std::get_if<FailedData>(&event->data)) {
            text += "," + std::string(to_string(failed->failure.code));
        } else if (const auto* retry = std::get_if<RetryData>(&event->data)) {
            text += "," + std::string(to_string(retry->reason));
        }
        text += ";";
    }
    return text;
}

template <class T>
T await(asio::io_context& io, Task<T> task) {
    std::optional<T> answer;
    spawn(io, keep_answer(std::move(task), answer));
    io.restart();
    io.run();
    REQUIRE(answer);
    return std::move(*answer);
}

template <class T>
T await(Task<T> task) {
    asio::io_context io(1);
    return await(io, std::move(task));
}

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

/// A Solana cluster that is never asked: something else is wrong before.
Config unreached_cluster(const TempDir& dir) {
    Config config = unlucky_world(dir);
    config.chain = "solana";
    config.solana.rpc_urls = "http://127.0.0.1:1";
    config.solana.keypair_file = dir.file("no.json");
    return config;
}

}  // namespace

TEST_SUITE("embed/open") {
    TEST_CASE("a linked engine executes an order and tells its story in order") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = lucky_world(dir);
        const auto service = libexec::open(config, *log);
        const Story story = run(*service, {swap(*service, 1'000'000'000)}, 1).front();
        CHECK(story.trouble == "");
        CHECK(story.end == EventBatch::End::finished);
        REQUIRE(story.events.size() == 6);
        for (std::size_t i = 0; i < story.events.size(); ++i) CHECK(story.events[i]->seq == i + 1);
        CHECK(story.events.back()->status == OrderStatus::confirmed);
        service->stop();
    }

    TEST_CASE("the same seed and orders give the same decisions and outcomes, one at a time or fifty") {
        std::vector<std::vector<std::string>> outcomes;
        for (const std::size_t at_once : {std::size_t{1}, std::size_t{50}, std::size_t{50}}) {
            const TempDir dir;
            const auto log = make_silent_log();
            Config config = unlucky_world(dir);
            config.queue_concurrency = at_once;
            config.mock_failure_rate_ppm = 300'000;
            const auto service = libexec::open(config, *log);
            std::vector<OrderRequest> requests;
            for (int i = 0; i < 100; ++i) {
                requests.push_back(swap(*service, 1'000'000 + static_cast<std::uint64_t>(i) * 7'777'777,
                                        "order-" + std::to_string(i)));
            }
            std::vector<std::string> run_outcomes;
            for (const Story& story : run(*service, requests, at_once)) {
                REQUIRE(story.end == EventBatch::End::finished);
                run_outcomes.push_back(outcome_of(story));
            }
            outcomes.push_back(std::move(run_outcomes));
        }
        CHECK(outcomes[0] == outcomes[1]);
        CHECK(outcomes[1] == outcomes[2]);
        // Not all alike: the draw really decides.
        CHECK(std::set<std::string>(outcomes[0].begin(), outcomes[0].end()).size() > 90);
        CHECK(std::count_if(outcomes[0].begin(), outcomes[0].end(), [](const std::string& text) {
                  return text.find("#2") != std::string::npos;
              }) > 5);
    }

    TEST_CASE("the chain's journal agrees with every order's end") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unlucky_world(dir);
        config.mock_failure_rate_ppm = 300'000;
        config.queue_concurrency = 50;
        std::map<OrderId, OrderStatus> ends;
        {
            const auto service = libexec::open(config, *log);
            std::vector<OrderRequest> requests(200, swap(*service, 2'000'000'000));
            for (const Story& story : run(*service, requests, 50))
                ends[story.id] = story.events.back()->status;
        }
        std::map<OrderId, int> landed;
        read_sim_journal(dir.file("chain.journal"), [&](const SimJournalLine& line) {
            if (line.outcome == SimJournalLine::Outcome::landed_ok) ++landed[line.order];
        });
        CHECK(ends.size() == 200);
        for (const auto& [id, status] : ends) {
            CAPTURE(id.to_string());
            CHECK(landed[id] == (status == OrderStatus::confirmed ? 1 : 0));
        }
    }

    TEST_CASE("two engines live in one process and know nothing of each other") {
        const TempDir first_dir;
        const TempDir second_dir;
        const auto log = make_silent_log();
        const auto first = libexec::open(unlucky_world(first_dir), *log);
        const auto second = libexec::open(unlucky_world(second_dir), *log);
        const Story story = run(*first, {swap(*first, 1'000'000'000)}, 1).front();
        CHECK(story.end == EventBatch::End::finished);
        asio::io_context io(1);
        asio::co_spawn(io, second->load(story.id), [](std::exception_ptr thrown, auto record) {
            CHECK_FALSE(thrown);
            CHECK_FALSE(record.value());
        });
        io.run();
    }

    TEST_CASE("an order stopped in flight goes on when the engine is opened again") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = lucky_world(dir);
        config.mock_time_scale_ppm = 100'000;
        OrderId id;
        {
            const auto service = libexec::open(config, *log);
            asio::io_context io(1);
            SubmitOptions options;
            asio::co_spawn(io, service->submit(swap(*service, 1'000'000'000), options),
                           [&](std::exception_ptr, auto answer) { id = answer.value().order; });
            io.run();
            service->stop();
        }
        const auto service = libexec::open(config, *log);
        asio::io_context io(1);
        const auto stream = service->follow(id, 0, io.get_executor());
        std::vector<CommittedEvent> events;
        EventBatch::End end = EventBatch::End::none;
        while (end == EventBatch::End::none) {
            asio::co_spawn(io, stream->next(), [&](std::exception_ptr, auto batch) {
                REQUIRE(batch);
                events.insert(events.end(), batch.value().events.begin(), batch.value().events.end());
                end = batch.value().end;
            });
            io.restart();
            io.run();
        }
        CHECK(events.back()->status == OrderStatus::confirmed);
        for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i]->seq == i + 1);
    }

    TEST_CASE("a value that breaks its rule is named before anything is touched") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unlucky_world(dir);
        config.max_retries = 0;
        CHECK_THROWS_WITH_AS(
            libexec::open(config, *log),
            "configuration: max_retries counts attempts, the first included, and must be 1..100, got 0",
            std::runtime_error);
        CHECK_FALSE(std::filesystem::exists(dir.file("exec.db")));
        config = unlucky_world(dir);
        config.database_url = "mysql://x";
        CHECK_THROWS_AS(libexec::open(config, *log), std::runtime_error);
        config = unlucky_world(dir);
        config.tokens_file = dir.file("absent");
        CHECK_THROWS_AS(libexec::open(config, *log), std::runtime_error);
    }

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

    TEST_CASE("who follows everything hears of every order from then on, in order") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = lucky_world(dir);
        const auto service = libexec::open(config, *log);
        const Story before = run(*service, {swap(*service, 1'000'000'000)}, 1).front();
        asio::io_context io(1);
        const auto everything = service->follow_all(io.get_executor());
        const std::vector<Story> stories =
            run(*service, std::vector<OrderRequest>(5, swap(*service, 2'000'000'000)), 5);
        std::map<OrderId, std::vector<CommittedEvent>> heard;
        std::size_t count = 0;
        while (count < 30) {
            const EventBatch batch = await(io, everything->next()).value();
            REQUIRE(batch.end == EventBatch::End::none);
            for (const CommittedEvent& event : batch.events) heard[event->order].push_back(event);
            count += batch.events.size();
        }
        CHECK(heard.count(before.id) == 0);
        for (const Story& story : stories) {
            REQUIRE(heard[story.id].size() == story.events.size());
            for (std::size_t i = 0; i < story.events.size(); ++i) {
                CHECK(*heard[story.id][i] == *story.events[i]);
            }
        }
        service->stop();
        CHECK(await(io, everything->next()).value().end == EventBatch::End::closed);
    }

    TEST_CASE("a second engine on the same file is refused") {
        const TempDir dir;
        const auto log = make_silent_log();
        const auto service = libexec::open(unlucky_world(dir), *log);
        CHECK_THROWS_AS(libexec::open(unlucky_world(dir), *log), std::runtime_error);
    }

    TEST_CASE("a tip that no block engine looks at is refused") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unreached_cluster(dir);
        config.solana.pools_file = dir.file("pools");
        config.solana.jito_url = "https://block-engine.example";
        config.solana.jito_tip_lamports = 999;
        CHECK_THROWS_WITH(libexec::open(config, *log),
                          "configuration: jito_tip_lamports must be at least 1000, or no block engine looks "
                          "at the bundle");
    }

    TEST_CASE("pairs whose pools are to be found are two known tokens each, once, and a cluster's") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unreached_cluster(dir);
        const auto refuses = [&](const std::string& pairs, const std::string& words) {
            config.solana.discover_pairs = pairs;
            CHECK_THROWS_WITH(libexec::open(config, *log), ("configuration: " + words).c_str());
        };
        refuses("", "chain solana needs a pools_file or discover_pairs, or there is nothing to trade in");
        const std::string no_pair =
            " is no pair: write two tokens such as SOL/USDC, with commas between pairs";
        for (const std::string& text : std::vector<std::string>{"SOL", "SOL/", "/SOL", "SOL/USDC/USDT", "/"})
            refuses(text, "discover_pairs: '" + text + "'" + no_pair);
        refuses("SOL/USDC,", "discover_pairs: ''" + no_pair);
        refuses("SOL/NONSENSE",
                "discover_pairs: 'NONSENSE' is no token known here: write its symbol as it is spelled in the "
                "list of tokens, or add it to tokens_file");
        refuses("SOL/So11111111111111111111111111111111111111112",
                "discover_pairs: SOL/So11111111111111111111111111111111111111112 is one token twice");
        refuses("SOL/USDC, USDC/SOL", "discover_pairs: USDC/SOL stands there already: remove one");
        std::string many = "SOL/USDC";
        for (int i = 0; i < 16; ++i) many += ",SOL/USDT";
        refuses(many, "discover_pairs: at most 16 pairs are searched, and there are 17");
        config.solana.discover_interval = std::chrono::milliseconds(29'999);
        refuses("SOL/USDC", "discover_interval must be 30 s..24 h");
    }

    TEST_CASE(
        "a chain in a process of its own need not be there: orders are accepted, and a stop finds them "
        "safe") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unlucky_world(dir);
        config.chain = "sim://127.0.0.1:1";
        const auto began = std::chrono::steady_clock::now();
        OrderId order;
        {
            const auto service = libexec::open(config, *log);
            CHECK(service->health());
            CHECK(service->chain_health().error().reason == Reason::service_unavailable);
            const auto& targets = service->faults()->targets();
            CHECK(std::find(targets.begin(), targets.end(), SimFaults::chain) == targets.end());
            SubmitOptions options;
            const Result<Submitted> submitted =
                await(service->submit(swap(*service, 1'000'000'000), std::move(options)));
            REQUIRE(submitted);
            order = submitted.value().order;
            service->stop();
        }
        CHECK(std::chrono::steady_clock::now() - began < 8s);  // an anchor waits three seconds for a link
        CHECK_FALSE(std::filesystem::exists(dir.file("chain.journal")));
        config.chain = "sim";
        const auto service = libexec::open(config, *log);
        CHECK(service->chain_health());
        REQUIRE(await(service->load(order)).value());
        config.solana.discover_pairs = "SOL/USDC";
        CHECK_THROWS_WITH(libexec::open(config, *log),
                          "configuration: discover_pairs are looked for on a Solana cluster: set chain to "
                          "solana, or leave them out");
        config.solana.discover_pairs.clear();
        config.chain = "sim://127.0.0.1";
        config.database_url = "sqlite:" + dir.file("other.db");
        CHECK_THROWS_WITH(libexec::open(config, *log),
                          "configuration: chain must be sim, sim://HOST:PORT or solana");
    }
}
