#include "libexec/venues/solana/pool_discovery.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libexec/venues/solana/pool_venue.hpp"
#include "solana_market.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A market of SOL and USDC whose pools are looked for.
struct Searched : SolanaMarket {
    explicit Searched(std::vector<PublicKey> listed = {}) : pools(book(std::move(listed))) {
        const PoolSearchPlan plan({pair});
        discovery = std::make_shared<PoolDiscovery>(plan, chain, pools, time, time, log.get());
        venue = make_pool_venue(family(), pools, parts());
    }
    ~Searched() { discovery->stop(); }

    static const PoolFamily& family() { return *pool_families().front(); }  // Raydium CPMM
    PublicKey put(std::uint64_t number, std::uint64_t held) {
        const SyntheticCpmm pool = cpmm(number, token("SOL"), held, token("USDC"), held / 10);
        chain.add(pool.encode());
        return pool.address;
    }
    void search() { time.run(PoolDiscovery::search_due(discovery)); }
    void search_again() {
        time.pass(601s);
        search();
    }
    std::set<PublicKey> found() {
        const auto addresses = pools.found(family(), pair);
        return {addresses.begin(), addresses.end()};
    }
    QuoteRequest request() const { return ask_for("SOL", "USDC", 1'000'000); }

    const MintPair pair{PublicKey(token("SOL").mint), PublicKey(token("USDC").mint)};
    PoolBook& pools;
    std::shared_ptr<PoolDiscovery> discovery;
    std::shared_ptr<Venue> venue;
};

}  // namespace

TEST_SUITE("venues/pool_discovery") {
    TEST_CASE_FIXTURE(Searched, "the best of what a search names are traded in, without a list of pools") {
        std::set<PublicKey> best;
        for (std::uint64_t i = 1; i <= 9; ++i) {
            const PublicKey pool = put(i, i * sol * 100);
            if (i > 5) best.insert(pool);
        }
        CHECK_FALSE(venue->not_yet(request()).empty());
        search();
        CHECK(found() == best);
        CHECK(venue->not_yet(request()).empty());
        const Result<Quote> offer = quote(*venue, request());
        REQUIRE_MESSAGE(offer, (offer ? "" : offer.error().detail));
        CHECK(offer.value().pool == key_numbered(9'000).to_string());
        CHECK(logged("\"pools.found\"") == 1);
        // Not searched again before its time.
        const std::size_t searches = chain.searches.size();
        search();
        CHECK(chain.searches.size() == searches);
    }

    TEST_CASE_FIXTURE(Searched, "before the first answer nobody is told that there is no pool") {
        put(1, sol * 1'000);
        CHECK(venue->not_yet(request()).find("being looked for") != std::string::npos);
        CHECK(quote(*venue, request()).error().reason == Reason::service_unavailable);
        // Another pair is not searched: that it has no pool is final.
        CHECK(venue->not_yet(ask_for("SOL", "USDT", 5)).empty());
        CHECK(quote(*venue, ask_for("SOL", "USDT", 5)).error().reason == Reason::no_route);

        // A search that fails leaves it open whether there are pools; after three nobody waits any more.
        chain.searches_fail = [](const PublicKey&) {
            return std::optional(reject(Reason::service_unavailable, "excluded from the index"));
        };
        for (int i = 0; i < 3; ++i) {
            CHECK_FALSE(venue->not_yet(request()).empty());
            search();
            time.pass(60s);
        }
        CHECK(venue->not_yet(request()).empty());
        const Result<Quote> none = quote(*venue, request());
        CHECK(none.error().reason == Reason::service_unavailable);
        CHECK(none.error().detail.find("excluded from the index") != std::string::npos);
        CHECK(logged("\"pools.search_failed\"") == pool_families().size());

        // Once one is answered, the answer counts.
        chain.searches_fail = [](const PublicKey&) { return std::optional<Rejection>(); };
        search_again();
        CHECK(quote(*venue, request()));
    }

    TEST_CASE_FIXTURE(Searched, "an answer without pools is final until a search fails, or finds one") {
        search();
        CHECK(quote(*venue, request()).error().reason == Reason::no_route);
        chain.searches_fail = [](const PublicKey&) {
            return std::optional(reject(Reason::rate_limited, "too often"));
        };
        search_again();
        CHECK(venue->not_yet(request()).empty());
        CHECK(quote(*venue, request()).error().reason == Reason::service_unavailable);
        chain.searches_fail = [](const PublicKey&) { return std::optional<Rejection>(); };
        put(1, sol * 1'000);
        search_again();
        CHECK(quote(*venue, request()));
    }

    TEST_CASE_FIXTURE(Searched,
                      "searches that fail are repeated after growing pauses, and take nothing away") {
        const PublicKey pool = put(1, sol * 1'000);
        search();
        REQUIRE(found() == std::set{pool});
        chain.searches_fail = [](const PublicKey&) {
            return std::optional(reject(Reason::service_unavailable, "no answer"));
        };
        time.spawn(PoolDiscovery::keep_searching(discovery));
        time.pass(600s);
        const std::size_t before = chain.searches.size();
        time.pass(600s);
        const std::size_t asked = chain.searches.size() - before;
        // After 5, 10, 20 ... 320 s, by each of the families.
        CHECK(asked >= 6 * pool_families().size());
        CHECK(asked <= 8 * pool_families().size());
        CHECK(found() == std::set{pool});
        CHECK(quote(*venue, request()));
    }

    TEST_CASE_FIXTURE(Searched,
                      "a place is a pool's that opens and lets trades in, however much others hold") {
        std::set<PublicKey> good;
        for (std::uint64_t i = 1; i <= 4; ++i) good.insert(put(i, i * sol));
        // Twenty that hold more: some do not open, the others are switched off.
        for (std::uint64_t i = 11; i <= 30; ++i) {
            SyntheticCpmm pool = cpmm(i, token("SOL"), i * sol * 1'000, token("USDC"), i * sol);
            if (i % 2 == 0) pool.status = 1 << 2;
            AccountStates accounts = pool.encode();
            if (i % 2 != 0) accounts.erase(pool.config);
            chain.add(accounts);
        }
        search();
        CHECK(found() == good);
        REQUIRE(time.run(pools.learn()));
        for (const KnownPool& known : pools.pools()) CHECK(known.is_open);

        // More than are ever looked at: then the places stay empty, and what is remembered stays bounded.
        for (std::uint64_t i = 31; i <= 80; ++i) {
            SyntheticCpmm pool = cpmm(i, token("SOL"), i * sol * 1'000, token("USDC"), i * sol);
            pool.status = 1 << 2;
            chain.add(pool.encode());
        }
        search_again();
        CHECK(found().empty());
        CHECK(pools.pools().empty());
    }

    TEST_CASE_FIXTURE(Searched, "a better pool takes a worse one's place, one that vanished makes room") {
        for (std::uint64_t i = 1; i <= 4; ++i) put(i, i * sol);
        search();
        REQUIRE(found().size() == 4);
        const PublicKey better = put(5, 100 * sol);
        search_again();
        CHECK(found().size() == 4);
        CHECK(found().contains(better));
        CHECK_FALSE(found().contains(key_numbered(1'000)));

        chain.state.erase(better);
        search_again();
        CHECK_FALSE(found().contains(better));
        CHECK(found().contains(key_numbered(1'000)));

        // A node that forgot what it knew takes nothing away: the pool itself says whether it is there.
        const std::set<PublicKey> before = found();
        chain.not_indexed = before;
        put(6, sol / 2);
        search_again();
        CHECK(found() == before);
    }

    TEST_CASE_FIXTURE(Searched, "a pool that lost its place is quoted anew, not taken for no route") {
        for (std::uint64_t i = 1; i <= 4; ++i) put(i, i * sol * 1'000);
        search();
        const Result<Quote> offer = quote(*venue, request());
        REQUIRE(offer);
        SwapPlan plan = plan_of(request(), offer.value());
        plan.quote.pool = key_numbered(77).to_string();
        const auto built = build(*venue, plan);
        REQUIRE_FALSE(built);
        CHECK(built.error().reason == Reason::service_unavailable);
        CHECK(is_retryable(built.error().reason));
    }

    TEST_CASE("listed pools stay, whatever is found, and are read while the first search goes on") {
        const PublicKey listed = key_numbered(1'000);
        Searched market({listed});
        market.put(1, 5 * sol);
        for (std::uint64_t i = 2; i <= 7; ++i) market.put(i, i * 100 * sol);
        market.search();
        CHECK(market.found().size() == 4);
        CHECK_FALSE(market.found().contains(listed));
        const auto known = market.pools.pools();
        CHECK(known.size() == 5);
        CHECK(known.front().address == listed);
        CHECK(known.front().is_open);
        CHECK_FALSE(known.front().found_for);
    }

    TEST_CASE("a pool that is listed and found takes no place, and is told of once") {
        const PublicKey listed = key_numbered(7'000);
        Searched market({listed});
        std::set<PublicKey> others;
        for (std::uint64_t i = 1; i <= 7; ++i) {
            const PublicKey pool = market.put(i, i * 100 * sol);
            if (i > 2 && pool != listed) others.insert(pool);
        }
        market.search();
        CHECK(market.found() == others);
        market.search_again();
        market.search_again();
        CHECK(market.found() == others);
        CHECK(market.logged("\"pools.found\"") == 1);
    }

    TEST_CASE_FIXTURE(Searched,
                      "a node that takes fewer keys a call says nothing of the pools it is asked for") {
        const PublicKey good = put(1, sol * 1'000);
        search();
        REQUIRE(found() == std::set{good});
        const PublicKey better = put(2, sol * 5'000);
        chain.before_read = [](const std::vector<PublicKey>& addresses) {
            return addresses.size() > 5
                       ? std::optional(reject(Reason::invalid_parameter, "Too many inputs provided"))
                       : std::nullopt;
        };
        search_again();
        CHECK(found() == std::set{good});
        CHECK(logged("Too many inputs provided") == 1);
        CHECK(logged("\"pools.search_failed\"") == 1);
        chain.before_read = [](const std::vector<PublicKey>&) { return std::optional<Rejection>(); };
        time.pass(5s);
        search();
        CHECK(found() == std::set{good, better});
    }

    TEST_CASE_FIXTURE(Searched, "a pool that could not be read to its end is not taken for a bad one") {
        std::array<SyntheticWhirlpool, 2> orcas;
        for (std::size_t i = 0; i < 2; ++i) {
            orcas[i].address = key_numbered(500 + 100 * i);
            orcas[i].liquidity = 1'500'000'000;
            orcas[i].ticks = {{-640, 1'000'000'000}, {640, -1'000'000'000}};
            for (std::size_t side = 0; side < 2; ++side) {
                orcas[i].tokens[side].mint = side == 0 ? pair.a : pair.b;
                orcas[i].tokens[side].vault = key_numbered(501 + 100 * i + side);
                orcas[i].tokens[side].held = 1'000'000'000'000;
            }
            chain.add(orcas[i].encode());
        }
        const PoolFamily& whirlpools = *family_of(chain.state.at(orcas[0].address));
        // The price of the second moves while its accounts are read: it takes another look, and that fails.
        int looks = 0;
        chain.before_read = [&](const std::vector<PublicKey>& addresses) -> std::optional<Rejection> {
            if (std::find(addresses.begin(), addresses.end(), orcas[1].address) == addresses.end()) return {};
            if (++looks == 3) return reject(Reason::rate_limited, "not so often");
            if (looks == 2) {
                orcas[1].tick = 20'000;
                // Between the prices of ticks 20000 and 20001.
                orcas[1].price = Wide(50'142) * 1'000'000'000'000'000ull;
                orcas[1].liquidity = 500'000'000;
                chain.add(orcas[1].encode());
            }
            return {};
        };
        search();
        REQUIRE(looks >= 3);
        time.pass(5s);
        search();
        const auto addresses = pools.found(whirlpools, pair);
        CHECK(std::set(addresses.begin(), addresses.end()) == std::set{orcas[0].address, orcas[1].address});
    }

    TEST_CASE_FIXTURE(Searched, "after stop nothing is touched any more") {
        put(1, sol * 1'000);
        chain.latency = 10s;
        time.spawn(PoolDiscovery::keep_searching(discovery));
        time.pass(1s);
        discovery->stop();
        time.pass(100s);
        CHECK(found().empty());
        CHECK(chain.searches.size() == 1);
    }
}
