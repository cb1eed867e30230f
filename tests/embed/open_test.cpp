#include "libexec/embed/open.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "embed/open_world.hpp"
#include "libexec/chain/sim/sim_journal.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

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
