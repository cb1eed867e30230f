// Raydium CLMM: what small pools pay, and what they refuse.

#include <doctest/doctest.h>

#include "pool_checks.hpp"
#include "synthetic_clmm.hpp"
#include "traded_sizes.hpp"
#include "venues/raydium_clmm/array_map.hpp"

using namespace libexec;
using namespace libexec::test;
namespace clmm = libexec::raydium_clmm_pool;

namespace {

void check_rows(const SyntheticClmm& pool, std::initializer_list<TradedSizes> rows) {
    check_trades(pool, rows,
                 [&pool](int side) { return pool.fee_on == 0 || (pool.fee_on == 1) == (side == 0); });
    for (const TradedSizes& row : rows) {
        CAPTURE(row.side);
        CHECK(sell(pool, row.side, 20'000'000).value().crossings == 1);
    }
}

}  // namespace

TEST_SUITE("venues/raydium_clmm") {
    TEST_CASE("what a small pool pays, with the fee on either side") {
        check_rows(small_clmm(), {{0, 996, 996'837, 19'649'778, 50'001, 20'363'226},
                                  {1, 996, 996'837, 19'611'340, 50'001, 20'404'303}});
        CHECK(sell(small_clmm(), 0, 1'000'000).value().price_impact_bps == 7);
        CHECK(sell(small_clmm(), 0, 1'000).value().price_impact_bps == 1);
        SyntheticClmm pool = small_clmm();
        pool.fee_on = 1;
        check_rows(pool, {{0, 996, 996'837, 19'649'778, 50'001, 20'363'226},
                          {1, 996, 996'834, 19'610'394, 49'150, 20'405'327}});
        pool = small_clmm();
        pool.has_extension = false;
        check_rows(pool, {{0, 996, 996'837, 19'649'778, 50'001, 20'363'226}});
    }

    TEST_CASE("limit orders at a tick come before the liquidity behind it") {
        check_rows(clmm_with_orders(), {{0, 996, 996'837, 19'657'855, 50'002, 20'354'635},
                                        {1, 996, 996'837, 19'795'369, 50'002, 20'209'902}});
        SyntheticClmm pool = clmm_with_orders();
        pool.fee_on = 1;
        check_rows(pool, {{0, 996, 996'837, 19'657'855, 50'002, 20'354'635},
                          {1, 996, 996'834, 19'794'632, 49'613, 20'210'678}});
        pool.ticks.clear();  // orders alone, at ticks of their own
        pool.liquidity = 0;
        CHECK(sell(pool, 0, 100'000).value().amount_out > 0);
        CHECK(why(sell(pool, 0, 1'000'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("the dynamic fee grows with every spacing, comes down with time, and has an end") {
        SyntheticClmm pool = small_clmm();
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
        SyntheticClmm pool = small_clmm();
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
        const SyntheticClmm pool = small_clmm();
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
        SyntheticClmm drained = small_clmm();
        drained.tokens[1].held = 995;
        CHECK(why(sell(drained, 0, 1'000)) == Reason::insufficient_liquidity);
        SyntheticClmm empty = small_clmm();
        empty.ticks.clear();
        swap.mint_in = empty.mint(0);
        CHECK(why(opened(empty)->swap(swap, now)) == Reason::insufficient_liquidity);
        CHECK(why(sell(empty, 0, 1'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("transfer fees are taken on both sides, and tokens nobody can move are not traded") {
        SyntheticClmm pool = small_clmm();
        give_transfer_fees(pool);  // 3 %: 970 arrive, 967 or less leave
        const PoolTrade trade = sell(pool, 0, 1'000).value();
        CHECK(trade.amount_in == 1'000);
        const std::uint64_t paid = sell(small_clmm(), 0, 970).value().amount_out;
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
        SyntheticClmm pool = small_clmm();
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
}
