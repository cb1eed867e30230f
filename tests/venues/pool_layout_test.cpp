#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "libexec/solana/token_state.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "pool_checks.hpp"
#include "random_dlmm.hpp"
#include "random_pools.hpp"
#include "support/golden.hpp"
#include "synthetic_clmm.hpp"
#include "synthetic_damm.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

PublicKey key_at(const Bytes& data, std::size_t at) {
    PublicKey::Bytes bytes{};
    std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(at), bytes.size(), bytes.begin());
    return PublicKey(bytes);
}

bool has_bytes(const Bytes& data, std::size_t at, std::string_view bytes) {
    const auto same = [](char expected, std::uint8_t byte) {
        return static_cast<std::uint8_t>(expected) == byte;
    };
    return data.size() >= at + bytes.size() &&
           std::equal(bytes.begin(), bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(at), same);
}

/// What a node's filters see: a length, and bytes at their places. Never the owner, so that nothing is found
/// by two families whatever it belongs to.
bool is_found(const PoolLayout& layout, const Bytes& data, const PublicKey& first, const PublicKey& second) {
    return data.size() == layout.size_bytes && has_bytes(data, 0, layout.discriminator) &&
           key_at(data, layout.mints[0]) == first && key_at(data, layout.mints[1]) == second;
}

/// Of all these accounts the filters of the pool's family find the pool, and no other family's find any.
void check_found(const PublicKey& address, const AccountStates& accounts) {
    const PoolFamily* const own = family_of(accounts.at(address));
    REQUIRE(own != nullptr);
    const auto pool = own->open(address, accounts);
    REQUIRE_MESSAGE(pool, (pool ? "" : pool.error().detail));
    const PublicKey a = pool.value()->mint_a();
    const PublicKey b = pool.value()->mint_b();
    if (own->layout().sorts_mints) CHECK(a < b);
    for (const PoolFamily* family : pool_families()) {
        CAPTURE(family->name());
        const PoolLayout& layout = family->layout();
        for (const auto& [key, account] : accounts) {
            CHECK(is_found(layout, account.data, a, b) == (family == own && key == address));
            CHECK_FALSE(is_found(layout, account.data, b, a));
        }
    }
    const Bytes& data = accounts.at(address).data;
    for (std::size_t i = 0; i < 2; ++i) {
        const PublicKey vault = key_at(data, own->layout().vaults[i]);
        const auto read = read_token_account(accounts.at(vault));
        REQUIRE(read);
        CHECK(read.value().mint == (i == 0 ? a : b));
    }
}

}  // namespace

TEST_SUITE("venues/pool_layout") {
    TEST_CASE("pools of every family are found by its own filters alone") {
        Random random(11);
        const auto check = [](const auto& pool) { check_found(pool.address, pool.encode()); };
        for (int i = 0; i < 20; ++i) {
            check(draw_cpmm(random));
            check(draw_amm(random));
            check(draw_whirlpool(random));
            check(draw_dlmm(random, 5));
        }
        check(SyntheticClmm());
        check(SyntheticDamm());
    }

    TEST_CASE("so are real ones") {
        const auto root = fixtures_or_say();
        if (!root) return;
        std::map<std::string, std::size_t> pools;
        for (const PoolFamily* family : pool_families()) {
            std::string seen;
            const std::string name(family->name());
            for (const JsonValue& line : read_golden(*root / "golden" / (name + ".jsonl"))) {
                if (line["name"].text() == seen) continue;
                seen = line["name"].text();
                CAPTURE(seen);
                check_found(key_of(line["pool"].text()), read_accounts(*root, line["accounts"]));
                ++pools[name];
            }
        }
        CHECK(pools.size() == pool_families().size());
        for (const auto& entry : pools) CHECK_MESSAGE(entry.second > 0, entry.first);
    }

    TEST_CASE("a layout stays within its account, and no two families share one") {
        for (const PoolFamily* family : pool_families()) {
            const PoolLayout& layout = family->layout();
            CAPTURE(family->name());
            for (const std::size_t at :
                 {layout.mints[0], layout.mints[1], layout.vaults[0], layout.vaults[1]}) {
                CHECK(at + 32 <= layout.size_bytes);
                CHECK(at >= layout.discriminator.size());
            }
            CHECK(layout.mints[0] + 32 <= layout.mints[1]);
            CHECK(layout.vaults[0] + 32 <= layout.vaults[1]);
            for (const PoolFamily* other : pool_families()) {
                if (other != family) CHECK(other->layout().size_bytes != layout.size_bytes);
            }
        }
    }
}
