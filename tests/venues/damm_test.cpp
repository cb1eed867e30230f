// Meteora DAMM v2: what small pools pay, what they refuse, and accounts that are broken.

#include <doctest/doctest.h>

#include "pool_checks.hpp"
#include "synthetic_damm.hpp"
#include "traded_sizes.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

constexpr auto present = static_cast<std::uint64_t>(now.unix_timestamp);
constexpr Wide one = Wide(1) << 64;

SyntheticDamm small() {
    SyntheticDamm pool;
    for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
    return pool;
}

SyntheticDamm compounding() {
    SyntheticDamm pool = small();
    pool.collects = 2;
    pool.layout = 1;
    pool.reserves = {40'000'000, 60'000'000};
    pool.least_price = 0;
    pool.most_price = ~Wide(0);
    return pool;
}

SyntheticDamm by_time(std::uint8_t mode, std::uint64_t reduction, std::uint64_t age) {
    SyntheticDamm pool = small();
    pool.mode = mode;
    pool.opens_at = present - age;
    pool.frequency = 60;
    pool.periods = 10;
    pool.reduction = reduction;
    pool.cliff = 200'000'000;
    return pool;
}

SyntheticDamm by_price(std::uint8_t mode, std::uint64_t reduction, std::uint64_t age) {
    SyntheticDamm pool = by_time(mode, reduction, age);
    pool.collects = 1;
    pool.duration = 1'000;
    pool.price_step = 100;
    pool.first_price = one * 100 / 104;
    return pool;
}

SyntheticDamm limited(std::uint64_t age) {
    SyntheticDamm pool = small();
    pool.mode = 2;
    pool.collects = 1;
    pool.opens_at = present - age;
    pool.duration = 1'000;
    pool.reduction = 300'000;
    pool.periods = 50;
    pool.limit_most = 4'000;
    pool.cliff = 10'000'000;
    return pool;
}

void check_rows(const SyntheticDamm& pool, std::initializer_list<TradedSizes> rows) {
    check_trades(pool, rows, [&pool](int side) { return pool.collects != 0 && side == 1; });
}

}  // namespace

TEST_SUITE("venues/meteora_damm_v2") {
    TEST_CASE("what a small pool pays, with its fee on either side, and of two reserves") {
        check_rows(small(), {{0, 996, 996'834, 19'687'499, 49'343, 20'321'762},
                             {1, 996, 996'834, 19'687'499, 49'343, 20'321'762}});
        SyntheticDamm pool = small();
        pool.collects = 1;
        check_rows(pool, {{0, 996, 996'834, 19'687'499, 49'343, 20'321'762},
                          {1, 996, 996'837, 19'688'147, 50'000, 20'321'074}});
        check_rows(compounding(), {{0, 1'495, 1'459'755, 19'950'000, 50'000, 20'075'284},
                                   {1, 664, 654'125, 9'981'238, 50'000, 60'150'376}});
        CHECK(sell(compounding(), 0, 1'000'000).value().price_impact_bps == 244);
        CHECK(sell(small(), 0, 1'000'000).value().price_impact_bps == 7);
    }

    TEST_CASE("a base fee comes down with time, to an end") {
        check_rows(by_time(0, 10'000'000, 250), {{0, 839, 839'439, 16'578'947, 3'157'895, 24'193'549}});
        check_rows(by_time(0, 10'000'000, 2'500), {{1, 899, 899'399, 17'763'157, 1'973'685, 22'556'392}});
        check_rows(by_time(1, 1'500, 250), {{0, 894, 895'001, 17'676'291, 2'060'551, 22'668'917}});
        SyntheticDamm pool = by_time(0, 10'000'000, 0);
        pool.activation = 0;  // by slots
        pool.opens_at = now.slot - 250;
        check_rows(pool, {{0, 839, 839'439, 16'578'947, 3'157'895, 24'193'549}});
    }

    TEST_CASE("a base fee comes down with the price, for a while") {
        check_rows(by_price(3, 10'000'000, 250), {{0, 839, 839'439, 16'578'947, 3'157'895, 24'193'549},
                                                  {1, 839, 839'529, 16'613'924, 3'200'000, 24'131'275}});
        check_rows(by_price(4, 1'000, 250), {{0, 867, 868'200, 17'146'973, 2'589'869, 23'379'600},
                                             {1, 867, 868'277, 17'176'630, 2'624'400, 23'331'881}});
        check_rows(by_price(3, 10'000'000, 1'001), {{1, 899, 899'460, 17'786'561, 2'000'000, 22'522'524}});
    }

    TEST_CASE("a base fee grows with the amount, for a while and one way") {
        check_rows(limited(250), {{0, 989, 989'339, 19'539'473, 197'369, 20'477'817},
                                  {1, 989, 983'354, 16'336'617, 3'483'500, 0}});
        check_rows(limited(1'001), {{1, 989, 989'347, 19'542'045, 200'000, 20'475'022}});
        CHECK(why(buy(limited(250), 0, 1'000)) == Reason::policy_refused);
        // The program then looks for a second swap in the transaction.
        PoolSwap swap;
        swap.mint_in = limited(250).mint(1);
        const Instruction made = opened(limited(250))->swap(swap, now).value();
        REQUIRE(made.accounts.size() == 15);
        CHECK(made.accounts.back().key == well_known::instructions_sysvar);
        CHECK(opened(limited(1'001))->swap(swap, now).value().accounts.size() == 14);
        swap.mint_in = limited(250).mint(0);
        CHECK(opened(limited(250))->swap(swap, now).value().accounts.size() == 14);
    }

    TEST_CASE("the volatility that the last trade left is paid by the next, and fees have an end") {
        SyntheticDamm pool = small();
        pool.volatility = SyntheticVolatility();
        pool.volatility->volatility = 1'500'000;
        check_rows(pool, {{0, 996, 996'384, 19'678'618, 58'224, 20'331'058}});
        pool.volatility->volatility = 14'460'001;  // above its most
        CHECK(why(open(pool)) == Reason::bad_account);
        pool = small();
        pool.cliff = 600'000'000;
        check_rows(pool, {{0, 499, 499'666, 9'868'421, 9'868'421, 41'095'891}});
        pool.fee_version = 1;
        check_rows(pool, {{0, 399, 399'733, 7'894'736, 11'842'106, 0}});
        CHECK(why(buy(pool, 1, 20'000'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("a pool is open when its status and its point of time say so") {
        SyntheticDamm pool = small();
        pool.opens_at = present;
        CHECK(sell(pool, 0, 1'000));
        ++pool.opens_at;
        CHECK(why(sell(pool, 0, 1'000)) == Reason::pool_closed);
        CHECK(why(buy(pool, 0, 1'000)) == Reason::pool_closed);
        PoolSwap swap;
        swap.mint_in = pool.mint(0);
        CHECK(why(opened(pool)->swap(swap, now)) == Reason::pool_closed);
        pool.activation = 0;
        pool.opens_at = now.slot;
        CHECK(sell(pool, 0, 1'000));
        ++pool.opens_at;
        CHECK(why(sell(pool, 0, 1'000)) == Reason::pool_closed);
        pool = small();
        pool.status = 1;
        CHECK(why(sell(pool, 0, 1'000)) == Reason::pool_closed);
    }

    TEST_CASE("what is too small, too much, or of another token is refused by name") {
        for (const SyntheticDamm& pool : {small(), compounding()}) {
            CHECK(why(sell(pool, 0, 0)) == Reason::amount_too_small);
            CHECK(why(buy(pool, 0, 0)) == Reason::amount_too_small);
            CHECK(sell(pool, 0, 1).value().amount_out == 0);  // the program takes it, for nothing
            CHECK(why(buy(pool, 0, ~std::uint64_t{0})) == Reason::insufficient_liquidity);
            CHECK(why(buy(pool, 1, 60'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(sell(pool, 1, ~std::uint64_t{0})) == Reason::insufficient_liquidity);
            PoolSwap swap;
            swap.mint_in = key_numbered(77);
            CHECK(why(opened(pool)->sell(swap.mint_in, 5, now)) == Reason::no_route);
            CHECK(why(opened(pool)->buy(swap.mint_in, 5, now)) == Reason::no_route);
            CHECK(why(opened(pool)->swap(swap, now)) == Reason::no_route);
        }
        CHECK(sell(small(), 0, 46'000'000).value().amount_out == 44'519'727);
        CHECK(why(sell(small(), 0, 48'000'000)) == Reason::insufficient_liquidity);  // out of its range
        SyntheticDamm drained = small();
        drained.tokens[1].held = 995;
        CHECK(why(sell(drained, 0, 1'000)) == Reason::insufficient_liquidity);
        SyntheticDamm empty = small();
        empty.liquidity = 0;
        CHECK(why(sell(empty, 0, 1'000)) == Reason::insufficient_liquidity);
        SyntheticDamm counted = small();
        counted.layout = 1;
        counted.reserves = {5'000, 995};  // less than the range would pay
        CHECK(why(sell(counted, 0, 1'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("transfer fees are taken on both sides, and tokens nobody can move are not traded") {
        SyntheticDamm pool = small();
        give_transfer_fees(pool);  // 3 %: 970 arrive, 967 or less leave
        const PoolTrade trade = sell(pool, 0, 1'000).value();
        const std::uint64_t paid = sell(small(), 0, 970).value().amount_out;
        CHECK(trade.amount_out == paid - (paid * 3 + 99) / 100);
        const PoolTrade bought = buy(pool, 1, trade.amount_out).value();
        CHECK(bought.amount_out == trade.amount_out);
        CHECK(bought.amount_in <= 1'000);
        pool.tokens[1].hook = key_numbered(50);
        CHECK(why(open(pool)) == Reason::unsupported_token);
    }

    TEST_CASE("what contradicts itself is no pool") {
        const auto refused = [](const SyntheticDamm& pool) { return why(open(pool)) == Reason::bad_account; };
        const auto changed = [](auto change) {
            SyntheticDamm pool = small();
            change(pool);
            return pool;
        };
        CHECK(refused(changed([](auto& pool) { pool.price = pool.most_price + 1; })));
        CHECK(refused(changed([](auto& pool) { pool.price = pool.least_price - 1; })));
        CHECK(refused(changed([](auto& pool) { pool.least_price = 0; })));
        CHECK(refused(changed([](auto& pool) {
            pool.liquidity = ~Wide(0);  // worth more than 64 bits down there
            for (Wide* price : {&pool.least_price, &pool.price, &pool.most_price}) *price >>= 16;
        })));
        CHECK(refused(changed([](auto& pool) { pool.mode = 5; })));
        CHECK(refused(changed([](auto& pool) { pool.collects = 3; })));
        CHECK(refused(changed([](auto& pool) { pool.activation = 2; })));
        CHECK(refused(changed([](auto& pool) { pool.fee_version = 2; })));
        CHECK(refused(changed([](auto& pool) { pool.layout = 2; })));
        CHECK(refused(changed([](auto& pool) { pool.cliff = 1'000'000'000; })));
        CHECK(refused(changed([](auto& pool) { pool.tokens[1].vault = pool.tokens[0].vault; })));
        CHECK(refused(by_time(0, 20'000'001, 250)));  // below nothing in its last period
        CHECK(refused(by_time(1, 10'000, 250)));
        SyntheticDamm pool = limited(250);
        pool.collects = 0;
        CHECK(refused(pool));
        pool = limited(250);
        pool.periods = 0;
        CHECK(refused(pool));
        pool = by_price(3, 10'000'000, 250);
        pool.first_price = 0;
        CHECK(refused(pool));
        pool = compounding();
        pool.reserves[1] = 0;
        CHECK(refused(pool));
        AccountStates accounts = small().encode();
        accounts[small().address].data[482] = 1;  // says Token-2022 of a mint that is not
        CHECK(why(family_of(accounts.at(small().address))->open(small().address, accounts)) ==
              Reason::bad_account);
    }

    TEST_CASE("accounts that are cut short or changed never crash, and short ones are never read") {
        SyntheticDamm pool = by_time(1, 1'500, 250);
        pool.volatility = SyntheticVolatility();
        give_transfer_fees(pool);
        break_everything(pool);
        break_everything(by_price(4, 1'000, 250));
        break_everything(limited(250));
        break_everything(compounding());
    }
}
