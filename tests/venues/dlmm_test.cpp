#include <doctest/doctest.h>

#include "dlmm_asked.hpp"
#include "random_dlmm.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

void small(SyntheticDlmm&) {}
void without_orders(SyntheticDlmm& pool) { pool.function = 1; }
void fee_in_y(SyntheticDlmm& pool) { pool.fee_mode = 1; }
/// A minute ago the price had moved by 20 bins, of which half still counts.
void remembers(SyntheticDlmm& pool) {
    pool.volatility = 200'000;
    pool.updated_at = now.unix_timestamp - 60;
}
/// Five seconds ago it came here from bin 12.
void in_succession(SyntheticDlmm& pool) {
    pool.bin_reference = 12;
    pool.reference = 50'000;
    pool.updated_at = now.unix_timestamp - 5;
}

}  // namespace

TEST_SUITE("venues/dlmm") {
    TEST_CASE("Meteora DLMM: a small pair pays what the program paid for it in a local virtual machine") {
        // The amounts are the program's, for the same figures under a pair's address that it had derived.
        struct Row {
            void (*change)(SyntheticDlmm&);
            int side;
            std::uint64_t in;
            std::uint64_t out;
            std::uint64_t fee;
            std::uint32_t impact;
            std::uint32_t crossings;
        };
        for (const Row& row : {
                 Row{small, 0, 10'007, 9'976, 31, 0, 0},
                 Row{small, 0, 2'600'000, 2'573'918, 8'565, 68, 2},
                 Row{small, 0, 7'000'000, 4'865'324, 240'340, 2803, 4},
                 Row{small, 1, 10'007, 9'976, 31, 0, 0},
                 Row{small, 1, 2'600'000, 2'575'959, 8'281, 61, 1},
                 Row{small, 1, 7'000'000, 4'865'583, 240'275, 2803, 4},
                 Row{without_orders, 0, 2'600'000, 2'569'740, 8'807, 83, 2},
                 Row{without_orders, 0, 7'000'000, 4'218'641, 308'869, 3696, 4},
                 Row{without_orders, 1, 2'600'000, 2'569'741, 8'807, 83, 2},
                 Row{without_orders, 1, 7'000'000, 4'218'641, 308'869, 3696, 4},
                 Row{fee_in_y, 0, 2'600'000, 2'573'808, 8'506, 69, 2},
                 Row{fee_in_y, 0, 7'000'000, 4'847'868, 37'430, 3022, 4},
                 Row{fee_in_y, 1, 7'000'000, 4'865'583, 240'275, 2803, 4},
                 Row{remembers, 0, 10'007, 9'676, 331, 0, 0},
                 Row{remembers, 0, 2'600'000, 2'487'728, 96'487, 64, 2},
                 Row{remembers, 1, 7'000'000, 4'851'121, 414'281, 2634, 4},
                 Row{in_succession, 0, 2'600'000, 2'340'746, 246'423, 55, 2},
                 Row{in_succession, 1, 2'600'000, 2'367'964, 218'356, 58, 1},
                 Row{taxed, 0, 10'007, 9'385, 30, 0, 0},
                 Row{taxed, 0, 7'000'000, 4'704'127, 219'340, 2620, 4},
                 Row{taxed, 1, 2'600'000, 2'424'017, 8'023, 60, 1},
                 Row{far, 0, 10'007, 10'006, 1, 100, 0},
                 Row{far, 0, 7'000'000, 6'942'070, 470, 181, 4},
                 Row{far, 1, 2'600'000, 2'535'639, 174, 149, 0},
                 Row{far, 1, 7'000'000, 5'051'185, 469, 2712, 1},
             }) {
            CAPTURE(row.side);
            CAPTURE(row.in);
            CAPTURE(row.out);
            const SyntheticDlmm pool = with(row.change);
            const auto trade = sell(pool, row.side, row.in);
            REQUIRE_MESSAGE(trade, (trade ? "" : trade.error().detail));
            CHECK(trade.value().amount_in == row.in);
            CHECK(trade.value().amount_out == row.out);
            CHECK(trade.value().fee == row.fee);
            CHECK(trade.value().fee_mint == pool.mint(pool.fee_mode == 1 ? 1 : row.side));
            CHECK(trade.value().price_impact_bps == row.impact);
            CHECK(trade.value().crossings == row.crossings);
            const auto cost = buy(pool, 1 - row.side, row.out);
            REQUIRE(cost);
            CHECK(cost.value().amount_in <= row.in);
            CHECK(sell(pool, row.side, cost.value().amount_in).value().amount_out >= row.out);
        }
    }

    TEST_CASE("Meteora DLMM: a bin at a price of one, worked out by hand") {
        const SyntheticDlmm pool = with(without_orders);
        CHECK(sell(pool, 0, 1'000).value().amount_out == 997);  // 0.3 %
        CHECK(sell(pool, 0, 1'001).value().amount_out == 997);  // of which the fee is rounded up
        CHECK(sell(pool, 0, 1'003'010).value().amount_out == 1'000'000);
        CHECK(sell(pool, 0, 1'003'010).value().crossings == 0);  // the bin is empty, and nothing is left
        CHECK(buy(pool, 1, 1'000'000).value().amount_in == 1'003'010);
        CHECK(buy(pool, 1, 997).value().amount_in == 1'000);
        // The next unit but one begins the bin below, which has a price a percent lower.
        CHECK(sell(pool, 0, 1'003'010 + 5).value().amount_out == 1'000'003);
        CHECK(sell(pool, 0, 1'003'010 + 5).value().crossings == 1);
    }

    TEST_CASE(
        "Meteora DLMM: what is given and what it costs agree, whatever the pool, its orders and its tokens") {
        Random random(85);
        int priced = 0;
        for (int i = 0; i < 120; ++i) {
            CAPTURE(i);
            const SyntheticDlmm pool = draw_dlmm(random, 20);
            const auto made = opened(pool);
            for (int side = 0; side < 2; ++side) {
                const std::uint64_t amount = any_size(random, 36);
                const auto sold = made->sell(pool.mint(side), amount, now);
                if (!sold) continue;
                ++priced;
                const PoolTrade& trade = sold.value();
                REQUIRE(trade.amount_in == amount);
                REQUIRE(trade.amount_out > 0);
                REQUIRE(trade.price_impact_bps <= 10'000);
                const auto more = made->sell(pool.mint(side), amount + 1 + random.below(amount), now);
                if (more) REQUIRE(more.value().amount_out >= trade.amount_out);
                const auto cost = made->buy(pool.mint(1 - side), trade.amount_out, now);
                REQUIRE_MESSAGE(cost, (cost ? "" : cost.error().detail));
                REQUIRE(cost.value().amount_out == trade.amount_out);
                const auto again = made->sell(pool.mint(side), cost.value().amount_in, now);
                REQUIRE(again);
                REQUIRE(again.value().amount_out >= trade.amount_out);
            }
        }
        CHECK(priced > 60);
    }
}
