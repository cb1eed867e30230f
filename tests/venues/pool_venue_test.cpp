// What a venue of pools offers, and what a place in the block costs.

#include <doctest/doctest.h>

#include "one_pool.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("venues/pool_venue") {
    TEST_CASE("a quote is the pool's own arithmetic, with what the chain takes beside it") {
        OnePool market;
        market.chain.fees = {0, 40'000, 0, 10'000, 30'000, 20'000};
        const Result<Quote> offer = market.quote(*market.venue, ask_for("SOL", "USDC", 10 * sol));
        REQUIRE(offer);
        const Quote& quote = offer.value();
        const PoolTrade trade = market.sale("SOL", 10 * sol);
        CHECK(market.venue->name() == "raydium_cpmm");
        CHECK(market.venue->kind() == "solana");
        CHECK(quote.venue == "raydium_cpmm");
        CHECK(quote.pool == market.pool.address.to_string());
        CHECK(quote.amount_in == Amount(10 * sol));
        CHECK(quote.amount_out == Amount(trade.amount_out));
        CHECK(quote.amount_out == Amount(1'494'758'977));
        CHECK(quote.fee.points() == 25);
        CHECK(quote.venue_fee == Amount(25'000'000));
        CHECK(quote.price_impact_bps == trade.price_impact_bps);
        CHECK(quote.liquidity == Amount(1'500'000'000'000));
        CHECK(quote.slot == 1'000);
        CHECK(quote.quoted_at == market.time.now());
        // 5000 lamports and 150000 units at 30000 millionths, at 149.4758977 USDC for a SOL, rounded up.
        CHECK(quote.network_cost == Amount(1'421));

        // A purchase is ranked by what is given: lamports here, and USDC there.
        const Quote bought = market.quote(*market.venue, want("SOL", "USDC", 1'000'000)).value();
        CHECK(bought.amount_out == Amount(1'000'000));
        CHECK(bought.network_cost == Amount(9'500));
        CHECK(market.sale("SOL", bought.amount_in.base_units()).amount_out >= 1'000'000);
        const Quote dear = market.quote(*market.venue, want("USDC", "SOL", sol)).value();
        CHECK(dear.network_cost == Amount((9'500 * dear.amount_in.base_units() + sol - 1) / sol));
        // What others pay is asked for once in a while.
        CHECK(market.chain.fee_questions == 1);
    }

    TEST_CASE("without SOL in the pair the chain's fee cannot be compared, and is left out") {
        SolanaMarket market;
        const SyntheticCpmm pool = market.cpmm(1, token("JUP"), 1'000'000'000, token("USDC"), 1'000'000'000);
        market.chain.add(pool.encode());
        const auto venue = make_pool_venue(*family_of(market.chain.state.at(pool.address)),
                                           market.book({pool.address}), market.parts());
        CHECK(market.quote(*venue, ask_for("JUP", "USDC", 1'000)).value().network_cost == Amount(0));
    }

    TEST_CASE("the best of a family's pools is quoted, all of one slot, and no other family's") {
        SolanaMarket market;
        const SyntheticCpmm shallow = market.cpmm(1, token("SOL"), 100 * sol, token("USDC"), 15'100'000'000);
        const SyntheticCpmm deep =
            market.cpmm(2, token("SOL"), 10'000 * sol, token("USDC"), 1'500'000'000'000);
        SyntheticCpmm closed = market.cpmm(3, token("SOL"), 10'000 * sol, token("USDC"), 9'500'000'000'000);
        closed.status = 4;
        for (const SyntheticCpmm& pool : {shallow, deep, closed}) market.chain.add(pool.encode());
        PoolBook& book = market.book({shallow.address, deep.address, closed.address});
        const auto venues = make_pool_venues(book, market.parts());
        REQUIRE(venues.size() == pool_families().size());
        for (const auto& venue : venues) {
            const auto small = market.quote(*venue, ask_for("SOL", "USDC", sol / 100));
            const auto large = market.quote(*venue, ask_for("SOL", "USDC", 50 * sol));
            if (venue->name() == "raydium_cpmm") {
                CHECK(market.chain.fee_questions == 2);  // for those that were chosen alone
                CHECK(small.value().pool == shallow.address.to_string());
                CHECK(large.value().pool == deep.address.to_string());
                CHECK(market.quote(*venue, want("SOL", "USDC", 1'000'000)).value().pool ==
                      shallow.address.to_string());
                CHECK(market.quote(*venue, want("USDC", "SOL", 99 * sol)).value().pool ==
                      deep.address.to_string());
                CHECK(market.quote(*venue, ask_for("SOL", "JUP", sol)).error().reason == Reason::no_route);
                CHECK(market.quote(*venue, ask_for("SOL", "SOL", sol)).error().reason == Reason::no_route);
                CHECK(market.quote(*venue, want("SOL", "USDC", 9'000'000'000'000)).error().reason ==
                      Reason::insufficient_liquidity);
            } else {
                CHECK(small.error().reason == Reason::no_route);
            }
        }
    }

    TEST_CASE("a sale for nothing, one in part and a token with other decimals are refused") {
        SolanaMarket market;
        SyntheticWhirlpool pool;
        pool.address = key_numbered(500);
        pool.tokens[0].mint = PublicKey(token("SOL").mint);
        pool.tokens[0].decimals = 9;
        pool.tokens[1].mint = PublicKey(token("USDC").mint);
        for (SyntheticToken& side : pool.tokens) side.held = 1'000'000'000'000;
        pool.liquidity = 1'500'000'000;
        market.chain.add(pool.encode());
        const auto venue = make_pool_venue(*family_of(market.chain.state.at(pool.address)),
                                           market.book({pool.address}), market.parts());
        // The program takes a unit that is all fee and pays nothing.
        CHECK(market.quote(*venue, ask_for("SOL", "USDC", 1)).error().reason == Reason::amount_too_small);
        CHECK(market.quote(*venue, ask_for("SOL", "USDC", 1'000)));

        QuoteRequest request = ask_for("SOL", "USDC", 1'000);
        request.token_out.decimals = 8;
        const auto refused = market.quote(*venue, request);
        CHECK(refused.error().reason == Reason::unsupported_token);
        CHECK(refused.error().detail == "USDC has 6 decimals on the chain, and 8 in the list of tokens");

        // At the end of all prices a part is taken, and the rest is not.
        pool.price = Wide(4'295'048'016) + 1'000;
        pool.tick = -443'636;
        pool.liquidity = 1'000'000;
        market.chain.add(pool.encode());
        const auto part = market.quote(*venue, ask_for("SOL", "USDC", 1'000'000'000'000'000));
        CHECK(part.error().reason == Reason::insufficient_liquidity);
        CHECK(part.error().detail.find("alone") != std::string::npos);
    }

    TEST_CASE("a price for a place in the block: a percentile of what others paid, within bounds") {
        PriorityFees fees;
        fees.percentile = 75;
        fees.floor = 100;
        fees.cap = 5'000;
        CHECK(priority_price({}, fees) == 100);
        CHECK(priority_price({0, 0, 0}, fees) == 100);
        CHECK(priority_price({40, 0, 30}, fees) == 100);
        CHECK(priority_price({400, 0, 100, 0, 300, 200}, fees) == 300);
        CHECK(priority_price({500, 400, 100, 300, 200}, fees) == 400);
        CHECK(priority_price({9'000, 9'000}, fees) == 5'000);
        fees.percentile = 0;
        CHECK(priority_price({400, 100, 300, 200}, fees) == 100);
        fees.percentile = 100;
        CHECK(priority_price({400, 100, 300, 200}, fees) == 400);
        fees.percentile = 4'000'000'000;
        CHECK(priority_price({400, 100}, fees) == 400);
        fees.floor = 6'000;
        CHECK(priority_price({400, 100}, fees) == 5'000);

        CHECK(priority_lamports(0, 5) == 0);
        CHECK(priority_lamports(1, 1) == 1);
        CHECK(priority_lamports(120'000, 25'000) == 3'000);
        CHECK(priority_lamports(120'001, 25'000) == 3'001);
        CHECK(priority_lamports(~std::uint64_t{0}, ~std::uint64_t{0}) == ~std::uint64_t{0});

        // None at all is none in the transaction either.
        OnePool market;
        SolanaVenueParts parts = market.parts();
        parts.costs.priority.floor = 0;
        const auto venue = make_pool_venue(market.family(), market.book({market.pool.address}), parts);
        const QuoteRequest request = ask_for("SOL", "USDC", sol);
        const Quote quote = market.quote(*venue, request).value();
        const auto built = market.build(*venue, SolanaMarket::plan_of(request, quote));
        REQUIRE(built);
        CHECK(inside(built.value())[1].program == well_known::memo_program);
    }
}
