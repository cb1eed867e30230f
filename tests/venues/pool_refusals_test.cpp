#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "pool_checks.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

SyntheticCpmm small_cpmm() {
    SyntheticCpmm pool;
    pool.tokens[0].held = 1'000'300;
    pool.tokens[0].owed = 300;
    pool.tokens[1].held = 2'000'900;
    pool.tokens[1].owed = 900;
    pool.creator_rate = 1'000;
    return pool;
}

SyntheticAmm amm() {
    SyntheticAmm pool;
    pool.tokens = small_cpmm().tokens;
    return pool;
}

SyntheticWhirlpool small_whirlpool() {
    SyntheticWhirlpool pool;
    for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
    pool.liquidity = 1'500'000'000;
    pool.ticks = {{-640, 1'000'000'000}, {-128, 500'000'000}, {64, -500'000'000}, {640, -1'000'000'000}};
    pool.dynamic_arrays = true;
    return pool;
}

}  // namespace

TEST_SUITE("venues/pool_refusals") {
    TEST_CASE("Raydium CPMM: what a small pool pays, worked out by hand") {
        struct Row {
            int creator_fee_on;  // -1: none
            int side;
            std::uint64_t fee;
            std::uint64_t out;
            std::uint32_t impact;
        };
        for (const Row& row :
             {Row{-1, 0, 26, 19'764, 99}, Row{-1, 1, 26, 4'965, 50}, Row{0, 0, 36, 19'745, 99},
              Row{0, 1, 36, 4'960, 50}, Row{1, 0, 36, 19'745, 99}, Row{1, 1, 26, 4'960, 50},
              Row{2, 0, 26, 19'744, 99}, Row{2, 1, 36, 4'960, 50}}) {
            CAPTURE(row.creator_fee_on);
            CAPTURE(row.side);
            SyntheticCpmm pool = small_cpmm();
            pool.has_creator_fee = row.creator_fee_on >= 0;
            pool.creator_fee_on = static_cast<std::uint8_t>(std::max(0, row.creator_fee_on));
            const auto trade = sell(pool, row.side, 10'007);
            REQUIRE(trade);
            CHECK(trade.value().amount_in == 10'007);
            CHECK(trade.value().amount_out == row.out);
            CHECK(trade.value().fee == row.fee);
            CHECK(trade.value().fee_mint == pool.mint(row.side));
            CHECK(trade.value().price_impact_bps == row.impact);
            const auto cost = buy(pool, 1 - row.side, row.out);
            REQUIRE(cost);
            CHECK(cost.value().amount_in <= 10'007);
            CHECK(sell(pool, row.side, cost.value().amount_in).value().amount_out >= row.out);
        }
        SyntheticCpmm taxed = small_cpmm();
        give_transfer_fees(taxed);
        CHECK(sell(taxed, 0, 10'007).value().amount_out == 18'600);
    }

    TEST_CASE("Raydium AMM v4: what a small pool pays, worked out by hand") {
        CHECK(sell(amm(), 0, 10'007).value().amount_out == 19'764);
        CHECK(sell(amm(), 0, 10'007).value().fee == 26);
        CHECK(sell(amm(), 0, 500).value().amount_out == 995);
        CHECK(sell(amm(), 0, 100).value().amount_out == 197);  // the fee of 0.25 units is a whole one
    }

    TEST_CASE("Orca Whirlpools: what a small pool pays, worked out by hand") {
        struct Row {
            int side;
            std::uint64_t in;
            std::uint64_t out;
            std::uint64_t fee;
            std::uint32_t crossings;
        };
        for (const bool dynamic : {false, true}) {
            SyntheticWhirlpool pool = small_whirlpool();
            pool.dynamic_arrays = dynamic;
            for (const Row& row :
                 {Row{0, 1'000, 996, 3, 0}, Row{0, 1'000'000, 996'337, 3'000, 0},
                  Row{0, 20'000'000, 19'644'236, 60'001, 1}, Row{1, 1'000, 996, 3, 0},
                  Row{1, 1'000'000, 996'337, 3'000, 0}, Row{1, 20'000'000, 19'604'668, 60'001, 1}}) {
                CAPTURE(row.side);
                CAPTURE(row.in);
                const auto trade = sell(pool, row.side, row.in);
                REQUIRE(trade);
                CHECK(trade.value().amount_out == row.out);
                CHECK(trade.value().fee == row.fee);
                CHECK(trade.value().crossings == row.crossings);
            }
            // The program trades a unit that is all fee, and pays nothing for it.
            CHECK(sell(pool, 0, 1).value().amount_out == 0);
            CHECK(why(sell(pool, 0, 40'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(sell(pool, 1, 40'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(buy(pool, 0, 40'000'000)) == Reason::insufficient_liquidity);
        }
    }

    TEST_CASE("Orca Whirlpools: the fee follows the volatility, and the pool opens when its oracle says") {
        SyntheticWhirlpool pool = small_whirlpool();
        const std::uint64_t calm = sell(pool, 0, 20'000'000).value().amount_out;
        pool.oracle = SyntheticOracle();
        const auto start = static_cast<std::uint64_t>(now.unix_timestamp);
        const std::uint64_t moved = sell(pool, 0, 20'000'000).value().amount_out;
        CHECK(moved < calm);
        pool.oracle->control = 0;
        CHECK(sell(pool, 0, 20'000'000).value().amount_out == calm);
        pool.oracle = SyntheticOracle();
        pool.oracle->updated_at = start - 60;  // within the time in which a part of the volatility stays
        pool.oracle->volatility = 350'000;
        pool.oracle->reduction = 9'999;
        const std::uint64_t nervous = sell(pool, 0, 20'000'000).value().amount_out;
        CHECK(nervous < moved);
        pool.oracle->updated_at = start - 3'601;
        CHECK(sell(pool, 0, 20'000'000).value().amount_out == moved);
        pool.oracle->updated_at = start + 1;
        CHECK(why(sell(pool, 0, 1'000)) == Reason::bad_account);
        pool.oracle = SyntheticOracle();
        pool.oracle->opens_at = start + 1;
        CHECK(why(sell(pool, 0, 1'000)) == Reason::pool_closed);
        pool.oracle->group = 63;  // divides no spacing
        CHECK(why(open(pool)) == Reason::bad_account);
    }

    TEST_CASE("a pool that is switched off or not open yet is closed, for building as well") {
        SyntheticCpmm off = small_cpmm();
        off.status = 4;
        CHECK(why(sell(off, 0, 1'000)) == Reason::pool_closed);
        CHECK(why(buy(off, 0, 1'000)) == Reason::pool_closed);
        PoolSwap swap;
        swap.mint_in = off.mint(0);
        CHECK(why(open(off).value()->swap(swap, now)) == Reason::pool_closed);
        off.status = 3;  // deposits and withdrawals alone
        CHECK(sell(off, 0, 1'000));

        SyntheticCpmm early = small_cpmm();
        early.open_time = static_cast<std::uint64_t>(now.unix_timestamp);
        CHECK(sell(early, 0, 1'000));
        ++early.open_time;
        CHECK(why(sell(early, 0, 1'000)) == Reason::pool_closed);

        SyntheticAmm waiting = amm();
        waiting.open_time = static_cast<std::uint64_t>(now.unix_timestamp) + 1;
        CHECK(sell(waiting, 0, 1'000));  // only one status looks at the clock
        waiting.status = 7;
        CHECK(why(sell(waiting, 0, 1'000)) == Reason::pool_closed);
        --waiting.open_time;
        CHECK(sell(waiting, 0, 1'000));
        for (const std::uint64_t status : {0u, 2u, 3u, 4u, 5u}) {
            waiting.status = status;
            CHECK(why(sell(waiting, 0, 1'000)) == Reason::pool_closed);
            CHECK(why(buy(waiting, 0, 1'000)) == Reason::pool_closed);
        }
    }

    TEST_CASE("what is too small, too much, or of another token is refused by name") {
        const auto check = [](const auto& pool) {
            CHECK(why(sell(pool, 0, 0)) == Reason::amount_too_small);
            CHECK(why(buy(pool, 0, 0)) == Reason::amount_too_small);
            CHECK(why(buy(pool, 0, ~std::uint64_t{0})) == Reason::insufficient_liquidity);
            const auto opened = open(pool);
            PoolSwap swap;
            swap.mint_in = key_numbered(77);
            CHECK(why(opened.value()->sell(swap.mint_in, 5, now)) == Reason::no_route);
            CHECK(why(opened.value()->buy(swap.mint_in, 5, now)) == Reason::no_route);
            CHECK(why(opened.value()->swap(swap, now)) == Reason::no_route);
            CHECK(opened.value()->address() == pool.address);
            CHECK(opened.value()->mint_a() == pool.mint(0));
            CHECK(opened.value()->mint_b() == pool.mint(1));
        };
        check(small_cpmm());
        check(amm());
        check(small_whirlpool());
        CHECK(why(sell(small_cpmm(), 0, 1)) == Reason::amount_too_small);  // all of it is fee
        CHECK(why(sell(amm(), 0, 1)) == Reason::amount_too_small);
        CHECK(why(buy(small_cpmm(), 1, 2'000'000)) == Reason::insufficient_liquidity);  // the whole reserve
        SyntheticWhirlpool drained = small_whirlpool();
        drained.tokens[1].held = 995;
        CHECK(why(sell(drained, 0, 1'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("tokens that cannot be moved freely are not traded") {
        const auto check = [](auto pool) {
            pool.tokens[1].program = well_known::token_2022_program;
            pool.tokens[1].hook = key_numbered(50);
            CHECK(why(open(pool)) == Reason::unsupported_token);
            pool.tokens[1].hook = PublicKey();  // nobody behind it
            CHECK(opens(pool));
            pool.tokens[1].starts_frozen = true;
            CHECK(why(open(pool)) == Reason::unsupported_token);
            pool.tokens[1].starts_frozen = false;
            pool.tokens[0].vault_frozen = true;
            CHECK(why(open(pool)) == Reason::unsupported_token);
        };
        check(small_cpmm());
        check(small_whirlpool());
        SyntheticAmm newer = amm();
        newer.tokens[0].program = well_known::token_2022_program;
        CHECK(why(open(newer)) == Reason::bad_account);  // that program knows none of Token-2022
    }

    TEST_CASE("liquidity that its ticks contradict is no number") {
        SyntheticWhirlpool pool = small_whirlpool();
        pool.liquidity = 400'000'000;  // less than begins at the next tick
        CHECK(why(sell(pool, 0, 20'000'000)) == Reason::bad_account);
        pool = small_whirlpool();
        pool.tick = 1;
        CHECK(why(open(pool)) == Reason::bad_account);
        pool.tick = -1;  // the price came down exactly onto tick 0
        CHECK(opens(pool));
        pool.price = 0;
        CHECK(why(open(pool)) == Reason::bad_account);
    }

    TEST_CASE("only the owner says which family a pool is of") {
        std::set<std::string_view> names;
        for (const PoolFamily* family : pool_families()) {
            CHECK(names.insert(family->name()).second);
            AccountState account;
            account.owner = family->program();
            CHECK(family_of(account) == family);
        }
        CHECK(family_of(AccountState{}) == nullptr);
        // The bytes of one under the program of another.
        AccountStates accounts = small_cpmm().encode();
        accounts[small_cpmm().address].owner = amm().encode().at(amm().address).owner;
        CHECK(why(family_of(accounts.at(small_cpmm().address))->open(small_cpmm().address, accounts)) ==
              Reason::bad_account);
    }

    TEST_CASE("accounts that are cut short or changed never crash, and short ones are never read") {
        SyntheticCpmm first = small_cpmm();
        give_transfer_fees(first);
        break_everything(first);
        break_everything(amm());
    }

    TEST_CASE("a Whirlpool's accounts that are cut short or changed never crash") {
        SyntheticWhirlpool pool = small_whirlpool();
        pool.oracle = SyntheticOracle();
        break_everything(pool);
    }
}
