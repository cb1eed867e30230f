#include "libexec/bus/local_bus.hpp"
#include <asio/executor_work_guard.hpp>
#include <doctest/doctest.h>
#include <thread>
#include "support/memory_store.hpp"
#include "support/sim_time.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A store that holds one order and a bus beside it; events are written, then told.
class World {
public:
    World() {
        bus.read_history_from(store);
        MemoryStore::Row row;
        row.order.id = id;
        store.rows.emplace(id, row);
    }

    CommittedEvent write(OrderStatus status = OrderStatus::pending) {
        MemoryStore::Row& row = store.rows.at(id);
        OrderEvent event;
        event.order = id;
        event.seq = ++row.order.last_seq;
        event.status = row.order.status = status;
        row.events.push_back(std::make_shared<const OrderEvent>(event));
        return row.events.back();
    }
    void tell(const CommittedEvent& event) { bus.publish({event}); }

    SimTime time;
    UuidGenerator ids{time, 3};
    OrderId id = ids.next();
    LocalBus bus{LocalBusConfig{.backlog_max = 8}};
    MemoryStore store{time, nullptr};
};

std::vector<std::uint32_t> numbers(const EventBatch& batch) {
    std::vector<std::uint32_t> seqs;
    for (const CommittedEvent& event : batch.events) seqs.push_back(event->seq);
    return seqs;
}

EventBatch next(World& world, EventStream& stream) { return world.time.run(stream.next()).value(); }

Task<void> collect(std::shared_ptr<EventStream> stream, std::vector<std::uint32_t>& seen,
                   EventBatch::End& end) {
    while (end == EventBatch::End::none) {
        Result<EventBatch> batch = co_await stream->next();
        if (!batch) co_return;
        for (const CommittedEvent& event : batch.value().events) seen.push_back(event->seq);
        end = batch.value().end;
    }
}

using Seqs = std::vector<std::uint32_t>;

}  // namespace

TEST_SUITE("bus/local_bus") {
    TEST_CASE("a follower gets what was, then what is, without gap or repeat") {
        World world;
        world.write();
        world.write(OrderStatus::routing);
        const auto stream = world.bus.follow(world.id, 0, world.time.io().get_executor());
        const CommittedEvent third = world.write(OrderStatus::building);
        world.tell(third);  // in history and in the mailbox
        CHECK(numbers(next(world, *stream)) == Seqs{1, 2, 3});
        world.tell(third);  // told twice
        world.tell(world.write(OrderStatus::submitted));
        CHECK(numbers(next(world, *stream)) == Seqs{4});
        world.tell(world.write(OrderStatus::confirmed));
        const EventBatch last = next(world, *stream);
        CHECK(numbers(last) == Seqs{5});
        CHECK(last.end == EventBatch::End::finished);
    }

    TEST_CASE("resuming after a number gives exactly the rest") {
        World world;
        for (int i = 0; i < 5; ++i) world.write();
        const auto stream = world.bus.follow(world.id, 3, world.time.io().get_executor());
        CHECK(numbers(next(world, *stream)) == Seqs{4, 5});
    }

    TEST_CASE("a hole in what was told is filled from the store") {
        World world;
        const auto stream = world.bus.follow(world.id, 0, world.time.io().get_executor());
        world.tell(world.write());
        CHECK(numbers(next(world, *stream)) == Seqs{1});
        world.write();  // its telling was lost
        world.tell(world.write());
        CHECK(numbers(next(world, *stream)) == Seqs{2, 3});
    }

    TEST_CASE("whoever has had the last event is told that it is over") {
        World world;
        world.write();
        world.write(OrderStatus::failed);
        const auto stream = world.bus.follow(world.id, 2, world.time.io().get_executor());
        const EventBatch batch = next(world, *stream);
        CHECK(batch.events.empty());
        CHECK(batch.end == EventBatch::End::finished);
    }

    TEST_CASE("a reader that falls too far behind is closed and told where it stood") {
        World world;
        const auto stream = world.bus.follow(world.id, 0, world.time.io().get_executor());
        world.tell(world.write());
        CHECK(numbers(next(world, *stream)) == Seqs{1});
        for (int i = 0; i < 9; ++i) world.tell(world.write());
        const EventBatch batch = next(world, *stream);
        CHECK(batch.end == EventBatch::End::lagged);
        CHECK(batch.last_seq == 1);
        const auto resumed = world.bus.follow(world.id, batch.last_seq, world.time.io().get_executor());
        CHECK(numbers(next(world, *resumed)) == Seqs{2, 3, 4, 5, 6, 7, 8, 9, 10});
    }

    TEST_CASE("closing the bus ends every stream, also those opened later") {
        World world;
        const auto stream = world.bus.follow(world.id, 0, world.time.io().get_executor());
        const auto feed = world.bus.follow_all(world.time.io().get_executor());
        world.bus.close();
        CHECK(next(world, *stream).end == EventBatch::End::closed);
        CHECK(next(world, *feed).end == EventBatch::End::closed);
        CHECK(next(world, *world.bus.follow_all(world.time.io().get_executor())).end ==
              EventBatch::End::closed);
    }

    TEST_CASE("the feed carries the events of every order") {
        World world;
        const auto feed = world.bus.follow_all(world.time.io().get_executor());
        world.tell(world.write());
        OrderEvent other;
        other.order = world.ids.next();
        other.seq = 7;
        world.tell(std::make_shared<const OrderEvent>(other));
        CHECK(numbers(next(world, *feed)) == Seqs{1, 7});
    }

    TEST_CASE("the feed of an account carries its orders alone, and what others do does not make it late") {
        World world;
        const auto feed = world.bus.follow_all(world.time.io().get_executor(), Viewer("acme"));
        const auto nameless = world.bus.follow_all(world.time.io().get_executor(), Viewer(""));
        OrderEvent event;
        event.order = world.ids.next();
        for (std::uint32_t seq = 1; seq <= 60; ++seq) {
            event.seq = seq;
            event.account = seq % 20 == 0 ? "acme" : "zeta";
            world.tell(std::make_shared<const OrderEvent>(event));
        }
        world.tell(world.write());
        const EventBatch batch = next(world, *feed);
        CHECK(numbers(batch) == Seqs{20, 40, 60});
        CHECK(batch.end == EventBatch::End::none);
        CHECK(numbers(next(world, *nameless)) == Seqs{1});
    }

    TEST_CASE("readers on their own threads get every event in order while another thread publishes") {
        World world;
        constexpr std::uint32_t total = 400;
        // The whole history stands in the store before it is told, so that reading it needs no lock here.
        for (std::uint32_t i = 1; i < total; ++i) world.write();
        world.write(OrderStatus::confirmed);

        constexpr int readers = 4;
        std::vector<Seqs> seen(readers);
        std::vector<EventBatch::End> ends(readers, EventBatch::End::none);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < readers; ++i) {
            threads.emplace_back([&, i] {
                asio::io_context io(1);
                const auto stream = world.bus.follow(world.id, 0, io.get_executor());
                spawn(io, collect(stream, seen[i], ends[i]));
                io.run();
            });
        }
        for (const CommittedEvent& event : world.store.rows.at(world.id).events) world.tell(event);
        for (std::thread& thread : threads) thread.join();
        for (std::size_t i = 0; i < readers; ++i) {
            CHECK(ends[i] == EventBatch::End::finished);
            REQUIRE(seen[i].size() == total);
            for (std::uint32_t seq = 1; seq <= total; ++seq) REQUIRE(seen[i][seq - 1] == seq);
        }
    }

    TEST_CASE("a waiting reader on another thread is woken by each event, and by the close") {
        World world;
        world.write();
        asio::io_context io(1);
        Seqs seen;
        EventBatch::End end = EventBatch::End::none;
        const auto stream = world.bus.follow(world.id, 1, io.get_executor());
        const auto feed = world.bus.follow_all(io.get_executor());
        spawn(io, collect(feed, seen, end));
        std::thread reader([&] { io.run(); });
        for (std::uint32_t seq = 1; seq <= 1'000; ++seq) {
            OrderEvent event;
            event.order = world.id;
            event.seq = seq;
            world.tell(std::make_shared<const OrderEvent>(event));
            if (seq % 8 == 0) std::this_thread::sleep_for(100us);  // stay within the backlog
        }
        world.bus.close();
        reader.join();
        // Either every event came, or the reader was told that it lagged: never a silent gap.
        if (end == EventBatch::End::closed)
            CHECK(seen.size() == 1'000);
        else
            CHECK(end == EventBatch::End::lagged);
        for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == i + 1);
    }
}
