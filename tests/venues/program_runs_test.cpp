#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>

#include "libexec/venues/pools/pool.hpp"
#include "support/golden.hpp"
#include "synthetic_pools.hpp"

using namespace libexec;
using test::key_of;
using test::number_of;

// What the deployed programs took and paid when execd traded through them: orders on a local node that ran
// their builds over real accounts, each from the same state, judged by the balances
// (tests/e2e/programs_test.js --record).

namespace {

/// Whether a pool does what the program did.
bool repeats(const Pool& pool, const JsonValue& run, const PublicKey& mint_in, const PublicKey& mint_out) {
    const ChainClock clock = test::read_clock(run["clock"]);
    const std::uint64_t taken = number_of(run["amount_in"]);
    const std::uint64_t paid = number_of(run["amount_out"]);
    const bool sells = run["exact"].text() == "in";
    const auto trade = sells ? pool.sell(mint_in, taken, clock) : pool.buy(mint_out, paid, clock);
    CAPTURE(run["name"].text());
    CAPTURE(run["exact"].text());
    CAPTURE(taken);
    CAPTURE((trade ? "" : trade.error().detail));
    REQUIRE(trade);
    CHECK(trade.value().amount_in == taken);
    CHECK(trade.value().amount_out == paid);
    return trade.value().amount_in == taken && trade.value().amount_out == paid;
}

std::unique_ptr<Pool> open_set(const std::filesystem::path& root, const JsonValue& run) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(root / "accounts" / run["venue"].text() / run["name"].text()))
        files.push_back(entry.path());
    const AccountStates accounts = test::read_accounts(files);
    const PublicKey address = key_of(run["pool"].text());
    const PoolFamily* family = family_of(accounts.at(address));
    REQUIRE(family != nullptr);
    CHECK(family->name() == run["venue"].text());
    auto pool = family->open(address, accounts);
    REQUIRE(pool);
    return std::move(pool).value();
}

/// The pools of these runs that a few numbers describe whole, as they stood before each of them.
test::SyntheticAmm amm_of_runs() {
    test::SyntheticAmm pool;
    pool.tokens[0].held = 68'848'141'036'243;  // lamports
    pool.tokens[1].held = 6'599'656'042'948;   // millionths of USDC
    return pool;
}

test::SyntheticCpmm cpmm_of_runs() {
    test::SyntheticCpmm pool;
    for (auto& token : pool.tokens) token.program = well_known::token_2022_program;
    pool.tokens[0].held = 10'568'490'453'378;
    pool.tokens[0].owed = 876'317'160 + 545'121;
    pool.tokens[1].held = 69'761'983'154'278;
    pool.tokens[1].owed = 3'941'754'765 + 590'036;
    pool.tokens[1].fee_points = 300;
    pool.tokens[1].fee_most = 1'000'000'000'000'000;
    return pool;
}

}  // namespace

TEST_SUITE("venues/program_runs") {
    TEST_CASE("what execd paid through the programs is what the pools of the same accounts say") {
        const auto root = test::fixtures_or_say();
        if (!root) return;
        std::map<std::string, std::unique_ptr<Pool>> opened;
        int equal = 0;
        int runs = 0;
        for (const JsonValue& run : test::program_runs()) {
            std::unique_ptr<Pool>& pool = opened[run["venue"].text() + "/" + run["name"].text()];
            if (!pool) pool = open_set(*root, run);
            ++runs;
            equal +=
                repeats(*pool, run, key_of(run["token_in"].text()), key_of(run["token_out"].text())) ? 1 : 0;
        }
        MESSAGE("runs of the programs: " << equal << " of " << runs);
        CHECK(equal == runs);
        CHECK(runs == 88);
        CHECK(opened.size() == 11);
    }

    TEST_CASE("what execd paid through Raydium's constant-product programs, from reserves alone") {
        const test::SyntheticAmm amm = amm_of_runs();
        const test::SyntheticCpmm cpmm = cpmm_of_runs();
        // The first token of each, as the runs name it.
        const std::map<std::string, std::pair<const test::SyntheticPool*, std::string>> described{
            {"raydium_amm_v4", {&amm, "So11111111111111111111111111111111111111112"}},
            {"raydium_cpmm", {&cpmm, "pumpCmXqMfrsAkQ5r49WcJnRayYRqmXz6ae8H7H9Dfn"}}};
        int runs = 0;
        for (const JsonValue& run : test::program_runs()) {
            const auto found = described.find(run["venue"].text());
            if (found == described.end()) continue;
            const auto& [numbers, first] = found->second;
            const AccountStates accounts = numbers == &amm ? amm.encode() : cpmm.encode();
            const auto pool = family_of(accounts.at(numbers->address))->open(numbers->address, accounts);
            REQUIRE(pool);
            const int in = run["token_in"].text() == first ? 0 : 1;
            ++runs;
            CHECK(repeats(*pool.value(), run, numbers->mint(in), numbers->mint(1 - in)));
        }
        MESSAGE("runs described by reserves alone: " << runs);
        CHECK(runs == 16);
    }
}
