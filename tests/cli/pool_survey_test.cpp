#include "pool_survey.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/swaps.hpp"
#include "venues/solana_market.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::test;

namespace {

PoolSurvey survey_in(SolanaMarket& market, const SyntheticPool& pool, std::uint64_t amount) {
    PoolSurveyQuestion question(pool.tokens[0].mint, pool.tokens[1].mint);
    question.amount = amount;
    return market.time.run(survey_pools(market.chain, market.time, std::move(question)));
}

}  // namespace

TEST_SUITE("cli/pool_survey") {
    TEST_CASE("a sale that a pool takes in part alone is a refusal, as its venue says") {
        SolanaMarket market;
        SyntheticWhirlpool pool;
        pool.address = key_numbered(500);
        for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
        pool.liquidity = 1'500'000'000;
        market.chain.add(pool.encode());

        const PoolSurvey small = survey_in(market, pool, 10'000);
        REQUIRE(small.pools.size() == 1);
        REQUIRE(small.pools[0].sale);
        REQUIRE(*small.pools[0].sale);
        CHECK(small.pools[0].sale->value().amount_in == 10'000);

        // At the end of all prices a part is taken, and the rest is not.
        pool.price = Wide(4'295'048'016) + 1'000;
        pool.tick = -443'636;
        pool.liquidity = 1'000'000;
        market.chain.add(pool.encode());
        const PoolSurvey large = survey_in(market, pool, 1'000'000'000'000'000);
        REQUIRE(large.pools.size() == 1);
        CHECK_FALSE(large.pools[0].closed);
        REQUIRE(large.pools[0].sale);
        REQUIRE_FALSE(*large.pools[0].sale);
        CHECK(large.pools[0].sale->error().reason == Reason::insufficient_liquidity);
        CHECK(large.pools[0].sale->error().detail.find("alone") != std::string::npos);
    }

    TEST_CASE("trouble of the node is told as its own, never as a pool that does not trade the pair") {
        SolanaMarket market;
        const SyntheticCpmm pool = market.cpmm(1, token("SOL"), 1'000'000, token("USDC"), 150'000);
        market.chain.add(pool.encode());
        market.chain.before_read = [](const std::vector<PublicKey>& addresses) {
            return addresses.size() > 3
                       ? std::optional(reject(Reason::invalid_parameter, "Too many inputs provided"))
                       : std::nullopt;
        };
        const PoolSurvey survey = survey_in(market, pool, 1'000);
        CHECK(survey.pools.empty());
        std::size_t failed = 0;
        for (const SurveyedFamily& one : survey.families) {
            if (!one.failure) continue;
            ++failed;
            CHECK(one.family->name() == "raydium_cpmm");
            CHECK(one.failure->reason == Reason::invalid_parameter);
        }
        CHECK(failed == 1);
    }
}
