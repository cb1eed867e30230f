#include "engine_fixture.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("engine/recovery") {
    TEST_CASE("killed in every status, an order goes on where the store has it") {
        // With a venue that takes 200 ms and a chain that takes 2 s, these moments lie in every stage.
        for (const auto moment : {0ms, 100ms, 200ms, 201ms, 600ms, 1'500ms, 2'500ms}) {
            CAPTURE(moment.count());
            EngineFixture world;
            world.engine->start();
            const OrderId id = world.submit();
            world.time.pass(moment);
            const bool open = !world.row(id).attempts.empty();
            world.restart();
            world.time.pass(30s);
            CHECK(world.status(id) == OrderStatus::confirmed);
            if (open) CHECK(world.signer.signatures == 1);
            check_invariants(world.store, world.chain);
        }
    }

    TEST_CASE("what landed while the engine was down is found, not repeated") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(600ms);
        world.halt();
        world.time.pass(10s);
        CHECK(world.chain.landed_ok(id) == 1);
        world.restart();
        world.time.pass(1s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.signer.signatures == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an intent that was written but never sent is sent again with the same bytes") {
        EngineFixture world;
        const OrderId id = world.submit();
        world.store.trouble = [&](const std::string& what) {
            return what == "intent" ? MemoryStore::Trouble::answer_lost : MemoryStore::Trouble::none;
        };
        world.engine->start();
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.signer.signatures == 1);
        CHECK(world.chain.transactions.size() == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an intent that was lost with its answer was never sent") {
        EngineFixture world;
        const OrderId id = world.submit();
        int losses = 2;
        world.store.trouble = [&](const std::string& what) {
            return what == "intent" && losses-- > 0 ? MemoryStore::Trouble::unknown
                                                    : MemoryStore::Trouble::none;
        };
        world.engine->start();
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.signer.signatures == 3);
        CHECK(world.chain.transactions.size() == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order that is claimed again before its release was answered goes on") {
        EngineFixture world;
        int refusals = 1;
        world.set_venues({{"meteora", [&](const QuoteRequest& asked) {
                               return refusals-- > 0 ? refuses(Reason::venue_error)(asked)
                                                     : quotes(1'500)(asked);
                           }}});
        world.store.before_answer = [&](const Step& step) {
            return world.time.sleep_for(step.job.kind == JobChange::Kind::release ? 5s : 0s);
        };
        const OrderId id = world.submit();
        world.time.pass(60s);
        CHECK(world.path(id) == "pending routing pending routing building submitted confirmed");
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("a store without space stops the orders, and they go on when it has some") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        bool full = true;
        world.store.trouble = [&](const std::string&) {
            return full ? MemoryStore::Trouble::refused : MemoryStore::Trouble::none;
        };
        world.time.pass(20s);
        CHECK(world.chain.transactions.empty());
        full = false;
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an event that could not be written makes the order start over from the store, not double") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        int dropped = 1;
        world.store.trouble = [&](const std::string& what) {
            return what == "later" && dropped-- > 0 ? MemoryStore::Trouble::refused
                                                    : MemoryStore::Trouble::none;
        };
        world.time.pass(30s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        CHECK(world.chain.transactions.size() == 1);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("an order taken over by somebody else is left alone") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(100ms);
        MemoryStore::Row& row = world.store.rows.at(id);
        row.epoch += 1;       // another node's claim
        row.has_job = false;  // and it does not give it back
        world.time.pass(20s);
        CHECK(world.chain.transactions.empty());
        CHECK(world.engine->in_flight() == 0);
    }

    TEST_CASE("an order that comes back while its flight still goes on is flown once") {
        EngineFixture world;
        world.engine->start();
        const OrderId id = world.submit();
        world.time.pass(100ms);
        MemoryStore::Row& row = world.store.rows.at(id);
        row.epoch += 1;  // another node took it over, and gave it back at once
        row.claimed = false;
        row.visible_at = world.time.now();
        const OrderId other = world.submit();  // so that the claim loop looks again
        world.time.pass(1ms);
        CHECK(row.claimed);
        CHECK(row.epoch == 3);
        CHECK(world.engine->in_flight() == 2);
        world.time.pass(20s);
        CHECK(world.status(id) == OrderStatus::confirmed);
        // Its claim, the other node's, the one that was handed out anew, and the one with which the flight
        // went on.
        CHECK(row.epoch == 4);
        CHECK(world.signer.signatures == 3);
        CHECK(world.status(other) == OrderStatus::confirmed);
        CHECK(world.chain.transactions.size() == 2);
        check_invariants(world.store, world.chain);
    }

    TEST_CASE("under random trouble, crashes and chain faults nothing is lost and nothing is doubled") {
        for (std::uint64_t seed = 1; seed <= 150; ++seed) {
            CAPTURE(seed);
            Random chance(seed);
            EngineConfig config;
            config.concurrency = 4;
            config.order_deadline = 40s;
            EngineFixture world(config);
            world.set_venues({{"meteora",
                               [&chance](const QuoteRequest& request) -> Result<Quote> {
                                   if (chance.below(10) == 0) return reject(Reason::venue_error, "moody");
                                   return quotes(1'495 + chance.below(10))(request);
                               }},
                              {"raydium", quotes(1'490)}});
            world.chain.fate = [&chance](const Attempt&) {
                FakeChain::Fate fate;
                const std::uint64_t draw = chance.below(10);
                if (draw < 2) fate.kind = FakeChain::Kind::never;
                if (draw == 2) fate.kind = FakeChain::Kind::lands_err;
                fate.after = std::chrono::milliseconds(200 + chance.below(9'000));
                fate.reply_lost = chance.below(3) == 0;
                return fate;
            };
            world.chain.anchor_works = [&chance] { return chance.below(20) != 0; };
            bool calm = false;
            world.store.trouble = [&](const std::string&) {
                if (calm || chance.below(12) != 0) return MemoryStore::Trouble::none;
                constexpr std::array kinds{MemoryStore::Trouble::refused, MemoryStore::Trouble::answer_lost,
                                           MemoryStore::Trouble::unknown};
                return kinds[chance.below(kinds.size())];
            };
            std::vector<OrderId> acknowledged;
            for (int i = 0; i < 8; ++i) {
                const Result<Submitted> answer = world.try_submit(EngineFixture::request());
                if (answer) acknowledged.push_back(answer.value().order);
                world.time.pass(std::chrono::milliseconds(chance.below(1'500)));
                if (chance.below(4) == 0) world.restart();
                if (chance.below(6) == 0 && !acknowledged.empty()) {
                    const OrderId victim = acknowledged[chance.below(acknowledged.size())];
                    (void)world.time.run(world.engine->cancel(victim));
                }
            }
            calm = true;
            world.time.pass(180s);
            for (const OrderId id : acknowledged) CHECK(world.store.rows.contains(id));
            check_invariants(world.store, world.chain);
        }
    }
}
