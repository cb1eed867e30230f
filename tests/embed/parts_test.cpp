#include <doctest/doctest.h>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <thread>
#include "libexec/embed/everyday.hpp"
#include "support/memory_store.hpp"
#include "support/own_venue.hpp"
#include "support/sim_time.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

Config fast_world(const TempDir& dir, std::uint64_t seed) {
    Config config;
    config.database_url = "sqlite:" + dir.file("exec.db");
    config.mock_seed = seed;
    config.mock_time_scale_ppm = 0;
    config.mock_failure_rate_ppm = 0;
    return config;
}

std::size_t threads() {
    using Folder = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Folder("/proc/self/task"), Folder()));
}

/// One engine with a log of its own, and what happened to the orders that a thread of its own placed there.
struct World {
    World(std::uint64_t seed, bool with_house) {
        Parts parts;
        parts.log = log.get();
        if (with_house) parts.venues.push_back(std::make_unique<OwnVenue>("house", 9'000'000'000));
        service = libexec::open(fast_world(dir, seed), std::move(parts));
    }

    void trade(int count) {
        for (int i = 0; i < count; ++i) {
            const auto placed =
                wait(service->submit(sell_order(service->tokens(), "1.5", "SOL", "USDC").value()));
            if (!placed) return;
            orders.push_back(placed.value().order);
            for (const CommittedEvent& event : OrderEvents(*service, orders.back())) {
                if (event->order != orders.back()) strangers = true;
                if (const auto* quotes = std::get_if<QuotesData>(&event->data)) {
                    asked += quotes->decision->answers.size();
                }
                if (const auto* done = std::get_if<ConfirmedData>(&event->data))
                    venues.push_back(done->venue);
            }
        }
    }

    TempDir dir;
    std::ostringstream text;
    SystemClock clock;
    std::unique_ptr<Log> log = make_stream_log(text, LogLevel::info, LogFormat::json, clock);
    std::unique_ptr<Service> service;
    std::vector<OrderId> orders;
    std::vector<std::string> venues;  ///< of the confirmed ones
    std::size_t asked = 0;
    bool strangers = false;
};

OrderRequest some_order(const Service& service) {
    return sell_order(service.tokens(), "1.5", "SOL", "USDC").value();
}

}  // namespace

TEST_SUITE("embed/parts") {
    TEST_CASE("two engines at once in one process, one with a venue of its own, share nothing") {
        constexpr int count = 10;
        World plain(1, false);
        World special(2, true);
        asio::io_context io(1);
        const auto feed = plain.service->follow_all(io.get_executor());
        std::thread other([&] { special.trade(count); });
        plain.trade(count);
        other.join();

        for (const World* world : {&plain, &special}) {
            CHECK(world->orders.size() == count);
            CHECK(world->venues.size() == count);  // every one of them confirmed
            CHECK_FALSE(world->strangers);
            const auto listed = wait(world->service->list(OrderFilter()));
            REQUIRE(listed.value().size() == count);
            for (const OrderRecord& record : listed.value()) {
                CHECK(std::count(world->orders.begin(), world->orders.end(), record.order.id) == 1);
                CHECK(record.order.status == OrderStatus::confirmed);
            }
        }
        // Routing asks the new venue and takes it, here and nowhere else.
        CHECK(special.asked == 4 * count);
        CHECK(plain.asked == 3 * count);
        CHECK(std::count(special.venues.begin(), special.venues.end(), "house") == count);
        CHECK(std::count(plain.venues.begin(), plain.venues.end(), "house") == 0);
        CHECK(plain.service->venues().size() == 3);
        REQUIRE(special.service->venues().size() == 4);
        CHECK(special.service->venues().back().name == "house");
        CHECK(special.service->venues().back().kind == "own");
        REQUIRE(special.service->venues().back().last_quote);
        CHECK_FALSE(special.service->venues().back().last_quote->failure);

        // Nor do events, metrics and logs of the one show in the other.
        std::size_t heard = 0;
        while (heard < 6 * count) {
            const EventBatch batch = wait(io, feed->next()).value();
            REQUIRE(batch.end == EventBatch::End::none);
            heard += batch.events.size();
            for (const CommittedEvent& event : batch.events) {
                CHECK(std::count(plain.orders.begin(), plain.orders.end(), event->order) == 1);
            }
        }
        CHECK(heard == 6 * count);
        const std::string house = "libexec_quotes_total{outcome=\"ok\",venue=\"house\"} 10\n";
        CHECK(special.service->metrics().text().find(house) != std::string::npos);
        CHECK(plain.service->metrics().text().find("house") == std::string::npos);
        plain.service->stop();
        special.service->stop();
        for (const OrderId order : plain.orders) {
            CHECK(plain.text.str().find(order.to_string()) != std::string::npos);
            CHECK(special.text.str().find(order.to_string()) == std::string::npos);
        }
        CHECK(plain.text.str().find("house") == std::string::npos);
    }

    TEST_CASE("a store, a clock and timers of the program's own: virtual time on the program's own thread") {
        const std::size_t before = threads();
        const TempDir dir;
        Config config = fast_world(dir, 7);
        config.mock_time_scale_ppm =
            1'000'000;  // quotes take their 150 ms and a transaction its 2 s, in that time
        const auto began = std::chrono::steady_clock::now();
        SimTime time;
        const Time start = time.now();
        MemoryStore* store = nullptr;
        Parts parts;
        parts.clock = &time;
        parts.timers = &time;
        parts.io = &time.io();
        parts.store = [&](Surroundings around) {
            auto own = std::make_unique<MemoryStore>(around.clock, &around.bus);
            store = own.get();
            return own;
        };
        const auto service = libexec::open(config, std::move(parts));
        CHECK(threads() == before);
        const auto placed = time.run(service->submit(some_order(*service)));
        REQUIRE(placed);
        const auto stream = service->follow(placed.value().order, 0, time.io().get_executor());
        std::vector<CommittedEvent> events;
        for (EventBatch batch; batch.end == EventBatch::End::none;) {
            batch = time.run(stream->next()).value();
            events.insert(events.end(), batch.events.begin(), batch.events.end());
        }
        CHECK(threads() == before);
        REQUIRE(events.size() == 6);
        CHECK(events.back()->status == OrderStatus::confirmed);
        CHECK(events.front()->at == start);
        CHECK(events.back()->at - start >= 2s);  // by the program's clock
        CHECK(std::chrono::steady_clock::now() - began < 2s);
        REQUIRE(store->rows.count(placed.value().order) == 1);
        CHECK(store->rows.at(placed.value().order).events.size() == 6);
        CHECK_FALSE(std::filesystem::exists(dir.file("exec.db")));
        service->stop();
        CHECK(service->draining());
    }

    TEST_CASE("the program's own loop runs an engine on SQLite, and stopping leaves nothing undone") {
        const TempDir dir;
        asio::io_context io(1);
        OrderId order;
        {
            Parts parts;
            parts.io = &io;
            const std::size_t before = threads();
            const auto service = libexec::open(fast_world(dir, 3), std::move(parts));
            CHECK(threads() == before + 3);  // the store's writer and its two readers
            const auto placed = wait(io, service->submit(some_order(*service)));
            REQUIRE(placed);
            order = placed.value().order;
            service->stop();
            CHECK(io.stopped());
        }
        const auto again = libexec::open(fast_world(dir, 3));
        OrderEvents events(*again, order);
        OrderStatus last = OrderStatus::pending;
        for (const CommittedEvent& event : events) last = event->status;
        CHECK(events.ended());
        CHECK(last == OrderStatus::confirmed);
    }

    TEST_CASE("an engine has the threads that the manual lists, and takes them along when it goes") {
        const std::size_t before = threads();
        for (int round = 0; round < 2; ++round) {
            const TempDir dir;
            auto service = libexec::open(fast_world(dir, 3));
            CHECK(threads() == before + 5);  // engine, store's writer, two readers, the chain's journal
            service->stop();
            service.reset();
            CHECK(threads() == before);
        }
    }

    TEST_CASE("a chain and a signer of the program's own") {
        // Lands whatever it is shown, at the quoted amounts.
        class OwnChain final : public Chain {
        public:
            Task<Result<Anchor>> anchor() override {
                Anchor anchor;
                anchor.blockhash = "own";
                anchor.last_valid_height = 1'000;
                co_return anchor;
            }
            Task<Result<Done>> send(CommittedIntent intent) override {
                ++*sent;
                CHECK(intent.attempt().signature == "own signature");
                co_return Done{};
            }
            Task<Observation> observe(Attempt attempt) override {
                Landed landed;
                landed.ok = true;
                landed.commitment = Commitment::finalized;
                landed.slot = 77;
                landed.amount_in = attempt.quoted_in;
                landed.amount_out = attempt.quoted_out;
                co_return landed;
            }
            int* sent = nullptr;
        };
        class OwnSigner final : public Signer {
        public:
            Task<Result<SignedTransaction>> sign(UnsignedTransaction transaction, SwapTerms) override {
                SignedTransaction sealed;
                sealed.signature = "own signature";
                sealed.bytes = transaction.message;
                co_return sealed;
            }
        };
        const TempDir dir;
        int sent = 0;
        Parts parts;
        parts.chain = [&](Surroundings) {
            auto chain = std::make_unique<OwnChain>();
            chain->sent = &sent;
            return chain;
        };
        parts.signer = std::make_unique<OwnSigner>();
        parts.simulated_venues = false;
        parts.venues.push_back(std::make_unique<OwnVenue>("only", 5'000'000));
        const auto service = libexec::open(fast_world(dir, 3), std::move(parts));
        const auto placed = wait(service->submit(some_order(*service)));
        REQUIRE(placed);
        CommittedEvent last;
        for (const CommittedEvent& event : OrderEvents(*service, placed.value().order)) last = event;
        REQUIRE(last->status == OrderStatus::confirmed);
        const auto& done = std::get<ConfirmedData>(last->data);
        CHECK(done.venue == "only");
        CHECK(done.slot == 77);
        CHECK(to_text(done.amount_out) == "5.000000");
        CHECK(sent == 1);
    }

    TEST_CASE("parts that do not go together are refused by name, before anything is touched") {
        const TempDir dir;
        const auto refused = [&](Parts parts, const char* why) {
            CHECK_THROWS_WITH_AS(libexec::open(fast_world(dir, 1), std::move(parts)), why,
                                 std::runtime_error);
            CHECK_FALSE(std::filesystem::exists(dir.file("exec.db")));
        };
        SimTime time;
        Parts alone;
        alone.timers = &time;
        refused(std::move(alone), "parts: timers belong to an io_context: set io to the one they wait on");
        Parts twice;
        twice.venues.push_back(std::make_unique<OwnVenue>("orca", 1));
        refused(std::move(twice),
                "parts: two venues are called orca: rename one, or set simulated_venues to false");
        Parts none;
        none.simulated_venues = false;
        refused(std::move(none), "parts: without the simulated venues there must be one in venues");
        Parts null;
        null.venues.emplace_back();
        refused(std::move(null), "parts: a venue is null");
        Parts nothing;
        nothing.store = [](Surroundings) { return std::unique_ptr<OrderStore>(); };
        refused(std::move(nothing), "parts: store gave nothing: it must return a store or throw");
    }
}
