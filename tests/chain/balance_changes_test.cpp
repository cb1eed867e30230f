#include <doctest/doctest.h>

#include <limits>

#include "chain/solana/balance_changes.hpp"
#include "libexec/model/money.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

constexpr std::uint64_t rent = 2'039'280;

const PublicKey wallet = key_number(1);
const PublicKey pool = key_number(2);
const PublicKey usdc = key_number(10);
const PublicKey bonk = key_number(11);

TokenBalanceEntry entry(std::uint8_t account, const PublicKey& mint, const PublicKey& owner,
                        std::uint64_t amount) {
    TokenBalanceEntry made;
    made.account = account;
    made.mint = mint;
    made.owner = owner;
    made.amount = amount;
    return made;
}

/// Four keys: the wallet, two token accounts, somebody else.
LandedTransaction landed(std::vector<std::uint64_t> before, std::vector<std::uint64_t> after) {
    LandedTransaction made;
    made.fee_lamports = 5'000;
    made.lamports_before = std::move(before);
    made.lamports_after = std::move(after);
    return made;
}

void check(const LandedTransaction& transaction, std::uint64_t gone, std::uint64_t come, Rent held = {}) {
    const auto changes = balance_changes(transaction, wallet);
    REQUIRE(changes);
    CHECK(changes.value().gone == gone);
    CHECK(changes.value().come == come);
    CHECK(changes.value().rent.paid_lamports == held.paid_lamports);
    CHECK(changes.value().rent.returned_lamports == held.returned_lamports);
}

}  // namespace

TEST_SUITE("chain/balance_changes") {
    TEST_CASE("one token for another: the fee is no part of it") {
        auto swap = landed({9'000'000, rent, rent, 1}, {8'995'000, rent, rent, 1});
        swap.tokens_before = {entry(1, usdc, wallet, 500), entry(2, bonk, wallet, 10),
                              entry(3, usdc, pool, 7)};
        swap.tokens_after = {entry(1, usdc, wallet, 400), entry(2, bonk, wallet, 90),
                             entry(3, usdc, pool, 107)};
        check(swap, 100, 80);
    }

    TEST_CASE("SOL that was wrapped on the way counts in lamports, and new accounts keep their rent") {
        // The wrapped account is made and ended within: it holds nothing at either end. The one of the output
        // is new.
        auto bought = landed({1'000'000'000, 0, 0, 1}, {1'000'000'000 - 5'000 - 300 - rent, 0, rent, 1});
        bought.tokens_after = {entry(2, usdc, wallet, 60)};
        check(bought, 300, 60, Rent{rent, 0});

        auto sold = landed({1'000'000'000, 0, rent, 1}, {1'000'000'000 - 5'000 + 299, 0, rent, 1});
        sold.tokens_before = {entry(2, usdc, wallet, 60)};
        sold.tokens_after = {entry(2, usdc, wallet, 0)};
        check(sold, 60, 299);
    }

    TEST_CASE("wrapped SOL that was there before stays the wallet's when its account is ended") {
        auto sold = landed({1'000, rent + 700, rent, 1}, {1'000 - 500 + rent + 700 + 40, 0, rent, 1});
        sold.fee_lamports = 500;
        sold.tokens_before = {entry(1, well_known::wrapped_sol, wallet, 700), entry(2, usdc, wallet, 9)};
        sold.tokens_after = {entry(2, usdc, wallet, 0)};
        check(sold, 9, 40, Rent{0, rent});
    }

    TEST_CASE("an account that was ended held its tokens before") {
        auto sold = landed({1'000'000, rent, rent, 1}, {1'000'000 - 5'000 + rent, 0, rent, 1});
        sold.tokens_before = {entry(1, bonk, wallet, 70), entry(2, usdc, wallet, 1)};
        sold.tokens_after = {entry(2, usdc, wallet, 6)};
        // Its rent came back to the wallet: nothing was gained by it.
        check(sold, 70, 5, Rent{0, rent});
    }

    TEST_CASE("rent is what lies in new accounts, without the SOL that is wrapped there") {
        // SOL comes as wrapped SOL into a new account that stays.
        auto wrapped =
            landed({1'000'000'000, 0, rent, 1}, {1'000'000'000 - 5'000 - rent, rent + 700, rent, 1});
        wrapped.tokens_before = {entry(2, usdc, wallet, 60)};
        wrapped.tokens_after = {entry(1, well_known::wrapped_sol, wallet, 700), entry(2, usdc, wallet, 10)};
        check(wrapped, 50, 700, Rent{rent, 0});

        // One account is made, another one closed.
        auto both = landed({1'000'000'000, rent, 0, 1}, {1'000'000'000 - 5'000, 0, rent, 1});
        both.tokens_before = {entry(1, bonk, wallet, 70)};
        both.tokens_after = {entry(2, usdc, wallet, 60)};
        check(both, 70, 60, Rent{rent, rent});

        // Somebody had sent lamports to the address before there was an account.
        auto gifted =
            landed({1'000'000'000, rent, 100, 1}, {1'000'000'000 - 5'000 - rent + 100, rent, rent, 1});
        gifted.tokens_before = {entry(1, bonk, wallet, 70)};
        gifted.tokens_after = {entry(1, bonk, wallet, 0), entry(2, usdc, wallet, 60)};
        check(gifted, 70, 60, Rent{rent - 100, 0});

        // Accounts of others are no concern of the wallet's.
        auto others = landed({1'000'000'000, rent, rent, 0}, {1'000'000'000 - 5'000, rent, rent, rent});
        others.tokens_before = {entry(1, bonk, wallet, 70), entry(2, usdc, wallet, 1)};
        others.tokens_after = {entry(1, bonk, wallet, 0), entry(2, usdc, wallet, 9),
                               entry(3, bonk, pool, 70)};
        check(others, 70, 8);
    }

    TEST_CASE("lamports that lay where an account of wrapped SOL is made are no rent, and hide no amounts") {
        // More than its rent: the rest counts as wrapped from the start, and none was paid.
        const std::uint64_t gift = rent + 500;
        auto gifted = landed({1'000'000'000, gift, rent, 1}, {1'000'000'000 - 5'000, gift + 700, rent, 1});
        gifted.tokens_before = {entry(2, usdc, wallet, 90)};
        gifted.tokens_after = {entry(1, well_known::wrapped_sol, wallet, 500 + 700),
                               entry(2, usdc, wallet, 60)};
        check(gifted, 30, 700, Rent{0, 0});
    }

    TEST_CASE("more than can be booked was not told") {
        auto odd = landed({1'000'000'000, rent, 1}, {1'000'000'000 - 5'000 - 70, rent, 1});
        odd.tokens_before = {entry(1, usdc, wallet, 0)};
        odd.tokens_after = {entry(1, usdc, wallet, Amount::most)};
        check(odd, 70, Amount::most);
        odd.tokens_after = {entry(1, usdc, wallet, std::uint64_t{Amount::most} + 1)};
        CHECK(!balance_changes(odd, wallet));
        auto rich =
            landed({1'000'000'000, 0, rent, 1}, {900'000'000, std::uint64_t{Amount::most} + 1, rent, 1});
        rich.tokens_before = {entry(2, usdc, wallet, 60)};
        rich.tokens_after = {entry(1, bonk, wallet, 5), entry(2, usdc, wallet, 90)};
        CHECK(!balance_changes(rich, wallet));
    }

    TEST_CASE("what is no swap, or not told, is not guessed") {
        LandedTransaction silent;
        CHECK(balance_changes(silent, wallet).error().detail.find("keeps no balances") != std::string::npos);
        auto uneven = landed({1, 2}, {1});
        CHECK_FALSE(balance_changes(uneven, wallet));
        auto two = landed({9'000'000, rent, rent, 1}, {8'995'000, rent, rent, 1});
        two.tokens_before = {entry(1, usdc, wallet, 500), entry(2, bonk, wallet, 10)};
        two.tokens_after = {entry(1, usdc, wallet, 400), entry(2, bonk, wallet, 9)};
        CHECK(balance_changes(two, wallet).error().detail.find("more than one token went") !=
              std::string::npos);
        two.tokens_before = {};
        CHECK(balance_changes(two, wallet).error().detail.find("more than one token came") !=
              std::string::npos);
        constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
        auto riches = landed({9'000'000, 0, 0, 0}, {8'995'000, most, most, 0});
        riches.tokens_after = {entry(1, usdc, wallet, 1), entry(2, usdc, wallet, 1)};
        CHECK(balance_changes(riches, wallet).error().detail.find("not so many") != std::string::npos);
        riches.lamports_after = {8'995'000, rent, rent, 0};
        riches.tokens_after = {entry(1, usdc, wallet, most), entry(2, usdc, wallet, most)};
        CHECK(balance_changes(riches, wallet).error().detail.find("not so many") != std::string::npos);
        auto beyond = landed({5'000}, {0});
        beyond.tokens_after = {entry(9, usdc, wallet, 4)};  // no such key
        CHECK_FALSE(balance_changes(beyond, wallet));
    }

    TEST_CASE("balances in which nothing left or nothing came are of no swap") {
        // As they stood before it, at both ends: then the fee looks as if it had come.
        auto stale = landed({9'000'000, rent, rent, 1}, {9'000'000, rent, rent, 1});
        stale.tokens_before = {entry(1, usdc, wallet, 500), entry(2, bonk, wallet, 10)};
        stale.tokens_after = stale.tokens_before;
        CHECK(balance_changes(stale, wallet).error().detail.find("nothing left the wallet") !=
              std::string::npos);

        auto half = landed({9'000'000, rent, 0, 0}, {9'000'000 - 5'000 - 300, rent, 0, 0});
        half.tokens_before = {entry(1, usdc, wallet, 500)};
        half.tokens_after = half.tokens_before;
        CHECK(balance_changes(half, wallet).error().detail.find("nothing came to the wallet") !=
              std::string::npos);

        auto gift = landed({9'000'000, rent, 0, 0}, {9'000'000 - 5'000 + 300, rent, 0, 0});
        CHECK(balance_changes(gift, wallet).error().detail.find("nothing left the wallet") !=
              std::string::npos);
    }
}
