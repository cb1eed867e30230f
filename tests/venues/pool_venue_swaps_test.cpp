// The transactions that a venue of pools builds, and what becomes of the wallet when they land.

#include <doctest/doctest.h>

#include "libexec/solana/instructions.hpp"
#include "one_pool.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

std::vector<PublicKey> programs_of(const std::vector<Instruction>& instructions) {
    std::vector<PublicKey> programs;
    for (const Instruction& instruction : instructions) programs.push_back(instruction.program);
    return programs;
}

}  // namespace

TEST_SUITE("venues/pool_venue swaps") {
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
}
