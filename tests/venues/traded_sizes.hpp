#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

#include "pool_checks.hpp"

namespace libexec::test {

/// A sale of three sizes one way, and what twenty million cost (0: not asked). Worked out apart from this
/// code.
struct TradedSizes {
    int side;
    std::uint64_t out_of_thousand;
    std::uint64_t out_of_million;
    std::uint64_t out_of_many;
    std::uint64_t fee_of_many;
    std::uint64_t price_of_many;
};

/// `fee_of_input`: whether the pool takes its fee of what is sold, when it is sold on that side.
template <class Synthetic, class FeeOfInput>
void check_trades(const Synthetic& pool, std::initializer_list<TradedSizes> rows, FeeOfInput fee_of_input) {
    for (const TradedSizes& row : rows) {
        CAPTURE(row.side);
        CHECK(sell(pool, row.side, 1'000).value().amount_out == row.out_of_thousand);
        CHECK(sell(pool, row.side, 1'000'000).value().amount_out == row.out_of_million);
        const PoolTrade many = sell(pool, row.side, 20'000'000).value();
        CHECK(many.amount_in == 20'000'000);
        CHECK(many.amount_out == row.out_of_many);
        CHECK(many.fee == row.fee_of_many);
        CHECK(many.fee_mint == pool.mint(fee_of_input(row.side) ? row.side : 1 - row.side));
        if (row.price_of_many != 0)
            CHECK(buy(pool, 1 - row.side, 20'000'000).value().amount_in == row.price_of_many);
    }
}

}  // namespace libexec::test
