#include <doctest/doctest.h>

#include <set>

#include "dlmm_asked.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("venues/dlmm_refusals") {
    TEST_CASE("Meteora DLMM: a pair that is switched off or not open yet is closed, for building as well") {
        const auto closed = [](const Change& change) {
            const SyntheticDlmm pool = with(change);
            for (int side = 0; side < 2; ++side) {
                CHECK(why(sell(pool, side, 1'000)) == Reason::pool_closed);
                CHECK(why(buy(pool, side, 1'000)) == Reason::pool_closed);
                CHECK(why(build(pool, side)) == Reason::pool_closed);
            }
        };
        for (const int status : {1, 2, 255})
            closed([&](auto& pool) { pool.status = static_cast<std::uint8_t>(status); });
        for (const bool by_time : {false, true}) {
            const auto current = by_time ? static_cast<std::uint64_t>(now.unix_timestamp) : now.slot;
            for (const int type : {0, 1, 2, 3}) {
                CAPTURE(type);
                const auto opens = [&](std::uint64_t at) {
                    return [=](SyntheticDlmm& pool) {
                        pool.pair_type = static_cast<std::uint8_t>(type);
                        pool.activation = by_time ? 1 : 0;
                        pool.opens_at = at;
                    };
                };
                CHECK(sell(with(opens(current)), 0, 1'000));
                // Only two kinds of pairs wait.
                if (type == 1 || type == 2)
                    closed(opens(current + 1));
                else
                    CHECK(sell(with(opens(current + 1)), 0, 1'000));
            }
        }
    }

    TEST_CASE("Meteora DLMM: what is too small, too much, or of another token is refused by name") {
        const SyntheticDlmm pool = small_dlmm();
        CHECK(why(sell(pool, 0, 0)) == Reason::amount_too_small);
        CHECK(why(sell(pool, 0, 1)) == Reason::amount_too_small);  // all of it is fee
        CHECK(why(buy(pool, 0, 0)) == Reason::amount_too_small);
        CHECK(why(sell(with(taxed), 0, 3)) == Reason::amount_too_small);  // the token keeps what is paid
        for (int side = 0; side < 2; ++side) {
            CHECK(why(sell(pool, side, 200'000'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(sell(pool, side, ~std::uint64_t{0})) == Reason::insufficient_liquidity);
            CHECK(why(buy(pool, side, 20'000'000)) == Reason::insufficient_liquidity);
            CHECK(why(buy(pool, side, ~std::uint64_t{0})) == Reason::insufficient_liquidity);
        }
        const auto made = opened(pool);
        PoolSwap swap;
        swap.mint_in = key_numbered(77);
        CHECK(why(made->sell(swap.mint_in, 5, now)) == Reason::no_route);
        CHECK(why(made->buy(swap.mint_in, 5, now)) == Reason::no_route);
        CHECK(why(made->swap(swap, now)) == Reason::no_route);
        CHECK(made->address() == pool.address);
        CHECK(made->mint_a() == pool.mint(0));
        CHECK(made->mint_b() == pool.mint(1));
        CHECK(why(sell(with([](auto& drained) { drained.tokens[1].held = 996; }), 0, 1'000)) ==
              Reason::insufficient_liquidity);
        // The worth of what the bin holds is beyond 64 bits, and so beyond the program.
        const auto huge = with([](SyntheticDlmm& other) {
            other.step = 400;
            other.active = -700;
            other.bins = {{-700, SyntheticBin{0, std::uint64_t{1} << 62}}};
        });
        CHECK(why(sell(huge, 0, 1'000'000'000'000'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("Meteora DLMM: a trade ends where the pair's bins, its bitmap or a swap's arrays do") {
        CHECK(why(sell(with([](auto& pool) { pool.lowest = -1; }), 0, 2'600'000)) ==
              Reason::insufficient_liquidity);
        CHECK(why(sell(with([](auto& pool) { pool.highest = 0; }), 1, 2'600'000)) ==
              Reason::insufficient_liquidity);
        CHECK(sell(with([](auto& pool) { pool.highest = 0; }), 0, 2'600'000));
        // What others wait for on the other side is not for sale.
        CHECK(sell(with([](auto& pool) { pool.bins[0].asks = true; }), 0, 1'300'000).value().amount_out <
              sell(small_dlmm(), 0, 1'300'000).value().amount_out);

        const SyntheticDlmm missing = with([](auto& pool) { pool.last_array_missing = true; });
        CHECK(sell(missing, 1, 2'600'000));
        CHECK(why(sell(missing, 1, 7'000'000)) == Reason::insufficient_liquidity);

        SyntheticDlmm wide = small_dlmm();
        for (std::int32_t i = 1; i <= 5; ++i) wide.bins[70 * i].x = 1;
        const auto made = build(wide, 1);
        REQUIRE(made);
        CHECK(made.value().accounts.size() == 16 + 4);
        for (std::int64_t i = 0; i < 4; ++i)
            CHECK(made.value().accounts[16 + static_cast<std::size_t>(i)] ==
                  AccountMeta{SyntheticDlmm::array_address(wide.address, i), false, true});
        CHECK(why(sell(wide, 1, 200'000'000)) == Reason::insufficient_liquidity);

        SyntheticDlmm one_sided = small_dlmm();
        one_sided.bins = {{-100, SyntheticBin{0, 1'000'000}}};
        CHECK(sell(one_sided, 0, 1'000));
        CHECK(why(build(one_sided, 1)) == Reason::insufficient_liquidity);
        CHECK(why(sell(one_sided, 1, 1'000)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("Meteora DLMM: the account of the bitmap is read and named where there is one") {
        const SyntheticDlmm near = small_dlmm();
        const SyntheticDlmm away = with(far);
        const AccountMeta bitmap{SyntheticDlmm::bitmap_address(near.address), false, true};
        CHECK(build(near, 0).value().accounts[1] ==
              AccountMeta{build(near, 0).value().program, false, false});
        CHECK(build(away, 0).value().accounts[1] == bitmap);
        CHECK(build(with([](auto& pool) { pool.has_bitmap_account = true; }), 0).value().accounts[1] ==
              bitmap);
        CHECK(build(away, 1).value().accounts.back().key == SyntheticDlmm::array_address(away.address, 514));
        CHECK(build(away, 0).value().accounts.back().key == SyntheticDlmm::array_address(away.address, -515));

        // From the outside inwards, and with nothing between here and the other end.
        for (const std::int32_t active : {-36'000, -35'841, 35'840, 36'000, 443'000}) {
            CAPTURE(active);
            SyntheticDlmm pool = small_dlmm();
            pool.step = 1;
            pool.active = active;
            pool.bins = {{0, SyntheticBin{5'000, 5'000}}};
            pool.has_bitmap_account = true;
            CHECK(build(pool, active > 0 ? 0 : 1).value().accounts.back().key ==
                  SyntheticDlmm::array_address(pool.address, 0));
            CHECK(why(build(pool, active > 0 ? 1 : 0)) == Reason::insufficient_liquidity);
            pool.has_bitmap_account = false;  // then nobody knows
            CHECK(why(build(pool, active > 0 ? 0 : 1)) == Reason::insufficient_liquidity);
        }

        // An engine asks until nothing new is named.
        const AccountStates there = away.encode();
        const PoolFamily& family = *family_of(there.at(away.address));
        AccountStates known;
        std::set<PublicKey> asked;
        for (int round = 0; round < 4; ++round) {
            const auto wanted = family.wanted(away.address, known);
            REQUIRE(wanted);
            asked = std::set<PublicKey>(wanted.value().begin(), wanted.value().end());
            CHECK(asked.size() == wanted.value().size());
            for (const PublicKey& key : asked) {
                if (there.contains(key)) known[key] = there.at(key);
            }
        }
        CHECK(known.size() == there.size());
        CHECK(open_accounts(away.address, known));
    }

    TEST_CASE("Meteora DLMM: tokens that cannot be moved freely are not traded") {
        const auto refused = [](const Change& change) {
            CHECK(why(open(with(change))) == Reason::unsupported_token);
        };
        refused([](auto& pool) {
            pool.tokens[1].program = well_known::token_2022_program;
            pool.tokens[1].hook = key_numbered(50);
        });
        refused([](auto& pool) {
            pool.tokens[0].program = well_known::token_2022_program;
            pool.tokens[0].starts_frozen = true;
        });
        refused([](auto& pool) { pool.tokens[0].vault_frozen = true; });
    }
}
