// Raydium CLMM: what small pools pay, what they refuse, and accounts that are broken.

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

namespace {

SyntheticClmm small() {
    SyntheticClmm pool;
    for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
    pool.liquidity = 1'500'000'000;
    pool.ticks = {{-600, 1'000'000'000}, {-120, 500'000'000}, {60, -500'000'000}, {600, -1'000'000'000}};
    return pool;
}

SyntheticClmm with_orders() {
    SyntheticClmm pool = small();
    pool.orders = {{-60, 300'000}, {30, 7'000'000}};
    return pool;
}

/// A sale of three sizes one way, and what twenty million cost. Worked out apart from this code.
struct Row {
    int side;
    std::uint64_t out_of_thousand;
    std::uint64_t out_of_million;
    std::uint64_t out_of_many;
    std::uint64_t fee_of_many;
    std::uint64_t price_of_many;
};

void check_rows(const SyntheticClmm& pool, std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.side);
        CHECK(sell(pool, row.side, 1'000).value().amount_out == row.out_of_thousand);
        CHECK(sell(pool, row.side, 1'000'000).value().amount_out == row.out_of_million);
        const PoolTrade many = sell(pool, row.side, 20'000'000).value();
        CHECK(many.amount_in == 20'000'000);
        CHECK(many.amount_out == row.out_of_many);
        CHECK(many.fee == row.fee_of_many);
        CHECK(many.crossings == 1);
        const bool of_input = pool.fee_on == 0 || (pool.fee_on == 1) == (row.side == 0);
        CHECK(many.fee_mint == pool.mint(of_input ? row.side : 1 - row.side));
        CHECK(buy(pool, 1 - row.side, 20'000'000).value().amount_in == row.price_of_many);
    }
}

}  // namespace

TEST_SUITE("venues/raydium_clmm") {
    TEST_CASE("what a small pool pays, with the fee on either side") {
        check_rows(small(), {{0, 996, 996'837, 19'649'778, 50'001, 20'363'226},
                             {1, 996, 996'837, 19'611'340, 50'001, 20'404'303}});
        SyntheticClmm pool = small();
        pool.fee_on = 1;
        check_rows(pool, {{0, 996, 996'837, 19'649'778, 50'001, 20'363'226},
                          {1, 996, 996'834, 19'610'394, 49'150, 20'405'327}});
        pool = small();
        pool.has_extension = false;
        check_rows(pool, {{0, 996, 996'837, 19'649'778, 50'001, 20'363'226}});
    }

    TEST_CASE("limit orders at a tick come before the liquidity behind it") {
        check_rows(with_orders(), {{0, 996, 996'837, 19'657'855, 50'002, 20'354'635},
                                   {1, 996, 996'837, 19'795'369, 50'002, 20'209'902}});
        SyntheticClmm pool = with_orders();
        pool.fee_on = 1;
        check_rows(pool, {{0, 996, 996'837, 19'657'855, 50'002, 20'354'635},
                          {1, 996, 996'834, 19'794'632, 49'613, 20'210'678}});
        pool.ticks.clear();  // orders alone, at ticks of their own
        pool.liquidity = 0;
        CHECK(sell(pool, 0, 100'000).value().amount_out > 0);
        CHECK(why(sell(pool, 0, 1'000'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("the dynamic fee grows with every spacing, comes down with time, and has an end") {
        SyntheticClmm pool = small();
        pool.dynamic_fee = SyntheticDynamicFee();
        check_rows(pool, {{0, 996, 996'828, 19'623'190, 77'466, 20'392'657},
                          {1, 996, 996'834, 19'580'726, 81'720, 20'438'288}});
        const auto start = static_cast<std::uint64_t>(now.unix_timestamp);
        pool.dynamic_fee->updated_at = start - 60;  // a part of the volatility stays
        pool.dynamic_fee->volatility = 350'000;
        pool.dynamic_fee->reduction = 9'000;
        check_rows(pool, {{0, 992, 992'551, 19'555'898, 147'077, 20'462'821},
                          {1, 992, 992'808, 19'518'414, 146'374, 20'503'394}});
        pool.dynamic_fee = SyntheticDynamicFee();
        pool.dynamic_fee->updated_at = start - 5;  // as if it were one trade
        pool.dynamic_fee->group_reference = -40;
        check_rows(pool, {{0, 991, 991'943, 19'593'216, 108'472, 20'421'919},
                          {1, 991, 991'943, 19'516'849, 148'001, 20'505'029}});
        pool.dynamic_fee->updated_at = start + 1'000;  // later than now is now
        CHECK(sell(pool, 0, 20'000'000).value().amount_out == 19'593'216);
        pool.dynamic_fee->reduction = 10'000;
        CHECK(why(open(pool)) == Reason::bad_account);
    }

    TEST_CASE("a pool is open when its status and its time say so") {
        SyntheticClmm pool = small();
        pool.status = 0xff & ~(1 << 4);  // everything else switched off
        CHECK(sell(pool, 0, 1'000));
        pool.status = 1 << 4;
        CHECK(why(sell(pool, 0, 1'000)) == Reason::pool_closed);
        CHECK(why(buy(pool, 0, 1'000)) == Reason::pool_closed);
        PoolSwap swap;
        swap.mint_in = pool.mint(0);
        CHECK(why(opened(pool)->swap(swap, now)) == Reason::pool_closed);
        pool.status = 0;
        pool.open_time = static_cast<std::uint64_t>(now.unix_timestamp);
        CHECK(why(sell(pool, 0, 1'000)) == Reason::pool_closed);
        --pool.open_time;
        CHECK(sell(pool, 0, 1'000));
    }

    TEST_CASE("what is too small, too much, or of another token is refused by name") {
        const SyntheticClmm pool = small();
        CHECK(why(sell(pool, 0, 0)) == Reason::amount_too_small);
        CHECK(why(sell(pool, 0, 1)) == Reason::amount_too_small);  // all of it is fee
        CHECK(why(buy(pool, 0, 0)) == Reason::amount_too_small);
        for (const int side : {0, 1}) {
            CHECK(why(sell(pool, side, 48'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(buy(pool, side, 48'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(sell(pool, side, ~std::uint64_t{0})) == Reason::insufficient_liquidity);
        }
        PoolSwap swap;
        swap.mint_in = key_numbered(77);
        CHECK(why(opened(pool)->sell(swap.mint_in, 5, now)) == Reason::no_route);
        CHECK(why(opened(pool)->buy(swap.mint_in, 5, now)) == Reason::no_route);
        CHECK(why(opened(pool)->swap(swap, now)) == Reason::no_route);
        SyntheticClmm drained = small();
        drained.tokens[1].held = 995;
        CHECK(why(sell(drained, 0, 1'000)) == Reason::insufficient_liquidity);
        SyntheticClmm empty = small();
        empty.ticks.clear();
        swap.mint_in = empty.mint(0);
        CHECK(why(opened(empty)->swap(swap, now)) == Reason::insufficient_liquidity);
        CHECK(why(sell(empty, 0, 1'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("transfer fees are taken on both sides, and tokens nobody can move are not traded") {
        SyntheticClmm pool = small();
        give_transfer_fees(pool);  // 3 %: 970 arrive, 967 or less leave
        const PoolTrade trade = sell(pool, 0, 1'000).value();
        CHECK(trade.amount_in == 1'000);
        const std::uint64_t paid = sell(small(), 0, 970).value().amount_out;
        CHECK(trade.amount_out == paid - (paid * 3 + 99) / 100);
        const PoolTrade bought = buy(pool, 1, trade.amount_out).value();
        CHECK(bought.amount_out == trade.amount_out);
        CHECK(bought.amount_in <= 1'000);
        pool.tokens[1].hook = key_numbered(50);
        CHECK(why(open(pool)) == Reason::unsupported_token);
        pool.tokens[1].hook.reset();
        pool.tokens[0].vault_frozen = true;
        CHECK(why(open(pool)) == Reason::unsupported_token);
    }

    TEST_CASE("at most six arrays are named each way, and a trade past them is refused") {
        SyntheticClmm pool = small();
        pool.ticks.clear();
        for (std::int32_t i = 0; i < 9; ++i) {
            pool.ticks[-600 * i - 300] = 1'000;
            pool.ticks[600 * i + 300] = -1'000;
        }
        const auto made = opened(pool);
        PoolSwap swap;
        swap.mint_in = pool.mint(0);
        const Instruction built = made->swap(swap, now).value();
        REQUIRE(built.accounts.size() == 13 + 1 + clmm::arrays_most);
        CHECK(built.accounts[13].key == pool.extension_key());
        CHECK(built.accounts[14].key == pool.array_key(0));  // where the price is
        CHECK(built.accounts[19].key == pool.array_key(-3'000));
        CHECK(made->sell(pool.mint(0), 200'000'000, now));
        CHECK(why(made->sell(pool.mint(0), 400'000'000, now)) == Reason::insufficient_liquidity);
        // An array that is not there ends the way, whatever lies behind it.
        AccountStates accounts = pool.encode();
        accounts.erase(pool.array_key(-1'200));
        const auto cut = family_of(accounts.at(pool.address))->open(pool.address, accounts);
        REQUIRE(cut);
        CHECK(cut.value()->swap(swap, now).value().accounts.size() == 16);
        CHECK(cut.value()->sell(pool.mint(0), 20'000'000, now));
        CHECK(why(cut.value()->sell(pool.mint(0), 200'000'000, now)) == Reason::insufficient_liquidity);
        // The program stops reading at an account that does not exist.
        pool.has_extension = false;
        CHECK(opened(pool)->swap(swap, now).value().accounts.size() == 13 + clmm::arrays_most);
    }

    TEST_CASE("arrays beyond the pool's bitmap are found in its extension, up and down, and not without it") {
        for (const std::int32_t tick :
             {-443'610, -400'000, -92'161, -61'441, -30'780, -30'720, 30'719, 30'720, 61'440, 400'000}) {
            CAPTURE(tick);
            SyntheticClmm pool = small();
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
        SyntheticClmm pool = small();
        pool.tick = 1;
        CHECK(refused(pool));
        pool.tick = -1;  // the price came down exactly onto tick 0
        CHECK(opens(pool));
        pool = small();
        pool.price = 0;
        CHECK(refused(pool));
        pool = small();
        pool.fee_on = 3;
        CHECK(refused(pool));
        pool = small();
        pool.fee_rate = 1'000'000;
        CHECK(refused(pool));
        pool = small();
        pool.spacing = 1'001;
        CHECK(refused(pool));
        pool = small();
        std::swap(pool.tokens[0].mint, pool.tokens[1].mint);
        CHECK(refused(pool));
        pool = small();
        pool.liquidity = 400'000'000;  // less than begins at the next tick
        CHECK(why(sell(pool, 0, 20'000'000)) == Reason::bad_account);
        pool = small();
        pool.ticks[443'640] = 5;  // beyond all ticks, in an array that reaches there
        CHECK(refused(pool));

        SyntheticClmm wide = small();
        wide.spacing = 60;
        AccountStates accounts = wide.encode();
        const PoolFamily& family = *family_of(accounts.at(wide.address));
        REQUIRE(family.open(wide.address, accounts));
        accounts[wide.address].data[904 + 127] =
            0x80;  // the last array of a bitmap that reaches past all ticks
        CHECK(why(family.open(wide.address, accounts)) == Reason::bad_account);
        // A bit without ticks behind it is found out when a trade comes there.
        accounts = small().encode();
        Bytes& array = accounts[small().array_key(-600)].data;
        std::fill(array.begin() + 44, array.begin() + 10'124, std::uint8_t{0});
        const auto hollow = family.open(small().address, accounts);
        REQUIRE(hollow);
        CHECK(why(hollow.value()->sell(small().mint(0), 1'000, now)) == Reason::bad_account);
    }

    TEST_CASE("accounts that are cut short or changed never crash") {
        SyntheticClmm pool = with_orders();
        pool.dynamic_fee = SyntheticDynamicFee();
        break_everything(pool);
    }

    TEST_CASE("a tick array is read at its full length alone, and no byte of it crashes") {
        const SyntheticClmm pool = with_orders();
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
        SyntheticClmm pool = small();
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
