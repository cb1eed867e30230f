#include <doctest/doctest.h>

#include <algorithm>

#include "libexec/chain/sim/sim_journal.hpp"
#include "libexec/embed/everyday.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A world without trouble of its own, whose chain has a slot every 8 ms, or none that waits.
struct FaultyWorld {
    explicit FaultyWorld(std::uint32_t time_scale_ppm) {
        config.database_url = "sqlite:" + dir.file("exec.db");
        config.mock_seed = 7;
        config.mock_time_scale_ppm = time_scale_ppm;
        config.mock_failure_rate_ppm = 0;
        config.mock_journal = dir.file("chain.journal");
        config.retry_base = 0ms;
        config.order_deadline = 400ms;
        config.max_retries = 3;
        service = libexec::open(config);
    }

    void set(const std::string& target, SimFaultMode mode) {
        SimFault fault;
        fault.target = target;
        fault.mode = mode;
        service->faults()->set(fault);
    }
    OrderId submit() {
        return wait(service->submit(sell_order(service->tokens(), "10", "SOL", "USDC").value()))
            .value()
            .order;
    }
    /// All of the order's events; `heed` hears each as it comes.
    template <class Heed>
    std::vector<CommittedEvent> follow(OrderId order, Heed heed) {
        std::vector<CommittedEvent> events;
        OrderEvents stream(*service, order);
        for (const CommittedEvent& event : stream) {
            events.push_back(event);
            heed(*event);
        }
        CHECK(stream.ended());
        return events;
    }
    Order load(OrderId order) { return wait(service->load(order)).value().value().order; }
    std::size_t landed(SimJournalLine::Outcome outcome) {
        std::size_t count = 0;
        read_sim_journal(config.mock_journal,
                         [&](const SimJournalLine& line) { count += line.outcome == outcome ? 1u : 0u; });
        return count;
    }

    TempDir dir;
    Config config;
    std::unique_ptr<Service> service;
};

const auto nothing = [](const OrderEvent&) {};

}  // namespace

TEST_SUITE("embed/faults") {
    TEST_CASE(
        "while the chain loses transactions an order is tried again, and fills once when it loses none") {
        for (const std::uint32_t scale : {0u, 20'000u}) {
            CAPTURE(scale);
            FaultyWorld world(scale);
            world.set("chain", SimFaultMode::drop);
            std::size_t retries = 0;
            const OrderId order = world.submit();
            const auto events = world.follow(order, [&](const OrderEvent& event) {
                if (!std::holds_alternative<RetryData>(event.data)) return;
                ++retries;
                world.service->faults()->clear("chain");
            });
            CHECK(events.back()->status == OrderStatus::confirmed);
            CHECK(retries >= 1);
            world.service.reset();
            CHECK(world.landed(SimJournalLine::Outcome::landed_ok) == 1);
            CHECK(world.landed(SimJournalLine::Outcome::dropped) == retries);
        }
    }

    TEST_CASE("an order whose transactions are all lost ends without a trade") {
        FaultyWorld world(0);
        world.set("chain", SimFaultMode::drop);
        const OrderId order = world.submit();
        const auto events = world.follow(order, nothing);
        CHECK(
            (events.back()->status == OrderStatus::failed || events.back()->status == OrderStatus::expired));
        const Order ended = world.load(order);
        REQUIRE(ended.failure);
        CHECK_FALSE(ended.failure->funds_moved);
        world.service.reset();
        CHECK(world.landed(SimJournalLine::Outcome::landed_ok) == 0);
        CHECK(world.landed(SimJournalLine::Outcome::landed_err) == 0);
        CHECK(world.landed(SimJournalLine::Outcome::dropped) == 3);
    }

    TEST_CASE("on a chain that stands still an order is in doubt, and lands when the chain goes on") {
        for (const std::uint32_t scale : {0u, 20'000u}) {
            CAPTURE(scale);
            FaultyWorld world(scale);
            world.set("chain", SimFaultMode::stall);
            bool doubted = false;
            const OrderId order = world.submit();
            const auto events = world.follow(order, [&](const OrderEvent& event) {
                if (event.kind != EventKind::in_doubt) return;
                doubted = true;
                CHECK(world.landed(SimJournalLine::Outcome::landed_ok) == 0);
                world.service->faults()->clear("chain");
            });
            CHECK(doubted);
            CHECK(events.back()->status == OrderStatus::confirmed);
            world.service.reset();
            CHECK(world.landed(SimJournalLine::Outcome::landed_ok) == 1);
            CHECK(world.landed(SimJournalLine::Outcome::sent) == 1);
        }
    }

    TEST_CASE("an order goes to the venue that answers, and the decision says why not to the others") {
        FaultyWorld world(0);
        world.set("raydium", SimFaultMode::timeout);
        world.set("meteora", SimFaultMode::error);
        const OrderId order = world.submit();
        std::size_t explained = 0;
        const auto events = world.follow(order, [&](const OrderEvent& event) {
            const auto* const quotes = std::get_if<QuotesData>(&event.data);
            if (quotes == nullptr) return;
            for (const VenueAnswer& answer : quotes->decision->answers) {
                if (!answer.silence) continue;
                ++explained;
                CHECK(answer.silence->reason ==
                      (answer.venue == "raydium" ? Reason::venue_timeout : Reason::venue_error));
            }
        });
        CHECK(explained == 2);
        CHECK(events.back()->status == OrderStatus::confirmed);
        CHECK(world.load(order).venue == "orca");
    }

    TEST_CASE("when every venue fails the order fails, and its post-mortem says so") {
        FaultyWorld world(0);
        for (const char* venue : {"raydium", "meteora", "orca"}) world.set(venue, SimFaultMode::error);
        const OrderId order = world.submit();
        world.follow(order, nothing);
        const Order ended = world.load(order);
        CHECK(ended.status == OrderStatus::failed);
        REQUIRE(ended.failure);
        CHECK(ended.failure->code == Reason::venue_error);
        CHECK(ended.failure->detail.find("503") != std::string::npos);
        CHECK_FALSE(ended.failure->funds_moved);
        CHECK(ended.failure->retryable);
        CHECK(world.landed(SimJournalLine::Outcome::sent) == 0);
        // The same request again, when they are well.
        for (const char* venue : {"raydium", "meteora", "orca"}) CHECK(world.service->faults()->clear(venue));
        CHECK(world.follow(world.submit(), nothing).back()->status == OrderStatus::confirmed);
    }

    TEST_CASE("limits change while orders run") {
        FaultyWorld world(0);
        ServiceLimits limits;
        limits.queue_limit = 1;
        world.set("chain", SimFaultMode::stall);
        const OrderId first = world.submit();
        world.service->set_limits(limits);
        const auto order = [&] { return sell_order(world.service->tokens(), "1", "SOL", "USDC").value(); };
        CHECK(wait(world.service->submit(order())).error().reason == Reason::queue_full);
        limits.queue_limit = 10;
        limits.orders_per_minute = 6'000'000;
        world.service->set_limits(limits);
        const auto second = wait(world.service->submit(order()));
        REQUIRE(second);
        world.service->faults()->clear("chain");
        CHECK(world.follow(first, nothing).back()->status == OrderStatus::confirmed);
        CHECK(world.follow(second.value().order, nothing).back()->status == OrderStatus::confirmed);
    }
}
