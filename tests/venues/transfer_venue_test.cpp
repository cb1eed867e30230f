#include "libexec/venues/solana/transfer_venue.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "libexec/solana/instructions.hpp"
#include "solana_market.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// A counterparty that pays 150.25 USDC for a SOL, and a SOL for 151 USDC.
struct Desk : SolanaMarket {
    Desk() {
        chain.state[PublicKey(token("USDC").mint)] = mint_account(6);
        stock_sol = chain.give(maker->public_key(), well_known::wrapped_sol, 20 * sol);
        stock_usdc = chain.give(maker->public_key(), PublicKey(token("USDC").mint), 3'000'000'000);
        venue = make_transfer_venue(
            {ratio("SOL", "USDC", 4 * sol, 601'000'000), ratio("USDC", "SOL", 151'000'000, sol)}, maker,
            parts());
    }
    static FixedRatio ratio(const std::string& in, const std::string& out, std::uint64_t per_in,
                            std::uint64_t pays_out) {
        return FixedRatio{token(in).mint, token(out).mint, per_in, pays_out};
    }
    SwapPlan plan(const QuoteRequest& request) {
        const Result<Quote> offer = quote(*venue, request);
        REQUIRE_MESSAGE(offer, (offer ? "" : offer.error().detail));
        return plan_of(request, offer.value(), 0);
    }
    /// The wallet's signature beside that of the counterparty.
    Transaction sealed(const UnsignedTransaction& built) {
        Transaction transaction = unsigned_transaction(decode_message(built.message).value());
        REQUIRE(transaction.signatures.size() == 2);
        REQUIRE(built.cosigned.size() == 1);
        CHECK(PublicKey(built.cosigned[0].signer) == transaction.message.keys[1]);
        transaction.signatures[0] = wallet.sign(built.message);
        transaction.signatures[1] = built.cosigned[0].signature;
        return transaction;
    }

    std::shared_ptr<const KeyPair> maker = std::make_shared<const KeyPair>(key_pair_numbered(2));
    PublicKey stock_sol;
    PublicKey stock_usdc;
    std::shared_ptr<Venue> venue;
};

}  // namespace

TEST_SUITE("venues/transfer_venue") {
    TEST_CASE("amounts follow the ratio exactly, rounded for the counterparty") {
        Desk desk;
        CHECK(desk.venue->name() == "transfer");
        CHECK(desk.venue->kind() == "solana");
        const Quote quote = desk.quote(*desk.venue, ask_for("SOL", "USDC", 1'000'000'007)).value();
        CHECK(quote.pool == desk.maker->public_key().to_string());
        CHECK(quote.amount_in == Amount(1'000'000'007));
        CHECK(quote.amount_out == Amount(150'250'001));  // 150250001.05175
        CHECK(quote.liquidity == Amount(3'000'000'000));
        CHECK(quote.venue_fee == Amount(0));
        CHECK(quote.slot == 1'000);
        // 5000 lamports for each of two signatures, 150 for the place, at that price.
        CHECK(quote.network_cost == Amount(1'526));
        const Quote bought = desk.quote(*desk.venue, want("USDC", "SOL", 1)).value();
        CHECK(bought.amount_in == Amount(1));
        CHECK(desk.quote(*desk.venue, want("USDC", "SOL", 3 * sol + 1)).value().amount_in ==
              Amount(453'000'001));

        const auto reason = [&](const QuoteRequest& request) {
            return desk.quote(*desk.venue, request).error().reason;
        };
        CHECK(reason(ask_for("SOL", "USDC", 6)) == Reason::amount_too_small);
        CHECK(reason(ask_for("SOL", "JUP", sol)) == Reason::no_route);
        CHECK(reason(want("SOL", "USDC", 3'000'000'001)) == Reason::insufficient_liquidity);
        CHECK(desk.quote(*desk.venue, want("SOL", "USDC", 3'000'000'000)));
        CHECK(reason(ask_for("USDC", "SOL", Amount::most)) == Reason::insufficient_liquidity);
    }

    TEST_CASE("SOL for a token, in one transaction that both sign, to the lamport") {
        Desk desk;
        const SwapPlan plan = desk.plan(ask_for("SOL", "USDC", 3 * sol));
        const auto built = desk.build(*desk.venue, plan);
        REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));

        const PublicKey wallet = desk.wallet.public_key();
        const PublicKey wrapped = desk.account_of(token("SOL"));
        const PublicKey dollars = desk.account_of(token("USDC"));
        namespace make = instructions;
        MessageDraft draft;
        draft.payer = wallet;
        draft.blockhash = Blockhash::parse(key_numbered(77).to_string()).value();
        draft.instructions = {
            make::compute_unit_limit(61'234 + 6'123 + 1'000),
            make::compute_unit_price(1'000),
            make::memo("libexec:" + plan.order.to_string() + ":2"),
            make::create_token_account(wallet, wallet, well_known::wrapped_sol),
            make::create_token_account(wallet, wallet, PublicKey(token("USDC").mint)),
            make::transfer(wallet, wrapped, 3 * sol),
            make::sync_native(wrapped),
            make::transfer_checked({wrapped, well_known::wrapped_sol, desk.stock_sol, wallet, 3 * sol, 9}),
            make::transfer_checked({desk.stock_usdc, PublicKey(token("USDC").mint), dollars,
                                    desk.maker->public_key(), 450'750'000, 6}),
            make::close_account(wrapped, wallet, wallet),
        };
        CHECK(built.value().message == encode_message(compile_message(draft).value()));

        REQUIRE(!desk.chain.land(desk.sealed(built.value())));
        const std::uint64_t fee = 10'000 + 69;
        CHECK(desk.chain.lamports(wallet) == 50 * sol - 3 * sol - token_rent - fee);
        CHECK(desk.chain.tokens(dollars) == 450'750'000);
        CHECK(desk.chain.tokens(desk.stock_sol) == 23 * sol);
        CHECK(desk.chain.tokens(desk.stock_usdc) == 3'000'000'000 - 450'750'000);
        CHECK(desk.chain.lamports(desk.maker->public_key()) == 0);
    }

    TEST_CASE("a token for SOL, and an exact output, to the lamport") {
        Desk desk;
        const PublicKey wallet = desk.wallet.public_key();
        const PublicKey dollars = desk.chain.give(wallet, PublicKey(token("USDC").mint), 1'000'000'000);
        const std::uint64_t fee = 10'000 + 69;
        const auto sold = desk.build(*desk.venue, desk.plan(ask_for("USDC", "SOL", 302'000'000)));
        REQUIRE_MESSAGE(sold, (sold ? "" : sold.error().detail));
        REQUIRE(!desk.chain.land(desk.sealed(sold.value())));
        CHECK(desk.chain.tokens(dollars) == 698'000'000);
        CHECK(desk.chain.lamports(wallet) == 52 * sol - fee);

        const auto bought = desk.build(*desk.venue, desk.plan(want("USDC", "SOL", sol / 2 + 1)));
        REQUIRE_MESSAGE(bought, (bought ? "" : bought.error().detail));
        REQUIRE(!desk.chain.land(desk.sealed(bought.value())));
        CHECK(desk.chain.tokens(dollars) == 698'000'000 - 75'500'001);
        CHECK(desk.chain.lamports(wallet) == 52 * sol + sol / 2 + 1 - 2 * fee);
    }

    TEST_CASE("the counterparty signs for nothing but its ratio, its stock and its own token accounts") {
        Desk desk;
        const SwapPlan plan = desk.plan(ask_for("SOL", "USDC", 3 * sol));
        SwapPlan greedy = plan;
        greedy.quote.amount_out = Amount(450'750'001);
        CHECK(desk.build(*desk.venue, greedy).error().reason == Reason::venue_error);
        greedy = plan;
        greedy.quote.amount_in = Amount(3 * sol - 1);
        CHECK(desk.build(*desk.venue, greedy).error().reason == Reason::venue_error);
        greedy = plan;
        greedy.quote.pool = key_numbered(5).to_string();
        CHECK(desk.build(*desk.venue, greedy).error().reason == Reason::venue_error);
        greedy = plan;
        greedy.token_in = token("JUP");
        CHECK(desk.build(*desk.venue, greedy).error().reason == Reason::venue_error);
        greedy = plan;
        greedy.limit = Amount(450'750'001);
        CHECK(desk.build(*desk.venue, greedy).error().reason == Reason::slippage_exceeded);

        const AccountState stock = desk.chain.state.at(desk.stock_usdc);
        desk.chain.state.erase(desk.stock_usdc);
        CHECK(desk.build(*desk.venue, plan).error().reason == Reason::insufficient_liquidity);
        desk.chain.state[desk.stock_usdc] = stock;
        desk.chain.state[desk.stock_usdc].data[108] = 2;
        CHECK(desk.build(*desk.venue, plan).error().reason == Reason::insufficient_liquidity);
        desk.chain.state[desk.stock_usdc] = stock;
        desk.chain.state[desk.stock_usdc].data[67] = 0;  // below 2^24
        CHECK(desk.build(*desk.venue, plan).error().reason == Reason::insufficient_liquidity);
        desk.chain.state[desk.stock_usdc] = stock;
        desk.chain.simulated.clear();
        CHECK(desk.build(*desk.venue, plan));
        CHECK(desk.chain.simulated.size() == 1);
    }

    TEST_CASE("tokens whose transfers deliver less, or run a program, are refused") {
        Desk desk;
        SyntheticToken token_2022;
        token_2022.mint = PublicKey(token("USDC").mint);
        token_2022.vault = key_numbered(90);
        token_2022.program = well_known::token_2022_program;
        const auto reason = [&] {
            token_2022.encode(desk.wallet.public_key(), desk.chain.state);
            return desk.quote(*desk.venue, ask_for("SOL", "USDC", sol)).error().reason;
        };
        token_2022.fee_points = 1;
        CHECK(reason() == Reason::unsupported_token);
        token_2022.fee_points = 0;
        token_2022.hook = key_numbered(91);
        CHECK(reason() == Reason::unsupported_token);
        token_2022.hook.reset();
        token_2022.starts_frozen = true;
        CHECK(reason() == Reason::unsupported_token);
        token_2022.starts_frozen = false;
        token_2022.decimals = 7;
        CHECK(reason() == Reason::unsupported_token);
    }

    TEST_CASE("a ratio of nothing, of a token to itself, and a wallet that trades with itself are no venue") {
        Desk desk;
        const auto with = [&](FixedRatio ratio) {
            return make_transfer_venue({ratio}, desk.maker, desk.parts());
        };
        CHECK_THROWS_AS(with(Desk::ratio("SOL", "USDC", 0, 1)), std::invalid_argument);
        CHECK_THROWS_AS(with(Desk::ratio("SOL", "USDC", 1, 0)), std::invalid_argument);
        CHECK_THROWS_AS(with(Desk::ratio("SOL", "SOL", 1, 1)), std::invalid_argument);
        const auto self = std::make_shared<const KeyPair>(key_pair_numbered(1));
        CHECK_THROWS_AS(make_transfer_venue({}, self, desk.parts()), std::invalid_argument);
    }
}
