#include "libexec/storage/sqlite_store.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <mutex>

#include "storage/sqlite_place.hpp"
#include "support/store_conformance_world.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// The sentence with which opening fails; empty when it does not.
std::string refusal(const std::string& path) {
    SqlitePlace place;
    place.config.path = path;
    HandClock clock;
    RecordingBus bus;
    try {
        place.open(clock, bus);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TEST_SUITE("storage/sqlite_store") {
    TEST_CASE("a store on SQLite keeps every promise about writing") {
        check_store(store_write_laws(), SqlitePlace::make);
    }
    TEST_CASE("a store on SQLite keeps every promise about attempts and ends") {
        check_store(store_attempt_laws(), SqlitePlace::make);
    }
    TEST_CASE("a store on SQLite keeps every promise about reading") {
        check_store(store_read_laws(), SqlitePlace::make);
    }
    TEST_CASE("a store on SQLite keeps its promises among threads") {
        check_store(store_thread_laws(), SqlitePlace::make);
    }
    TEST_CASE("a store on SQLite keeps its promises across restarts") {
        check_store(store_restart_laws(), SqlitePlace::make);
    }

    TEST_CASE("a second process is told who holds the database") {
        TemporaryDirectory directory;
        const std::string path = directory.file("orders.db");
        std::array<int, 2> ready{};
        std::array<int, 2> leave{};
        REQUIRE(pipe(ready.data()) == 0);
        REQUIRE(pipe(leave.data()) == 0);
        const pid_t pid = fork();
        REQUIRE(pid >= 0);
        char byte = 0;
        if (pid == 0) {
            SqlitePlace place;
            place.config.path = path;
            HandClock clock;
            RecordingBus bus;
            auto store = place.open(clock, bus);
            if (write(ready[1], "r", 1) != 1 || read(leave[0], &byte, 1) != 1) _exit(1);
            store.reset();
            _exit(0);
        }
        REQUIRE(read(ready[0], &byte, 1) == 1);
        const std::string sentence = refusal(path);
        CHECK(has(sentence, path));
        CHECK(has(sentence, "process " + std::to_string(pid)));
        REQUIRE(write(leave[1], "l", 1) == 1);
        int status = 0;
        REQUIRE(waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
        CHECK(refusal(path).empty());  // free again
    }

    TEST_CASE("a store does not open twice in one process either") {
        SqlitePlace place;
        HandClock clock;
        RecordingBus bus;
        auto first = place.open(clock, bus);
        CHECK(has(refusal(place.config.path), "in use by process " + std::to_string(getpid())));
    }

    TEST_CASE("a database of a newer program is left alone") {
        TemporaryDirectory directory;
        const std::string path = directory.file("orders.db");
        CHECK(refusal(path).empty());
        run_sql(path, "insert into schema_version values (1000)");
        const std::string sentence = refusal(path);
        CHECK(has(sentence, "1000"));
        CHECK(has(sentence, "newer"));
        run_sql(path, "delete from schema_version where version = 1000");
        CHECK(refusal(path).empty());
    }

    TEST_CASE("a database of the first schema is brought up to date, with the orders in it") {
        auto owned = std::make_unique<SqlitePlace>();
        SqlitePlace& place = *owned;
        const std::string path = place.config.path;
        StoreWorld world(std::move(owned));
        Acceptance asked = world.acceptance();
        const OrderId id = asked.order.id;
        CHECK(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
        world.store.reset();
        // As the first version wrote it.
        run_sql(path, "alter table orders drop column trace_id");
        run_sql(path, "alter table orders drop column retry_of");
        run_sql(path, "drop index orders_by_account");
        run_sql(path, "alter table orders drop column account");
        run_sql(path, "alter table attempts drop column rent_lamports");
        run_sql(path, "alter table attempts drop column rent_returned_lamports");
        run_sql(path, "delete from schema_version where version > 1");

        world.store = place.open(world.clock, world.bus);
        Order expected = asked.order;
        expected.trace_id.clear();
        CHECK(world.record(id).order == expected);
        OrderEvent opened = asked.opened;
        opened.trace_id.clear();
        CHECK(world.events(id) == std::vector{opened});
        // And it goes on from there, with traces and retries.
        asked = world.acceptance();
        asked.order.request.retry_of = id;
        CHECK(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
        CHECK(world.record(asked.order.id).order == asked.order);
        CHECK(world.events(asked.order.id) == std::vector{asked.opened});
        CHECK(world.claim(10).orders.size() == 2);
    }

    TEST_CASE("files that are not ours are refused with a reason and left as they are") {
        TemporaryDirectory directory;
        const std::string text = directory.file("notes.txt");
        std::ofstream(text) << std::string(5'000, 'n');
        CHECK(has(refusal(text), "not a SQLite database"));
        CHECK(content_of(text) == std::string(5'000, 'n'));

        const std::string foreign = directory.file("music.db");
        run_sql(foreign, "create table songs (title text)");
        const std::string before = content_of(foreign);
        CHECK(has(refusal(foreign), "another program"));
        CHECK(content_of(foreign) == before);

        CHECK(has(refusal(directory.file("missing/orders.db")), "No such file or directory"));
        CHECK(has(refusal(directory.path()), directory.path()));
        CHECK(!refusal("").empty());
        CHECK(!refusal(":memory:").empty());
    }

    TEST_CASE("a path may hold blanks and quotes") {
        TemporaryDirectory directory;
        std::filesystem::create_directory(directory.file("my  trading 'desk' = 1"));
        const std::string path = directory.file("my  trading 'desk' = 1/o.db");
        CHECK(refusal(path).empty());
        CHECK(std::filesystem::exists(path));
    }

    TEST_CASE("the database is readable by its owner alone, and whole in one file once closed") {
        auto owned = std::make_unique<SqlitePlace>();
        const std::string path = owned->config.path;
        StoreWorld world(std::move(owned));
        world.accepted();
        for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
            CAPTURE(suffix);
            struct stat file {};
            REQUIRE(stat((path + suffix).c_str(), &file) == 0);
            CHECK((file.st_mode & 0777) == 0600);
        }
        world.store.reset();
        CHECK(!std::filesystem::exists(path + "-wal"));
        CHECK(!std::filesystem::exists(path + "-shm"));
    }

    TEST_CASE("signed bytes are gone from the database once their attempt is closed") {
        auto owned = std::make_unique<SqlitePlace>();
        const std::string path = owned->config.path;
        StoreWorld world(std::move(owned));
        Claimed claimed = world.claimed();
        world.move(claimed, OrderStatus::routing);
        world.move(claimed, OrderStatus::building);
        Step intent = step_to(claimed, OrderStatus::submitted, world.clock.now());
        intent.opens = attempt_of(claimed, 1, world.clock.now());
        CHECK(world.commit(intent) == StepAnswer::committed);
        claimed.order = intent.after;
        Step end = step_to(claimed, OrderStatus::confirmed, world.clock.now());
        end.closes = landed(*intent.opens, world.clock.now());
        CHECK(world.commit(end) == StepAnswer::committed);
        world.store.reset();
        const std::string bytes(intent.opens->signed_bytes.begin(), intent.opens->signed_bytes.end());
        CHECK(!has(content_of(path), bytes));
    }

    TEST_CASE("beyond its queue the store refuses new orders and still takes the steps of running ones") {
        auto owned = std::make_unique<SqlitePlace>();
        owned->config.queue_limit = 8;
        StoreWorld world(std::move(owned));
        Claimed claimed = world.claimed();
        ClosedBus bus(world.bus);
        Step routing = step_to(claimed, OrderStatus::routing, world.clock.now());
        claimed.order = routing.after;
        world.store->commit_later(routing);
        bus.wait_for_writer();  // what comes now has to queue
        for (int i = 0; i < 50; ++i) {
            Step step = step_to(claimed, OrderStatus::routing, world.clock.now());
            step.events.front().kind = EventKind::in_doubt;
            step.events.front().data = NoteData{"waiting"};
            claimed.order = step.after;
            world.store->commit_later(std::move(step));
        }
        const Result<AcceptAnswer> refused = await(world.store->accept(world.acceptance()));
        REQUIRE(!refused);
        CHECK(refused.error().reason == Reason::queue_full);
        bus.open();
        world.move(claimed, OrderStatus::building);
        CHECK(world.events(claimed.order.id).size() == 53);
        CHECK(world.accept(world.acceptance()).kind == AcceptAnswer::Kind::accepted);
    }

    TEST_CASE("closing a store finishes what it was given") {
        auto owned = std::make_unique<SqlitePlace>();
        StoreWorld world(std::move(owned));
        Claimed claimed = world.claimed();
        for (int i = 0; i < 200; ++i) {
            Step step = step_to(claimed, OrderStatus::routing, world.clock.now());
            step.events.front().kind = EventKind::in_doubt;
            step.events.front().data = NoteData{"waiting"};
            claimed.order = step.after;
            world.store->commit_later(std::move(step));
        }
        world.reopen();
        CHECK(world.record(claimed.order.id).order == claimed.order);
        CHECK(world.events(claimed.order.id).size() == 201);
    }

    TEST_CASE("batches of any size give the same result") {
        for (const std::size_t batch_max : {std::size_t{1}, std::size_t{3}}) {
            CAPTURE(batch_max);
            check_store(store_thread_laws(), [batch_max] {
                auto place = std::make_unique<SqlitePlace>();
                place->config.batch_max = batch_max;
                place->config.readers = 1;
                return place;
            });
        }
    }
}
