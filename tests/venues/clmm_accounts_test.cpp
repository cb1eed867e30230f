// Raydium CLMM: where its ticks are, accounts that contradict themselves, and accounts that are broken.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "pool_checks.hpp"
#include "synthetic_clmm.hpp"
#include "venues/raydium_clmm/array_map.hpp"
#include "venues/raydium_clmm/tick_array.hpp"
#include "venues/raydium_clmm/tick_price.hpp"
#include "whole_numbers.hpp"

using namespace libexec;
using namespace libexec::test;
namespace clmm = libexec::raydium_clmm_pool;

TEST_SUITE("venues/raydium_clmm_accounts") {
    TEST_CASE("arrays beyond the pool's bitmap are found in its extension, up and down, and not without it") {
        for (const std::int32_t tick :
             {-443'610, -400'000, -92'161, -61'441, -30'780, -30'720, 30'719, 30'720, 61'440, 400'000}) {
            CAPTURE(tick);
            SyntheticClmm pool = small_clmm();
            pool.spacing = 1;
            pool.tick = tick;
            pool.price = clmm::price_of_tick(tick);
            pool.ticks = {{tick - 20, 5}, {tick + 70, -2}, {std::min(tick + 31'000, 443'600), -3}};
            const auto arrays = [&](bool extended) {
                pool.has_extension = extended;
                const AccountStates accounts = pool.encode();
                const auto keys =
                    family_of(accounts.at(pool.address))->wanted(pool.address, accounts).value();
                return std::set<PublicKey>(keys.begin() + 7, keys.end());
            };
            const auto in_reach = [](std::int32_t start) { return start >= -30'720 && start < 30'720; };
            std::set<PublicKey> all;
            std::set<PublicKey> near;
            for (const auto& [at, net] : pool.ticks) {
                all.insert(pool.array_key(pool.array_start(at)));
                if (in_reach(pool.array_start(at)) && in_reach(pool.array_start(tick)))
                    near.insert(pool.array_key(pool.array_start(at)));
            }
            CHECK(arrays(true) == all);
            CHECK(arrays(false) == near);
        }
    }

    TEST_CASE("what contradicts itself is no pool") {
        const auto refused = [](const SyntheticClmm& pool) { return why(open(pool)) == Reason::bad_account; };
        SyntheticClmm pool = small_clmm();
        pool.tick = 1;
        CHECK(refused(pool));
        pool.tick = -1;  // the price came down exactly onto tick 0
        CHECK(opens(pool));
        pool = small_clmm();
        pool.price = 0;
        CHECK(refused(pool));
        pool = small_clmm();
        pool.fee_on = 3;
        CHECK(refused(pool));
        pool = small_clmm();
        pool.fee_rate = 1'000'000;
        CHECK(refused(pool));
        pool = small_clmm();
        pool.spacing = 1'001;
        CHECK(refused(pool));
        pool = small_clmm();
        std::swap(pool.tokens[0].mint, pool.tokens[1].mint);
        CHECK(refused(pool));
        pool = small_clmm();
        pool.liquidity = 400'000'000;  // less than begins at the next tick
        CHECK(why(sell(pool, 0, 20'000'000)) == Reason::bad_account);
        pool = small_clmm();
        pool.ticks[443'640] = 5;  // beyond all ticks, in an array that reaches there
        CHECK(refused(pool));

        SyntheticClmm wide = small_clmm();
        wide.spacing = 60;
        AccountStates accounts = wide.encode();
        const PoolFamily& family = *family_of(accounts.at(wide.address));
        REQUIRE(family.open(wide.address, accounts));
        accounts[wide.address].data[904 + 127] =
            0x80;  // the last array of a bitmap that reaches past all ticks
        CHECK(why(family.open(wide.address, accounts)) == Reason::bad_account);
        // A bit without ticks behind it is found out when a trade comes there.
        accounts = small_clmm().encode();
        Bytes& array = accounts[small_clmm().array_key(-600)].data;
        std::fill(array.begin() + 44, array.begin() + 10'124, std::uint8_t{0});
        const auto hollow = family.open(small_clmm().address, accounts);
        REQUIRE(hollow);
        CHECK(why(hollow.value()->sell(small_clmm().mint(0), 1'000, now)) == Reason::bad_account);
    }

    TEST_CASE("accounts that are cut short or changed never crash") {
        SyntheticClmm pool = clmm_with_orders();
        pool.dynamic_fee = SyntheticDynamicFee();
        break_everything(pool);
    }

    TEST_CASE("a tick array is read at its full length alone, and no byte of it crashes") {
        const SyntheticClmm pool = clmm_with_orders();
        AccountStates accounts = pool.encode();
        const PublicKey key = pool.array_key(-600);
        const clmm::ArrayPlace place{pool.address, -600, pool.spacing, key};
        const auto read = clmm::read_tick_array(place, accounts);
        REQUIRE(read);
        REQUIRE(read.value().ticks.size() == 3);
        CHECK(read.value().ticks[2].orders == 300'000);
        Bytes& data = accounts[key].data;
        const Bytes whole = data;
        while (!data.empty()) {
            data.pop_back();
            REQUIRE(why(clmm::read_tick_array(place, accounts)) == Reason::bad_account);
        }
        data = whole;
        Random random(9);
        int refused = 0;
        for (std::size_t at = 0; at < whole.size(); ++at) {
            data[at] = static_cast<std::uint8_t>(data[at] ^ (1 + random.below(255)));
            const auto changed = clmm::read_tick_array(place, accounts);
            if (!changed) REQUIRE(changed.error().reason == Reason::bad_account);
            refused += changed ? 0 : 1;
            data[at] = whole[at];
        }
        CHECK(refused > 44);
    }

    TEST_CASE("a bitmap extension is read at its full length alone, and no bit of it crashes") {
        SyntheticClmm pool = small_clmm();
        pool.spacing = 1;
        pool.ticks = {{-100'000, 5}, {40'000, 3}};
        AccountStates accounts = pool.encode();
        clmm::State state;
        state.spacing = 1;
        Bytes& data = accounts[pool.extension_key()].data;
        const Bytes whole = data;
        while (!data.empty()) {
            data.pop_back();
            REQUIRE(why(clmm::ArrayMap::read(pool.address, state, accounts)) == Reason::bad_account);
        }
        data = whole;
        int refused = 0;
        for (std::size_t bit = 0; bit < 8 * whole.size(); bit += 5) {
            data[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
            const auto map = clmm::ArrayMap::read(pool.address, state, accounts);
            if (map) REQUIRE(map.value().way(0, bit % 2 == 0).starts.size() <= 2);
            if (!map) REQUIRE(map.error().reason == Reason::bad_account);
            refused += map ? 0 : 1;
            data[bit / 8] = whole[bit / 8];
        }
        CHECK(refused > 64);
    }

    TEST_CASE("the price of a tick grows by a hundredth of a percent a tick, and tells the tick") {
        CHECK((clmm::price_of_tick(0) == Wide(1) << 64));
        CHECK((clmm::price_of_tick(clmm::first_tick) == clmm::least_price));
        CHECK((clmm::price_of_tick(clmm::last_tick) == clmm::most_price));
        for (std::int32_t tick = clmm::first_tick; tick < clmm::last_tick; tick += 211) {
            CAPTURE(tick);
            const Wide price = clmm::price_of_tick(tick);
            const Wide next = clmm::price_of_tick(tick + 1);
            REQUIRE((price < next));
            REQUIRE(clmm::tick_of_price(price) == tick);
            REQUIRE(clmm::tick_of_price(next - 1) == tick);
            // As far as whole numbers can say so: a price, and the one it is the inverse of, has 32 bits.
            const Whole squared = whole(next) * whole(next) * 10'000;
            const Whole expected = whole(price) * whole(price) * 10'001;
            const Whole off = squared > expected ? squared - expected : expected - squared;
            REQUIRE(off <= expected >> 26);
        }
    }
}
