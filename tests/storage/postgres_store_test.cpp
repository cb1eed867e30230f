#include "libexec/storage/postgres_store.hpp"

#include <asio/detached.hpp>
#include <doctest/doctest.h>

#include "storage/postgres_place.hpp"
#include "support/store_conformance_world.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// The sentence with which opening fails; empty when it does not.
std::string refusal(const PostgresStoreConfig& config) {
    HandClock clock;
    RecordingBus bus;
    const std::unique_ptr<Log> log = make_silent_log();
    try {
        open_postgres_store(config, clock, bus, *log);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("storage/postgres_store") {
    TEST_CASE("a store on PostgreSQL keeps every promise about writing") {
        check_store(store_write_laws(), PostgresPlace::make);
    }
    TEST_CASE("a store on PostgreSQL keeps every promise about attempts and ends") {
        check_store(store_attempt_laws(), PostgresPlace::make);
    }
    TEST_CASE("a store on PostgreSQL keeps every promise about reading") {
        check_store(store_read_laws(), PostgresPlace::make);
    }
    TEST_CASE("a store on PostgreSQL keeps its promises among threads") {
        check_store(store_thread_laws(), PostgresPlace::make);
    }
    TEST_CASE("a store on PostgreSQL keeps its promises across restarts") {
        check_store(store_restart_laws(), PostgresPlace::make);
    }

    TEST_CASE("a value the server cannot hold costs its own order and nobody else") {
        StoreWorld world(PostgresPlace::make());
        Claimed claimed = world.claimed();
        ClosedBus bus(world.bus);
        world.store->commit_later(step_to(claimed, OrderStatus::routing, world.clock.now()));
        bus.wait_for_writer();  // what comes now is one batch

        asio::io_context io(1);
        std::vector<std::optional<Result<AcceptAnswer>>> answers(3);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            Acceptance acceptance = world.acceptance();
            if (i == 1) acceptance.order.request.client_id = "\xff\xfe";
            spawn(io, keep_answer(world.store->accept(std::move(acceptance)), answers[i]));
        }
        io.poll();  // all three are in the queue
        CHECK_FALSE(answers[0]);
        bus.open();
        io.run();
        CHECK(answers[0].value().value().kind == AcceptAnswer::Kind::accepted);
        CHECK_FALSE(answers[1].value());
        CHECK(answers[2].value().value().kind == AcceptAnswer::Kind::accepted);
        CHECK(world.store->health());
        CHECK(await(world.store->list({})).value().size() == 3);
    }

    TEST_CASE("a database of an earlier schema is brought up to date, with the attempts in it") {
        auto owned = std::make_unique<PostgresPlace>();
        PostgresPlace& place = *owned;
        StoreWorld world(std::move(owned));
        Claimed claimed = world.claimed();
        const Attempt attempt = world.submit(claimed);
        world.store.reset();
        // As the third version wrote it.
        PostgresServer& server = PostgresServer::shared();
        const std::string schema = place.config.schema;
        server.run_sql("alter table " + schema + ".attempts drop column rent_lamports");
        server.run_sql("alter table " + schema + ".attempts drop column rent_returned_lamports");
        server.run_sql("delete from " + schema + ".schema_version where version > 3");

        world.store = place.open(world.clock, world.bus);
        const std::vector<Attempt> seen = world.record(claimed.order.id).attempts;
        REQUIRE(seen.size() == 1);
        CHECK(seen[0].signature == attempt.signature);
        CHECK(!seen[0].rent);
    }

    TEST_CASE("what cannot be opened says why, and never the password") {
        PostgresPlace place;
        PostgresStoreConfig config = place.config;
        config.url = "postgres://somebody:s3cr3t@127.0.0.1:1/orders";
        CHECK(has(refusal(config), "127.0.0.1"));
        CHECK_FALSE(has(refusal(config), "s3cr3t"));
        config.url = "postgres://somebody:s3cr3t@[::1/orders";
        CHECK(has(refusal(config), "URL"));
        CHECK_FALSE(has(refusal(config), "s3cr3t"));

        config = place.config;
        config.schema = "orders; drop";
        CHECK(has(refusal(config), "orders; drop"));
        config = place.config;
        config.node = "a|b";
        CHECK(has(refusal(config), "a|b"));
        config.node = std::string(61, 'n');
        CHECK(has(refusal(config), "60"));
        config = place.config;
        config.lease = std::chrono::milliseconds(1);
        CHECK(has(refusal(config), "lease"));
        config = place.config;
        config.url += "&options=-csynchronous_commit%3Doff";
        CHECK(has(refusal(config), "synchronous_commit"));
        config = place.config;
        config.url += "&options=-cdefault_transaction_read_only%3Don";
        CHECK(has(refusal(config), "read-only"));
    }
}
