// A tip for the block builder stands beside the trade: what is sold and bought stays what it is.

#include <set>

#include "libexec/solana/jito.hpp"
#include "libexec/venues/solana/swap_policy.hpp"
#include "one_pool.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// One pool, whose venue tips.
struct TippedPool : OnePool {
    explicit TippedPool(std::uint64_t lamports) {
        costs.tip.lamports = lamports;
        costs.tip.accounts.assign(jito_tip_accounts.begin(), jito_tip_accounts.end());
        venue = make_pool_venue(family(), book({pool.address}), parts());
    }
};

}  // namespace

TEST_SUITE("venues/tip") {
    TEST_CASE("the tip is the last thing a transaction does, and costs what it says") {
        for (const auto& [in, out] : {std::pair{"SOL", "USDC"}, std::pair{"USDC", "SOL"}}) {
            CAPTURE(in);
            TippedPool market(25'000);
            market.chain.give(market.wallet.public_key(), PublicKey(token("USDC").mint), 1'000'000'000);
            const QuoteRequest request = ask_for(in, out, 100'000'000);
            const SwapPlan plan = market.plan(request);
            const auto built = market.build(*market.venue, plan);
            REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
            const Message message = decode_message(built.value().message).value();
            CHECK(tips_in(message) == 25'000);
            const Instruction last = inside(built.value()).back();
            CHECK(last.program == well_known::system_program);
            CHECK(last.accounts[0].key == market.wallet.public_key());

            // The chain does what was promised, and the tip is gone as well.
            const std::uint64_t before = market.chain.lamports(market.wallet.public_key());
            const std::uint64_t received_before = market.chain.lamports(last.accounts[1].key);
            CHECK(!market.land(built.value()));
            CHECK(market.chain.lamports(last.accounts[1].key) == received_before + 25'000);
            const std::uint64_t after = market.chain.lamports(market.wallet.public_key());
            const std::uint64_t fee = signature_lamports + 69;  // 68'357 units at 1'000 millionths
            if (std::string_view(in) == "SOL") {
                CHECK(before - after == 100'000'000 + fee + 25'000);
            } else {
                CHECK(after - before == plan.quote.amount_out.base_units() - fee - 25'000);
            }
        }
    }

    TEST_CASE("a quote counts it among what the trade costs") {
        OnePool plain;
        TippedPool tipped(1'000'000);
        const QuoteRequest request = want("SOL", "USDC", 1'000'000);
        const Quote without = plain.quote(*plain.venue, request).value();
        const Quote with = tipped.quote(*tipped.venue, request).value();
        CHECK(with.amount_in == without.amount_in);
        CHECK(with.network_cost.base_units() == without.network_cost.base_units() + 1'000'000);
    }

    TEST_CASE("orders tip all accounts in turn, one order's attempts different ones") {
        TippedPool market(1'000);
        std::set<PublicKey> tipped;
        SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        for (std::uint32_t attempt = 1; attempt <= 8; ++attempt) {
            plan.attempt = attempt;
            const auto built = market.build(*market.venue, plan);
            REQUIRE(built);
            tipped.insert(inside(built.value()).back().accounts[1].key);
        }
        CHECK(tipped.size() == 8);
    }

    TEST_CASE("a wallet that cannot pay it is told before anything is signed") {
        TippedPool market(25'000);
        market.chain.give(market.wallet.public_key(), PublicKey(token("USDC").mint), 1'000'000'000);
        market.chain.give(market.wallet.public_key(), well_known::wrapped_sol, 0);
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        market.chain.set_lamports(market.wallet.public_key(), sol + signature_lamports + 69 + 24'999);
        const auto poor = market.build(*market.venue, plan);
        REQUIRE(!poor);
        CHECK(poor.error().reason == Reason::insufficient_funds);
    }

    TEST_CASE("the policy lets the tip through that it knows of, and no other") {
        TippedPool market(25'000);
        const SwapPlan plan = market.plan(ask_for("SOL", "USDC", sol));
        const auto built = market.build(*market.venue, plan);
        REQUIRE(built);
        const Message message = decode_message(built.value().message).value();
        const SwapTerms terms = terms_of(plan);
        SwapPolicyConfig config;
        CHECK(!SwapPolicy(market.wallet.public_key(), config).check(message, terms));
        config.tip_accounts.assign(jito_tip_accounts.begin(), jito_tip_accounts.end());
        config.most_tip = 25'000;
        const auto allowed = SwapPolicy(market.wallet.public_key(), config).check(message, terms);
        CHECK_MESSAGE(allowed, (allowed ? "" : allowed.error().detail));
        config.most_tip = 24'999;
        CHECK(SwapPolicy(market.wallet.public_key(), config)
                  .check(message, terms)
                  .error()
                  .detail.find("tip: ") == 0);
    }
}
