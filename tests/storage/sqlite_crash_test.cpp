#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <vector>

#include "storage/sqlite_place.hpp"
#include "support/store_conformance_world.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// What the child says once it was answered: the order, and the last event it knows to be durable.
struct Word {
    Uuid::Bytes order{};
    std::uint32_t seq = 0;
};

void say(int pipe, const OrderId& order, std::uint32_t seq) {
    Word word;
    word.order = order.bytes();
    word.seq = seq;
    // Below PIPE_BUF: whole or not at all, also when we are killed in the middle.
    if (::write(pipe, &word, sizeof word) != static_cast<ssize_t>(sizeof word)) _exit(3);
}

Task<void> live(OrderStore& store, StoreWorld& world, int pipe) {
    for (;;) {
        Acceptance asked = world.acceptance();
        const OrderId order = asked.order.id;
        const Result<AcceptAnswer> accepted = co_await store.accept(std::move(asked));
        if (!accepted) _exit(4);
        say(pipe, order, 1);
        Result<std::optional<Claimed>> taken = co_await store.claim_order(order);
        Claimed claimed = std::move(taken).value().value();
        Step routing = step_to(claimed, OrderStatus::routing, world.clock.now());
        claimed.order = routing.after;
        store.commit_later(std::move(routing));
        Step end = step_to(claimed, OrderStatus::confirmed, world.clock.now());
        const Result<StepAnswer> ended = co_await store.commit(std::move(end));
        if (!ended || ended.value() != StepAnswer::committed) _exit(5);
        say(pipe, order, 3);
    }
}

/// Works on the database until it is killed.
[[noreturn]] void child(const std::string& path, int pipe) {
    auto place = std::make_unique<SqlitePlace>();
    place->config.path = path;
    StoreWorld world(std::move(place));
    asio::io_context io(1);
    for (int i = 0; i < 16; ++i) {
        asio::co_spawn(io, live(*world.store, world, pipe), [](std::exception_ptr) { _exit(6); });
    }
    io.run();
    _exit(7);
}

std::string integrity_of(const std::string& path) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    std::string verdict;
    const auto keep = [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0];
        return 0;
    };
    CHECK(sqlite3_exec(database, "pragma integrity_check; pragma foreign_key_check", keep, &verdict,
                       nullptr) == SQLITE_OK);
    sqlite3_close(database);
    return verdict;
}

}  // namespace

TEST_SUITE("storage/sqlite_crash") {
    TEST_CASE("a process killed in the middle of its work has lost nothing it acknowledged") {
        Random random(20260101);
        for (int round = 0; round < 6; ++round) {
            CAPTURE(round);
            TemporaryDirectory directory;
            const std::string path = directory.file("orders.db");
            std::array<int, 2> ends{};
            REQUIRE(pipe(ends.data()) == 0);
            const pid_t pid = fork();
            REQUIRE(pid >= 0);
            if (pid == 0) {
                close(ends[0]);
                child(path, ends[1]);
            }
            close(ends[1]);
            std::vector<Word> words;
            const std::size_t last_words = 1 + random.below(400);
            Word word;
            while (read(ends[0], &word, sizeof word) == static_cast<ssize_t>(sizeof word)) {
                words.push_back(word);
                if (words.size() == last_words) kill(pid, SIGKILL);  // what is in the pipe is still read
            }
            close(ends[0]);
            int status = 0;
            REQUIRE(waitpid(pid, &status, 0) == pid);
            REQUIRE(WIFSIGNALED(status));
            CHECK(words.size() >= last_words);

            auto place = std::make_unique<SqlitePlace>();
            place->config.path = path;
            {
                StoreWorld world(std::move(place));
                std::size_t lost = 0;
                for (const Word& said : words) {
                    const std::vector<OrderEvent> events = world.events(OrderId(said.order));
                    if (events.size() < said.seq || !is_whole(events)) ++lost;
                }
                CHECK(lost == 0);
                std::size_t live = 0;
                OrderFilter all;
                all.limit = 1'000'000;
                const auto listed = await(world.store->list(all));
                for (const OrderRecord& record : listed.value()) {
                    const std::vector<OrderEvent> events = world.events(record.order.id);
                    CHECK(events.size() == record.order.last_seq);
                    CHECK(events.back().status == record.order.status);
                    if (!is_terminal(record.order.status)) ++live;
                }
                CHECK(world.store->live_orders() == live);
                CHECK(world.claim(1'000'000).orders.size() == live);
            }
            CHECK(integrity_of(path) == "ok");
        }
    }
}
