#include "libexec/venues/solana/pool_finder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "random_dlmm.hpp"
#include "random_pools.hpp"
#include "solana_market.hpp"
#include "support/golden.hpp"
#include "synthetic_clmm.hpp"
#include "synthetic_damm.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

const PoolFamily& family_called(const std::string& name) {
    for (const PoolFamily* family : pool_families()) {
        if (family->name() == name) return *family;
    }
    throw std::logic_error("no family " + name);
}

FoundPools find_in(SolanaMarket& market, const PoolFamily& family, const MintPair& pair) {
    PoolFinder finder(market.chain);
    auto found = market.time.run(finder.find(family, pair));
    REQUIRE_MESSAGE(found, (found ? "" : found.error().detail));
    return std::move(found).value();
}

/// Of these accounts, searches for the pool's pair find the pool in its own family and nothing in any other.
void check_is_found(const PublicKey& address, const AccountStates& accounts) {
    SolanaMarket market;
    market.chain.add(accounts);
    const PoolFamily* const own = family_of(accounts.at(address));
    REQUIRE(own != nullptr);
    const auto pool = own->open(address, accounts);
    REQUIRE(pool);
    const MintPair pair(pool.value()->mint_a(), pool.value()->mint_b());
    for (const PoolFamily* family : pool_families()) {
        CAPTURE(family->name());
        const FoundPools found = find_in(market, *family, pair);
        CHECK(found.named == (family == own ? 1 : 0));
        if (family != own) continue;
        REQUIRE(found.pools.size() == 1);
        CHECK(found.pools[0].address == address);
        CHECK(found.pools[0].held == holdings_of(*own, pair, address, accounts));
        CHECK(found.pools[0].held[0] > 0);
    }
    // A search brings the keys of the vaults and not the account.
    for (const AccountSearch& search : market.chain.searches) CHECK(search.slice_bytes <= 112);
}

}  // namespace

TEST_SUITE("venues/pool_finder") {
    TEST_CASE("a pool is found by its pair, by its own family's search and by no other's") {
        Random random(5);
        const auto check = [](const auto& pool) { check_is_found(pool.address, pool.encode()); };
        check(draw_cpmm(random));
        check(draw_amm(random));
        check(draw_whirlpool(random));
        check(draw_dlmm(random, 5));
        SyntheticClmm clmm;
        SyntheticDamm damm;
        for (SyntheticToken& token : clmm.tokens) token.held = 7'000;
        for (SyntheticToken& token : damm.tokens) token.held = 7'000;
        check(clmm);
        check(damm);
    }

    TEST_CASE("so are real pools") {
        const auto root = fixtures_or_say();
        if (!root) return;
        for (const PoolFamily* family : pool_families()) {
            const std::string name(family->name());
            std::string seen;
            for (const JsonValue& line : read_golden(*root / "golden" / (name + ".jsonl"))) {
                if (line["name"].text() == seen) continue;
                seen = line["name"].text();
                CAPTURE(seen);
                check_is_found(key_of(line["pool"].text()), read_accounts(*root, line["accounts"]));
            }
        }
    }

    TEST_CASE("a program that keeps its mints in any order is asked for both, one that sorts them once") {
        SolanaMarket market;
        const MintPair pair(PublicKey(token("SOL").mint), PublicKey(token("USDC").mint));
        for (const PoolFamily* family : pool_families()) {
            market.chain.searches.clear();
            CHECK(find_in(market, *family, pair).pools.empty());
            CHECK(market.chain.searches.size() == (family->layout().sorts_mints ? 1 : 2));
        }
        SyntheticAmm forward;
        SyntheticAmm backward;
        for (SyntheticAmm* pool : {&forward, &backward}) {
            pool->tokens[0].held = 2'000;
            pool->tokens[1].held = 1'000;
        }
        forward.tokens[0].mint = pair.a;
        forward.tokens[1].mint = pair.b;
        backward.address = key_numbered(900);
        backward.tokens[0].mint = pair.b;
        backward.tokens[1].mint = pair.a;
        backward.tokens[0].vault = key_numbered(901);
        backward.tokens[1].vault = key_numbered(902);
        backward.tokens[0].held = 2'001;
        market.chain.add(forward.encode());
        market.chain.add(backward.encode());
        const FoundPools found = find_in(market, family_called("raydium_amm_v4"), pair);
        REQUIRE(found.pools.size() == 2);
        CHECK(found.slot == 1'000);
        CHECK(found.pools[0].address == backward.address);
        CHECK(found.pools[0].held == std::array<std::uint64_t, 2>{1'000, 2'001});
        CHECK(found.pools[1].address == forward.address);
        CHECK(found.pools[1].held == std::array<std::uint64_t, 2>{2'000, 1'000});
    }

    TEST_CASE("those that hold most on both sides come first, those that hold nothing not at all") {
        SolanaMarket market;
        const std::uint64_t most = ~std::uint64_t{0};
        const auto add = [&](std::uint64_t number, std::uint64_t held_a, std::uint64_t held_b) {
            const SyntheticCpmm pool = market.cpmm(number, token("SOL"), held_a, token("USDC"), held_b);
            market.chain.add(pool.encode());
            return pool.address;
        };
        const PublicKey small = add(1, 10, 10);
        const PublicKey lopsided = add(2, most, 0);
        const PublicKey huge = add(3, most, most);
        add(4, 0, 0);
        const PublicKey deep = add(5, 1'000'000, 1'000'000);
        const FoundPools found =
            find_in(market, family_called("raydium_cpmm"),
                    MintPair(PublicKey(token("USDC").mint), PublicKey(token("SOL").mint)));
        CHECK(found.named == 5);
        REQUIRE(found.pools.size() == 4);
        CHECK(found.pools[0].address == huge);
        CHECK(found.pools[1].address == deep);
        CHECK(found.pools[2].address == small);
        CHECK(found.pools[3].address == lopsided);
    }

    TEST_CASE("many are weighed by reads of a hundred vaults, and no more than can be") {
        SolanaMarket market;
        for (std::uint64_t i = 1; i <= 120; ++i)
            market.chain.add(market.cpmm(i, token("SOL"), 1'000 + i, token("USDC"), 1'000).encode());
        const MintPair pair(PublicKey(token("SOL").mint), PublicKey(token("USDC").mint));
        const FoundPools found = find_in(market, family_called("raydium_cpmm"), pair);
        REQUIRE(found.pools.size() == 120);
        CHECK(found.pools.front().address == key_numbered(120'000));
        CHECK(market.chain.reads.size() == 3);
        for (const auto& read : market.chain.reads) CHECK(read.size() <= 100);
    }

    TEST_CASE("many pools with their mints one way round do not hide those of the other way") {
        const MintPair pair(PublicKey(token("SOL").mint), PublicKey(token("USDC").mint));
        for (const bool many_are_backward : {false, true}) {
            SolanaMarket market;
            const auto put = [&](std::uint64_t number, bool backward, std::uint64_t held) {
                SyntheticAmm pool;
                pool.address = key_numbered(1'000 * number);
                for (std::size_t i = 0; i < 2; ++i) {
                    pool.tokens[i].mint = (i == 1) != backward ? pair.b : pair.a;
                    pool.tokens[i].vault = key_numbered(1'000 * number + 1 + i);
                    pool.tokens[i].held = held;
                }
                market.chain.add(pool.encode());
                return pool.address;
            };
            const std::size_t many = PoolFinder::weighed_most + 100;
            for (std::uint64_t i = 1; i <= many; ++i) put(i, many_are_backward, 1'000);
            for (std::uint64_t i = 1; i <= 3; ++i) put(2'000 + i, !many_are_backward, 5'000);
            const FoundPools found = find_in(market, family_called("raydium_amm_v4"), pair);
            CHECK(found.named == many + 3);
            REQUIRE(found.pools.size() == PoolFinder::weighed_most);
            for (std::size_t i = 0; i < 3; ++i) CHECK(found.pools[i].held[0] == 5'000);
            CHECK(found.pools[3].held[0] == 1'000);
        }
    }

    TEST_CASE("what a search or a read fails with is told, never taken for a market without pools") {
        SolanaMarket market;
        const SyntheticCpmm pool = market.cpmm(1, token("SOL"), 10, token("USDC"), 10);
        market.chain.add(pool.encode());
        const MintPair pair(pool.tokens[0].mint, pool.tokens[1].mint);
        PoolFinder finder(market.chain);
        market.chain.reads_fail = reject(Reason::service_unavailable, "gone");
        CHECK(market.time.run(finder.find(family_called("raydium_cpmm"), pair)).error().detail == "gone");
        market.chain.reads_fail.reset();
        market.chain.searches_fail = [](const PublicKey&) {
            return std::optional(reject(Reason::rate_limited, "not so often"));
        };
        CHECK(market.time.run(finder.find(family_called("raydium_cpmm"), pair)).error().reason ==
              Reason::rate_limited);
    }
}
