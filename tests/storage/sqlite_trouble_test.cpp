#include <doctest/doctest.h>
#include <sys/mount.h>

#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "storage/faulty_disk.hpp"
#include "storage/sqlite_place.hpp"
#include "support/store_conformance_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;
using Fault = FaultyDisk::Fault;

namespace {

/// Counts the lines by their event.
class CountingLog final : public Log {
public:
    bool enabled(LogLevel) const override { return true; }
    void write(LogLevel, std::string_view event, std::string_view, std::initializer_list<LogField>) override {
        const std::lock_guard lock(mutex_);
        ++lines_[std::string(event)];
    }
    void set_level(LogLevel) override {}
    int count(const std::string& event) const {
        const std::lock_guard lock(mutex_);
        const auto found = lines_.find(event);
        return found == lines_.end() ? 0 : found->second;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, int> lines_;
};

struct Trouble {
    FaultyDisk disk;
    CountingLog* log = nullptr;
    StoreWorld world{place()};

    std::unique_ptr<StorePlace> place() {
        auto made = std::make_unique<SqlitePlace>();
        made->config.probe_interval = 2ms;
        auto counting = std::make_unique<CountingLog>();
        log = counting.get();
        made->log = std::move(counting);
        return made;
    }
    Reason refusal(Acceptance asked) {
        const Result<AcceptAnswer> answer = await(world.store->accept(std::move(asked)));
        REQUIRE(!answer);
        return answer.error().reason;
    }
    bool is_there(const OrderId& order) { return await(world.store->load(order)).value().has_value(); }
    /// Waits until the store says that it works, however slow the machine is.
    bool recovers() {
        for (int i = 0; i < 10'000; ++i) {
            if (world.store->health()) return true;
            std::this_thread::sleep_for(1ms);
        }
        return false;
    }
};

/// A file system of 1 MiB in memory, where the machine permits it.
class SmallDisk {
public:
    SmallDisk() : mounted_(mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=1m") == 0) {}
    ~SmallDisk() {
        if (mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_there() const { return mounted_; }
    std::string file(const std::string& name) const { return directory_.file(name); }

private:
    TemporaryDirectory directory_;
    bool mounted_;
};

Task<void> accept_kind(OrderStore& store, Acceptance asked, std::vector<Result<AcceptAnswer>>& answers) {
    answers.push_back(co_await store.accept(std::move(asked)));
}

void refuses_and_recovers(Fault fault) {
    Trouble trouble;
    StoreWorld& world = trouble.world;
    Claimed claimed = world.claimed();
    const std::size_t heard = world.bus.heard().size();
    trouble.disk.fail(fault);

    std::vector<Acceptance> refused;
    for (int i = 0; i < 5; ++i) {
        refused.push_back(world.acceptance());
        CHECK(trouble.refusal(refused.back()) == Reason::service_unavailable);
    }
    const Result<StepAnswer> step =
        await(world.store->commit(step_to(claimed, OrderStatus::routing, world.clock.now())));
    REQUIRE(!step);
    CHECK(step.error().reason == Reason::service_unavailable);
    REQUIRE(!world.store->health());
    CHECK(world.store->health().error().reason == Reason::service_unavailable);
    // Reading goes on, and finds nothing of what was refused.
    for (const Acceptance& asked : refused) CHECK(!trouble.is_there(asked.order.id));
    CHECK(world.record(claimed.order.id).order == claimed.order);
    CHECK(world.bus.heard().size() == heard);
    CHECK(trouble.log->count("store.trouble") == 1);

    trouble.disk.heal();
    CHECK(trouble.recovers());  // by itself
    CHECK(trouble.log->count("store.recovered") == 1);
    CHECK(trouble.log->count("store.trouble") == 1);
    for (const Acceptance& asked : refused) CHECK(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
    world.move(claimed, OrderStatus::routing);
    world.reopen();
    for (const Acceptance& asked : refused) CHECK(world.record(asked.order.id).order == asked.order);
    CHECK(world.store->live_orders() == 6);
}

}  // namespace

TEST_SUITE("storage/sqlite_trouble") {
    TEST_CASE("a full disk refuses new orders, loses none, and is forgotten once there is space") {
        refuses_and_recovers(Fault::full);
    }

    TEST_CASE("a disk turned read-only refuses new orders until it is writable again") {
        refuses_and_recovers(Fault::read_only);
    }

    TEST_CASE("one write that finds no space does not take the others of its batch with it") {
        Trouble trouble;
        // The batch fails as one, then each of its writes is tried alone, and the first of those fails too.
        trouble.disk.fail(Fault::full, 2);
        std::vector<Result<AcceptAnswer>> answers;
        std::vector<OrderId> asked;
        asio::io_context io(1);
        for (int i = 0; i < 20; ++i) {
            Acceptance one = trouble.world.acceptance();
            asked.push_back(one.order.id);
            spawn(io, accept_kind(*trouble.world.store, std::move(one), answers));
        }
        io.run();
        REQUIRE(answers.size() == 20);
        std::size_t accepted = 0;
        for (const Result<AcceptAnswer>& answer : answers) {
            if (answer) {
                ++accepted;
                CHECK(trouble.is_there(answer.value().order));
            } else {
                CHECK(answer.error().reason == Reason::service_unavailable);
            }
        }
        CHECK(trouble.disk.failures() == 2);
        CHECK(accepted >= 18);
        CHECK(trouble.world.store->live_orders() == accepted);
        CHECK(trouble.recovers());
    }

    TEST_CASE("a commit whose sync failed once is read back and found missing") {
        Trouble trouble;
        const Acceptance asked = trouble.world.acceptance();
        trouble.disk.fail(Fault::sync_lost, 1);
        CHECK(trouble.refusal(asked) == Reason::service_unavailable);
        CHECK(trouble.disk.failures() == 1);
        CHECK(!trouble.is_there(asked.order.id));
        CHECK(trouble.world.bus.heard().empty());
        CHECK(trouble.world.store->health());
        // It stays missing: what reached the log of it was overwritten before anybody was answered.
        trouble.world.reopen();
        CHECK(!trouble.is_there(asked.order.id));
        CHECK(trouble.world.accept(asked).kind == AcceptAnswer::Kind::accepted);
    }

    TEST_CASE("a commit that cannot be read back is never called a success") {
        Trouble trouble;
        StoreWorld& world = trouble.world;
        const Acceptance before = world.acceptance();
        CHECK(world.accept(before).kind == AcceptAnswer::Kind::accepted);
        const Acceptance asked = world.acceptance();
        trouble.disk.fail(Fault::sync_lost);
        CHECK(trouble.refusal(asked) == Reason::outcome_unknown);
        CHECK(!world.store->health());
        CHECK(world.bus.heard().size() == 1);
        trouble.disk.heal();
        CHECK(trouble.recovers());
        // Whatever became of it, asking again under the same id or reading settles it for good.
        const bool landed = trouble.is_there(asked.order.id);
        world.reopen();
        CHECK(trouble.is_there(asked.order.id) == landed);
        CHECK(trouble.is_there(before.order.id));
        CHECK(world.store->live_orders() == (landed ? 2 : 1));
    }

    TEST_CASE("orders whose claim nobody was told of are handed out again when the trouble is over") {
        for (const bool by_name : {false, true}) {
            CAPTURE(by_name);
            Trouble trouble;
            StoreWorld& world = trouble.world;
            const Order order = world.accepted();
            trouble.disk.fail(Fault::sync_lost);
            std::optional<Rejection> refused;
            if (by_name) {
                const Result<std::optional<Claimed>> claimed = await(world.store->claim_order(order.id));
                if (!claimed) refused = claimed.error();
            } else {
                const Result<ClaimBatch> claimed = await(world.store->claim(10));
                if (!claimed) refused = claimed.error();
            }
            REQUIRE(refused);
            CHECK(refused->reason == Reason::outcome_unknown);
            trouble.disk.heal();
            CHECK(trouble.recovers());
            std::size_t handed_out = 0;
            for (int i = 0; i < 1'000 && handed_out == 0; ++i) {
                const Result<ClaimBatch> claimed = await(world.store->claim(10));
                if (claimed) handed_out = claimed.value().orders.size();
                std::this_thread::sleep_for(1ms);
            }
            CHECK(handed_out == 1);
        }
    }

    TEST_CASE(
        "a file system without space refuses, keeps what it acknowledged and goes on when there is space") {
        const SmallDisk disk;
        if (!disk.is_there()) {
            MESSAGE("skipped: this machine does not permit mounting a small file system");
            return;
        }
        const std::string ballast = disk.file("ballast");
        std::ofstream(ballast) << std::string(256 * 1024, 'x');
        auto place = std::make_unique<SqlitePlace>();
        place->config.path = disk.file("orders.db");
        place->config.probe_interval = 2ms;
        StoreWorld world(std::move(place));
        std::vector<Order> acknowledged;
        for (;;) {
            Acceptance asked = world.acceptance();
            asked.order.correlation_id = std::string(20'000, 'c');
            const Order order = asked.order;
            const Result<AcceptAnswer> answer = await(world.store->accept(std::move(asked)));
            if (!answer) {
                CHECK(answer.error().reason == Reason::service_unavailable);
                break;
            }
            acknowledged.push_back(order);
            REQUIRE(acknowledged.size() < 1'000);
        }
        CHECK(!acknowledged.empty());
        CHECK(!world.store->health());
        for (const Order& order : acknowledged) CHECK(world.record(order.id).order == order);

        std::filesystem::remove(ballast);
        for (int i = 0; i < 10'000 && !world.store->health(); ++i) std::this_thread::sleep_for(1ms);
        CHECK(world.store->health());
        acknowledged.push_back(world.accepted());
        world.reopen();
        for (const Order& order : acknowledged) CHECK(world.record(order.id).order == order);
    }
}
