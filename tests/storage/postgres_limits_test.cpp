#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "storage/node_place.hpp"
#include "storage/postgres/limit_tables.hpp"
#include "storage/schema_place.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// What a node says: whether there was room; nothing when it cannot tell.
std::optional<bool> take(StoreWorld& node, const std::string& key, std::uint32_t per_minute) {
    const auto answer = await(node.store->shared_limits()->take(key, per_minute));
    return answer ? std::optional(answer.value().allowed) : std::nullopt;
}

std::optional<bool> join(StoreWorld& node, const OrderId& order, const std::string& address,
                         std::uint32_t most) {
    const auto answer = await(node.store->shared_limits()->join(order, address, most));
    return answer ? std::optional(answer.value().allowed) : std::nullopt;
}

int rows_of(const std::string& schema, const std::string& table) {
    PgConnection connection(place_of(schema));
    int rows = -1;
    connection.session << "select count(*) from " + table, soci::into(rows);
    return rows;
}

}  // namespace

TEST_SUITE("storage/postgres_limits") {
    TEST_CASE("a bucket is one at all nodes, and another for another key") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        int allowed = 0;
        for (int i = 0; i < 8; ++i) {
            for (StoreWorld* node : {&alpha, &beta}) allowed += take(*node, "10.0.0.1", 6).value() ? 1 : 0;
        }
        CHECK(allowed >= 6);
        CHECK(allowed <= 7);  // one more if this took longer than the ten seconds until the next token
        const auto refused = await(alpha.store->shared_limits()->take("10.0.0.1", 6)).value();
        CHECK(refused.missing > 40s);
        CHECK(refused.missing <= 60s);
        CHECK(take(beta, "10.0.0.2", 6) == true);
    }

    TEST_CASE("many at once take no more than there is") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        std::atomic<int> allowed = 0;
        std::vector<std::thread> clients;
        for (int client = 0; client < 4; ++client) {
            clients.emplace_back([&, client] {
                StoreWorld& node = client % 2 == 0 ? alpha : beta;
                for (int i = 0; i < 25; ++i) {
                    const std::string key = "key " + std::to_string(i % 3);
                    if (take(node, key, 10).value_or(false)) ++allowed;
                }
            });
        }
        for (std::thread& client : clients) client.join();
        CHECK(allowed >= 30);
        CHECK(allowed <= 36);  // tokens that came back meanwhile, one every six seconds and key
    }

    TEST_CASE("followers of an order are counted at all nodes, by address") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        const OrderId order = alpha.ids.next();
        const OrderId other = alpha.ids.next();
        CHECK(join(alpha, order, "10.0.0.1", 3) == true);
        CHECK(join(beta, order, "10.0.0.1", 3) == true);
        CHECK(join(beta, order, "10.0.0.1", 3) == true);
        CHECK(join(alpha, order, "10.0.0.1", 3) == false);
        CHECK(join(beta, order, "10.0.0.1", 3) == false);
        CHECK(join(alpha, order, "10.0.0.2", 3) == true);
        CHECK(join(alpha, other, "10.0.0.1", 3) == true);

        beta.store->shared_limits()->leave(order, "10.0.0.1");
        CHECK(soon([&] { return join(alpha, order, "10.0.0.1", 3).value_or(false); }));
        CHECK(join(beta, order, "10.0.0.1", 3) == false);
    }

    TEST_CASE("no more get in when they come to both nodes at the same moment") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema));
        StoreWorld beta(node_on(schema));
        for (int round = 0; round < 20; ++round) {
            const OrderId order = alpha.ids.next();
            std::atomic<int> in = 0;
            std::vector<std::thread> clients;
            for (StoreWorld* node : {&alpha, &beta}) {
                clients.emplace_back([&in, node, &order] {
                    for (int i = 0; i < 3; ++i) in += join(*node, order, "10.0.0.1", 3).value() ? 1 : 0;
                });
            }
            for (std::thread& client : clients) client.join();
            CHECK(in == 3);
        }
    }

    TEST_CASE("followers of a node that is gone count no more") {
        const std::string schema = new_schema();
        StoreWorld beta(node_on(schema, 300ms));
        const OrderId order = beta.ids.next();
        {
            StoreWorld stopped(node_on(schema));
            CHECK(join(stopped, order, "10.0.0.1", 1) == true);
            CHECK(join(beta, order, "10.0.0.1", 1) == false);
        }
        CHECK(soon([&] { return join(beta, order, "10.0.0.1", 1).value_or(false); }));
        beta.store->shared_limits()->leave(order, "10.0.0.1");

        StoreWorld killed(node_on(schema));
        CHECK(soon([&] { return join(killed, order, "10.0.0.1", 1).value_or(false); }));
        CHECK(join(beta, order, "10.0.0.1", 1) == false);
        // Its next sign of life is 20 minutes away, but for the one after its start.
        CHECK(soon([&] {
            PostgresServer::shared().run_sql("update " + schema +
                                             ".nodes set seen_at = 0 where id in (select node from " +
                                             schema + ".followers)");
            return join(beta, order, "10.0.0.1", 1) == true;
        }));
    }

    TEST_CASE("tidying removes full buckets and followers of the dead, and nothing else") {
        const std::string schema = new_schema();
        StoreWorld alive(node_on(schema));
        CHECK(take(alive, "empty for a minute", 1) == true);
        CHECK(take(alive, "full again in a millisecond", 60'000) == true);
        const OrderId order = alive.ids.next();
        PgLimitTables dead(place_of(schema), {"dead", "dead", 1h});
        CHECK(dead.hold({order, "10.0.0.1"}, 1, 2));
        PgConnection connection(place_of(schema));
        connection.session << "insert into nodes select 'dead', 'dead', 0, 0, 0, 0, 0, 0, 0, 0, 0";
        CHECK(join(alive, order, "10.0.0.1", 2) == true);
        CHECK(rows_of(schema, "rate_buckets") == 2);
        CHECK(rows_of(schema, "followers") == 2);

        PgLimitTables tables(place_of(schema), {"tidier", "tidier", 1h});
        std::this_thread::sleep_for(5ms);
        tables.tidy();
        CHECK(rows_of(schema, "rate_buckets") == 1);
        CHECK(rows_of(schema, "followers") == 1);
        CHECK(take(alive, "empty for a minute", 1) == false);
        CHECK(join(alive, order, "10.0.0.1", 1) == false);
        tables.tidy();
        CHECK(rows_of(schema, "rate_buckets") == 1);
    }

    TEST_CASE("while the server is away a node is on its own; its followers count again afterwards") {
        const std::string schema = new_schema();
        StoreWorld alpha(node_on(schema, 10s));
        StoreWorld beta(node_on(schema, 10s));
        const OrderId order = alpha.ids.next();
        CHECK(join(alpha, order, "10.0.0.1", 2) == true);
        CHECK(join(beta, order, "10.0.0.1", 2) == true);
        PostgresServer::shared().stop();
        CHECK_FALSE(take(alpha, "10.0.0.1", 5));
        CHECK_FALSE(join(alpha, order, "10.0.0.1", 2));
        beta.store->shared_limits()->leave(order, "10.0.0.1");
        PostgresServer::shared().start_again();
        CHECK(soon([&] { return take(alpha, "10.0.0.1", 600).has_value(); }));
        CHECK(soon([&] { return take(beta, "10.0.0.1", 600).has_value(); }));
        CHECK(join(alpha, order, "10.0.0.1", 2) == true);
        CHECK(join(beta, order, "10.0.0.1", 2) == false);
        // The stores must have found the server again before it is taken away from other tests' stores.
        CHECK(soon([&] { return bool(alpha.store->health()) && bool(beta.store->health()); }));
    }

    TEST_CASE("nobody waits for a server that hangs") {
        const std::string schema = new_schema();
        StoreWorld node(node_on(schema));
        CHECK(take(node, "10.0.0.1", 5) == true);
        PostgresServer::shared().signal(SIGSTOP);
        CHECK_FALSE(take(node, "10.0.0.1", 5));
        PostgresServer::shared().signal(SIGCONT);
        CHECK(soon([&] { return take(node, "10.0.0.1", 5).has_value(); }));
    }
}
