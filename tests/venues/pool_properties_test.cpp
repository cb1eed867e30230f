#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "pool_checks.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// What arrives of an amount that a token is sent in.
std::uint64_t arrives(const SyntheticToken& token, std::uint64_t sent) {
    if (token.fee_points == 0) return sent;
    const Wide fee = (Wide(sent) * token.fee_points + 9'999) / 10'000;
    return sent - static_cast<std::uint64_t>(std::min<Wide>(fee, token.fee_most));
}

std::uint64_t share_up(std::uint64_t amount, std::uint64_t millionths) {
    return static_cast<std::uint64_t>((Wide(amount) * millionths + 999'999) / 1'000'000);
}

/// What a sale of so much that arrived leaves in the other vault for the creator, by the definition.
std::uint64_t creator_share(const SyntheticCpmm& pool, int side, std::uint64_t arrived) {
    const bool takes_of_input = pool.creator_fee_on == 0 || (pool.creator_fee_on == 1) == (side == 0);
    if (!pool.has_creator_fee || takes_of_input) return 0;
    const SyntheticToken& in = pool.tokens[static_cast<std::size_t>(side)];
    const SyntheticToken& out = pool.tokens[static_cast<std::size_t>(1 - side)];
    const std::uint64_t traded = arrived - share_up(arrived, pool.trade_rate);
    const Wide paid = Wide(out.held - out.owed) * traded / (Wide(in.held - in.owed) + traded);
    return share_up(static_cast<std::uint64_t>(paid), pool.creator_rate);
}

std::uint64_t creator_share(const SyntheticAmm&, int, std::uint64_t) { return 0; }

/// Sells in a pool of two reserves and puts into them what came and went. The fees of the input stay in the
/// reserves; what the creator takes of the output leaves them, but not the vault.
template <class Synthetic>
std::optional<std::uint64_t> sell_for_good(Synthetic& pool, int side, std::uint64_t amount) {
    const auto traded = opened(pool)->sell(pool.mint(side), amount, now);
    if (!traded) return std::nullopt;
    SyntheticToken& in = pool.tokens[static_cast<std::size_t>(side)];
    SyntheticToken& out = pool.tokens[static_cast<std::size_t>(1 - side)];
    const std::uint64_t arrived = arrives(in, amount);
    const std::uint64_t owed = creator_share(pool, side, arrived);
    in.held += arrived;
    // The least that delivers what arrived: at least that much left the vault.
    const std::uint64_t received = traded.value().amount_out;
    std::uint64_t sent = received;
    while (arrives(out, sent) < received) sent += received - arrives(out, sent);
    out.held -= sent;
    out.owed += owed;
    return received;
}

template <class Synthetic>
void check_two_sales(const Synthetic& pool, Random& random, int& tried) {
    const std::uint64_t amount = any_size(random, 50);
    Synthetic there = pool;
    const auto out = sell_for_good(there, 0, amount);
    if (!out) return;
    ++tried;
    Synthetic back = there;
    const auto returned = sell_for_good(back, 1, *out);
    if (returned) REQUIRE(*returned <= amount);
    const std::uint64_t rest = any_size(random, 50);
    const auto second = sell_for_good(there, 0, rest);
    const auto whole = opened(pool)->sell(pool.mint(0), amount + rest, now);
    if (second && whole) REQUIRE(*out + *second <= whole.value().amount_out + 1);
}

template <class Draw>
void check_reserves(std::uint64_t seed, Draw draw) {
    Random random(seed);
    int priced = 0;
    int tried = 0;
    for (int i = 0; i < 300; ++i) {
        CAPTURE(i);
        const auto pool = draw(random);
        const auto made = opened(pool);
        for (int side = 0; side < 2; ++side)
            check_prices(*made, pool.mint(side), pool.mint(1 - side), random, priced);
        check_two_sales(pool, random, tried);
    }
    CHECK(priced > 200);
    CHECK(tried > 100);
}

}  // namespace

TEST_SUITE("venues/pool_properties") {
    TEST_CASE("Raydium CPMM: nobody gains by a round trip, by parts, or by asking from the other end") {
        check_reserves(61, draw_cpmm);
    }

    TEST_CASE("Raydium AMM v4: nobody gains by a round trip, by parts, or by asking from the other end") {
        check_reserves(62, draw_amm);
    }

    TEST_CASE("Orca Whirlpools: more gives more, and what an amount costs is what it is sold for") {
        Random random(63);
        int priced = 0;
        for (int i = 0; i < 150; ++i) {
            CAPTURE(i);
            const SyntheticWhirlpool pool = draw_whirlpool(random);
            const auto made = opened(pool);
            for (int side = 0; side < 2; ++side) {
                for (int k = 0; k < 4; ++k)
                    check_prices(*made, pool.mint(side), pool.mint(1 - side), random, priced);
            }
        }
        CHECK(priced > 200);
    }
}
