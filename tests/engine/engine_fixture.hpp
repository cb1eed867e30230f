#pragma once

#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <vector>

#include "libexec/engine/engine.hpp"
#include "support/fake_market.hpp"
#include "support/memory_store.hpp"
#include "support/sim_time.hpp"

namespace libexec::test {

/// An engine with everything around it under the test's control. `restart` is what kill -9 and a new start
/// do: memory is gone, the store and the chain live on.
class EngineFixture {
public:
    explicit EngineFixture(EngineConfig given = {}) : config(given) {
        add_venue("meteora", quotes(1'500));
        build();
    }
    ~EngineFixture() { halt(); }

    void add_venue(const std::string& name, FakeVenue::Answer answer) {
        venues.push_back(std::make_shared<FakeVenue>(name, std::move(answer), time));
    }
    void set_venues(std::vector<std::pair<std::string, FakeVenue::Answer>> list) {
        venues.clear();
        for (auto& [name, answer] : list) add_venue(name, std::move(answer));
        restart();
    }

    void restart() {
        halt();
        store.forget_claims();
        build();
        engine->start();
    }

    /// An engine that stands still.
    void build_again() { build(); }

    /// Coroutines of the old engine must not run on: they go with their own io_context's work. Virtual time
    /// has one, so the old engine is drained instead, with the store cut off.
    void halt() {
        if (!engine) return;
        const auto trouble = store.trouble;
        const auto before = store.rows;
        const auto steps = store.steps;
        store.trouble = [](const std::string&) { return MemoryStore::Trouble::refused; };
        time.run(engine->drain());
        time.pass(std::chrono::seconds(3));
        store.trouble = trouble;
        store.rows = before;
        store.steps = steps;
        engine.reset();
    }

    static OrderRequest request() {
        const TokenRegistry tokens = TokenRegistry::with_defaults();
        OrderRequest wanted;
        wanted.token_in = *tokens.find("SOL");
        wanted.token_out = *tokens.find("USDC");
        wanted.amount = Amount(1'000);
        wanted.slippage = Bps::of(100).value();
        wanted.native_in = true;
        return wanted;
    }

    Result<Submitted> try_submit(OrderRequest wanted, SubmitOptions options = {}) {
        return time.run(engine->submit(std::move(wanted), std::move(options)));
    }
    OrderId submit(OrderRequest wanted = request()) {
        const Result<Submitted> answer = try_submit(std::move(wanted));
        REQUIRE(answer);
        return answer.value().order;
    }

    const MemoryStore::Row& row(OrderId order) const { return store.rows.at(order); }
    OrderStatus status(OrderId order) const { return row(order).order.status; }

    /// The statuses an order moved through, by name.
    std::string path(OrderId order) const {
        std::string words;
        for (const CommittedEvent& event : row(order).events) {
            if (event->kind != EventKind::moved) continue;
            if (!words.empty()) words += ' ';
            words += to_string(event->status);
        }
        return words;
    }

    EngineConfig config;
    SimTime time;
    MemoryStore store{time, nullptr};
    FakeChain chain{time};
    FakeSigner signer;
    std::vector<std::shared_ptr<FakeVenue>> venues;
    std::unique_ptr<Router> router;
    UuidGenerator ids{time, 1};
    std::unique_ptr<Log> log = make_silent_log();
    Metrics metrics;
    std::unique_ptr<Engine> engine;

private:
    void build() {
        std::vector<std::shared_ptr<Venue>> all(venues.begin(), venues.end());
        router = std::make_unique<Router>(std::move(all), std::chrono::milliseconds(1'000), time.io(), time,
                                          time, &metrics, log.get());
        EngineParts parts{time.io(), store, *router, chain, signer, time, time, ids, *log, metrics};
        engine = std::make_unique<Engine>(config, parts, 7);
    }
};

/// I1 to I4 for every order of the store, by the chain's own book.
inline void check_invariants(const MemoryStore& store, const FakeChain& chain) {
    for (const auto& [id, row] : store.rows) {
        CAPTURE(id.to_string());
        CHECK(is_terminal(row.order.status));
        CHECK_FALSE(row.has_job);
        std::uint32_t seq = 0;
        int terminal = 0;
        for (const CommittedEvent& event : row.events) {
            CHECK(event->seq == ++seq);
            if (event->ends_order()) ++terminal;
        }
        CHECK(terminal == 1);
        CHECK(row.events.back()->ends_order());
        CHECK(row.order.last_seq == seq);
        const int landed = chain.landed_ok(id);
        CHECK(landed <= 1);
        CHECK((row.order.status == OrderStatus::confirmed) == (landed == 1));
        for (const Attempt& attempt : row.attempts) CHECK(attempt.resolution.has_value());
    }
}

}  // namespace libexec::test
