#include "one_pool.hpp"

#include <doctest/doctest.h>

#include "libexec/solana/instructions.hpp"
#include "libexec/solana/token_state.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::vector<PublicKey> programs_of(const std::vector<Instruction>& instructions) {
    std::vector<PublicKey> programs;
    for (const Instruction& instruction : instructions) programs.push_back(instruction.program);
    return programs;
}

}  // namespace

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

    TEST_CASE("SOL for a token: wrapped, sold, unwrapped, to the byte and to the lamport") {
        OnePool market;
        market.chain.fees = {25'000};
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", 10 * sol));
        market.chain.reads.clear();
        const auto built = market.build(*market.venue, plan);
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
        CHECK(built.value().cosigned.empty());
        CHECK(market.chain.reads.size() == 1);  // agreed at once

        const PublicKey wallet = market.wallet.public_key();
        const PublicKey wrapped = market.account_of(token("SOL"));
        const PublicKey dollars = market.account_of(token("USDC"));
        PoolSwap swap;
        swap.user = wallet;
        swap.mint_in = well_known::wrapped_sol;
        swap.user_token_in = wrapped;
        swap.user_token_out = dollars;
        swap.amount_in = 10 * sol;
        swap.min_out = plan.limit.base_units();
        namespace make = instructions;
        MessageDraft draft;
        draft.payer = wallet;
        draft.blockhash = Blockhash::parse(key_numbered(77).to_string()).value();
        const auto with_budget = [&](std::uint32_t units, std::uint64_t price) {
            draft.instructions = {
                make::compute_unit_limit(units),
                make::compute_unit_price(price),
                make::memo("libexec:" + plan.order.to_string() + ":2"),
                make::create_token_account(wallet, wallet, well_known::wrapped_sol),
                make::create_token_account(wallet, wallet, PublicKey(token("USDC").mint)),
                make::transfer(wallet, wrapped, 10 * sol),
                make::sync_native(wrapped),
                market.now()->swap(swap, market.chain.clock()).value(),
                make::close_account(wrapped, wallet, wallet),
            };
            return compile_message(draft).value();
        };
        // What is shown to a node has every unit there is and next to no price, and no signature.
        REQUIRE(market.chain.simulated.size() == 1);
        CHECK(market.chain.simulated[0] ==
              encode_transaction(unsigned_transaction(with_budget(1'400'000, 1))));
        const std::uint32_t units = 61'234 + 6'123 + 1'000;
        CHECK(built.value().message == encode_message(with_budget(units, 25'000)));

        REQUIRE(!market.land(built.value()));
        const std::uint64_t fee = 5'000 + (std::uint64_t{units} * 25'000 + 999'999) / 1'000'000;
        CHECK(market.chain.lamports(wallet) == 50 * sol - 10 * sol - token_rent - fee);
        CHECK(market.chain.tokens(dollars) == plan.quote.amount_out.base_units());
        CHECK(market.chain.lamports(wrapped) == 0);
    }

    TEST_CASE("a token for SOL, with and without wrapped SOL that lay there before") {
        for (const std::uint64_t lay_there : {0ull, 3'000'000ull}) {
            CAPTURE(lay_there);
            OnePool market;
            const PublicKey wallet = market.wallet.public_key();
            const PublicKey dollars = market.chain.give(wallet, PublicKey(token("USDC").mint), 2'000'000'000);
            if (lay_there > 0) market.chain.give(wallet, well_known::wrapped_sol, lay_there);
            const SwapPlan plan = market.plan(ask_for("USDC", "SOL", 1'500'000'000));
            const auto built = market.build(*market.venue, plan);
            REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
            CHECK(programs_of(inside(built.value())) ==
                  std::vector<PublicKey>{well_known::compute_budget_program,
                                         well_known::compute_budget_program, well_known::memo_program,
                                         well_known::associated_token_program, market.family().program(),
                                         well_known::token_program});
            const Instruction close = inside(built.value()).back();
            CHECK(close.data == instructions::close_account({}, {}, {}).data);
            CHECK(close.accounts.at(0).key == market.account_of(token("SOL")));
            CHECK(close.accounts.at(1).key == wallet);
            REQUIRE(!market.land(built.value()));
            const std::uint64_t fee = 5'000 + (68'357 * 1'000 + 999'999) / 1'000'000;
            CHECK(market.chain.tokens(dollars) == 500'000'000);
            CHECK(market.chain.lamports(wallet) == 50 * sol + plan.quote.amount_out.base_units() - fee +
                                                       (lay_there > 0 ? lay_there + token_rent : 0));
        }
    }

    TEST_CASE("wrapped SOL that the trader keeps wrapped is an ordinary token") {
        OnePool market;
        const PublicKey wallet = market.wallet.public_key();
        const PublicKey wrapped = market.chain.give(wallet, well_known::wrapped_sol, 5 * sol);
        SwapPlan plan = market.plan(ask_for("SOL", "USDC", 2 * sol));
        plan.wraps_sol = false;
        const auto built = market.build(*market.venue, plan);
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
        REQUIRE(!market.land(built.value()));
        CHECK(market.chain.tokens(wrapped) == 3 * sol);

        plan = market.plan(ask_for("USDC", "SOL", 100'000'000));
        plan.unwraps_sol = false;
        const auto back = market.build(*market.venue, plan);
        REQUIRE_MESSAGE(back, (back ? "" : back.error().detail));
        REQUIRE(!market.land(back.value()));
        CHECK(market.chain.tokens(wrapped) == 3 * sol + plan.quote.amount_out.base_units());
    }

    TEST_CASE("an exact output sells the quoted input and is told to deliver what was wanted") {
        OnePool market;
        const SwapPlan plan = market.plan(want("SOL", "USDC", 150'000'000));
        const auto built = market.build(*market.venue, plan);
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
        const std::vector<Instruction> all = inside(built.value());
        const Instruction& swap = all[7];
        REQUIRE(swap.program == market.family().program());
        AccountWriter figures(16);
        figures.number(0, plan.quote.amount_in.base_units(), 8).number(8, 150'000'000, 8);
        CHECK(Bytes(swap.data.begin() + 8, swap.data.end()) == figures.owned_by(PublicKey()).data);
        REQUIRE(!market.land(built.value()));
        CHECK(market.chain.tokens(market.account_of(token("USDC"))) >= 150'000'000);

        // A quote beyond the limit, and one that the pool no longer keeps.
        SwapPlan dear = plan;
        dear.limit = Amount(plan.quote.amount_in.base_units() - 1);
        CHECK(market.build(*market.venue, dear).error().reason == Reason::slippage_exceeded);
        const SwapPlan old = market.plan(want("SOL", "USDC", 150'000'000));
        market.trade_of_another(100 * sol);
        market.chain.simulated.clear();
        CHECK(market.build(*market.venue, old).error().reason == Reason::slippage_exceeded);
        CHECK(market.chain.simulated.empty());
    }

    TEST_CASE("tokens that take a fee of each transfer, on both sides") {
        SolanaMarket market;
        SyntheticCpmm pool = market.cpmm(1, token("JUP"), 800'000'000'000, token("BONK"), 900'000'000'000);
        for (SyntheticToken& side : pool.tokens) {
            side.program = well_known::token_2022_program;
            side.fee_points = 150;
            side.fee_most = 5'000'000;
        }
        market.chain.add(pool.encode());
        const auto venue = make_pool_venue(*family_of(market.chain.state.at(pool.address)),
                                           market.book({pool.address}), market.parts());
        const PublicKey wallet = market.wallet.public_key();
        const QuoteRequest request = ask_for("JUP", "BONK", 70'000'000);
        const PublicKey from = market.chain.give(wallet, PublicKey(token("JUP").mint), 100'000'000);
        const Quote quote = market.quote(*venue, request).value();
        const auto built = market.build(*venue, SolanaMarket::plan_of(request, quote));
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
        Message message = decode_message(built.value().message).value();
        const KeyPair* const signer = &market.wallet;
        REQUIRE(!market.chain.land(sign_transaction(std::move(message), std::span(&signer, 1)).value()));
        CHECK(market.chain.tokens(from) == 30'000'000);
        CHECK(market.chain.tokens(market.account_of(token("BONK"))) == quote.amount_out.base_units());
    }

    TEST_CASE("what the simulation did not pay for has to be there, to the lamport") {
        OnePool market;
        market.chain.fees = {2'000'000};
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        const std::uint64_t fee = 5'000 + 68'357 * 2;
        const std::uint64_t needed = sol + 2 * token_rent + fee;
        market.chain.set_lamports(market.wallet.public_key(), needed);
        const auto enough = market.build(*market.venue, plan);
        REQUIRE_MESSAGE(enough, (enough ? "" : enough.error().detail));
        CHECK(!market.land(enough.value()));
        OnePool again;
        again.chain.fees = {2'000'000};
        (void)again.plan(ask_for("SOL", "USDC", sol));
        again.chain.set_lamports(again.wallet.public_key(), needed - 1);
        const auto poor = again.build(*again.venue, plan);
        REQUIRE(!poor);
        CHECK(poor.error().reason == Reason::insufficient_funds);
        CHECK(poor.error().detail.find(std::to_string(needed) + " are needed") != std::string::npos);

        // An account with less than its rent the chain does not leave behind.
        OnePool last;
        const PublicKey wallet = last.wallet.public_key();
        last.chain.give(wallet, PublicKey(token("USDC").mint), 1'000'000);
        const SwapPlan gone = last.plan(ask_for("SOL", "USDC", sol));
        const std::uint64_t cheap = 5'000 + (68'357 * 1'000 + 999'999) / 1'000'000;
        last.chain.give(wallet, well_known::wrapped_sol, 0);
        // The account of wrapped SOL gives back its rent at the end: spend that, too.
        last.chain.state.erase(last.account_of(token("SOL")));
        last.chain.set_lamports(wallet, sol + token_rent + cheap);
        CHECK(last.build(*last.venue, gone));
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
