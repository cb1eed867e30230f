#include <doctest/doctest.h>

#include "judged_swaps.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/transaction.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/pool_programs.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace libexec::test::judged_swaps;
using namespace libexec::test::pool_programs;
namespace keys = well_known;
namespace make = instructions;

TEST_SUITE("venues/solana/swap_policy") {
    TEST_CASE("swaps as an engine builds them pass, to the last unit of their terms") {
        for (const WalletSwap& swap : wallet_swaps()) {
            CAPTURE(swap.name);
            const auto verdict = judged(swap);
            if (!verdict) FAIL_CHECK(verdict.error().detail);
            CHECK(beyond_terms(swap.message(), swap.terms, exact_ceilings()).empty());
        }
    }

    TEST_CASE("the wallet pays, and nobody else's wallet does") {
        const WalletSwap swap = wallet_swap(tokens);
        const auto verdict = SwapPolicy(plain_key(77), exact_ceilings()).check(swap.message(), swap.terms);
        begins(verdict.error().detail, "fee_payer: ");
        begins(SwapPolicy(wallet_key(), exact_ceilings()).check(Message(), swap.terms).error().detail,
               "fee_payer: ");
    }

    TEST_CASE("an order's own terms have to make sense") {
        begins(refusal(tokens, [](WalletSwap& swap) { swap.terms.mint_out = swap.terms.mint_in; }),
               "terms: ");
        begins(refusal(tokens, [](WalletSwap& swap) { swap.terms.least_out = Amount(0); }), "terms: ");
    }

    TEST_CASE("the ceilings hold whatever the terms say") {
        const std::string dear = refusal(tokens, [](WalletSwap& swap, SwapPolicyConfig& ceilings) {
            ceilings.most_per_order[swap.terms.mint_in] = Amount(999'999);
        });
        begins(dear, "most_per_order: ");
        says(dear, "1000000");
        says(dear, "at most 999999");
        for (const bool in : {true, false}) {
            begins(refusal(tokens,
                           [in](WalletSwap& swap, SwapPolicyConfig& ceilings) {
                               ceilings.most_per_order.erase(in ? swap.terms.mint_in : swap.terms.mint_out);
                           }),
                   "mint: ");
        }
        CHECK(refusal(tokens, [](WalletSwap& swap, SwapPolicyConfig& ceilings) {
                  ceilings.most_per_order[swap.terms.mint_out] = Amount(0);
              }) == "passed");
        CHECK(refusal(tokens, [](WalletSwap&, SwapPolicyConfig& ceilings) {
                  ceilings.most_per_order.clear();
              }) == "passed");
    }

    TEST_CASE("accounts behind a lookup table are refused unless the table is known") {
        const WalletSwap swap = wallet_swap(tokens);
        LookupTable table;
        table.key = plain_key(90);
        for (const AccountMeta& meta : swap.instructions.back().accounts) {
            if (meta.key != wallet_key()) table.addresses.push_back(meta.key);
        }
        MessageDraft draft{.version = MessageVersion::v0,
                           .payer = wallet_key(),
                           .instructions = swap.instructions,
                           .blockhash = Blockhash(),
                           .tables = {table}};
        const Message message = compile_message(draft).value();
        REQUIRE(!message.lookups.empty());
        const SwapPolicy policy(wallet_key(), exact_ceilings());
        begins(policy.check(message, swap.terms).error().detail, "lookup_table: ");
        CHECK(policy.check(message, swap.terms, {table}));
        table.key = plain_key(91);
        begins(policy.check(message, swap.terms, {table}).error().detail, "accounts: ");
        Message short_of_keys = swap.message();
        short_of_keys.instructions.back().accounts.push_back(250);
        begins(policy.check(short_of_keys, swap.terms).error().detail, "accounts: there is no account 250");
    }

    TEST_CASE("the compute budget has three words, each said once, within its ceilings") {
        const auto add = [](Instruction instruction) {
            return [instruction](WalletSwap& swap) { swap.instructions.push_back(instruction); };
        };
        CHECK(refusal(tokens, add(make::loaded_data_limit(64'000))) == "passed");
        const std::string twice = refusal(tokens, add(make::compute_unit_limit(1)));
        begins(twice, "compute_budget: instruction 6 of 6 (compute budget)");
        Instruction heap = make::compute_unit_limit(32'768);
        heap.data[0] = 1;
        begins(refusal(tokens, add(heap)), "compute_budget: ");
        Instruction named = make::loaded_data_limit(1);
        named.accounts.push_back({plain_key(1), false, false});
        begins(refusal(tokens, add(named)), "compute_budget: ");

        const std::string price = refusal(
            tokens, [](WalletSwap& swap) { swap.instructions[1] = make::compute_unit_price(25'001); });
        begins(price, "unit_price: instruction 2 of 5");
        says(price, "25001");
        says(price, "at most 25000");
        const std::string fee = refusal(
            tokens, [](WalletSwap& swap) { swap.instructions[0] = make::compute_unit_limit(120'001); });
        begins(fee, "priority_fee: ");
        says(fee, "3001 lamports, at most 3000");
        // Without a limit the chain's largest is paid for.
        begins(refusal(tokens, [](WalletSwap& swap) { swap.instructions.erase(swap.instructions.begin()); }),
               "priority_fee: 1400000 units");
        says(refusal(tokens,
                     [](WalletSwap& swap, SwapPolicyConfig& ceilings) {
                         ceilings.most_unit_price = UINT64_MAX;
                         swap.instructions[1] = make::compute_unit_price(UINT64_MAX);
                     }),
             "lamports, at most 3000");
    }

    TEST_CASE("lamports go to the wallet's own wrapped SOL alone, as many as the order spends") {
        const auto lamports = [](std::uint64_t amount) {
            return [amount](WalletSwap& swap) { put(swap.of(keys::system_program).data, 4, amount); };
        };
        const std::string more = refusal(from_sol, lamports(1'000'001));
        begins(more, "wrapped: instruction 6 of 9 (System) sends 1000001 lamports");
        says(more, "at most 1000000");
        CHECK(refusal(from_sol, lamports(1)) == "passed");
        begins(refusal(from_sol,
                       [](WalletSwap& swap) {
                           const Instruction again = make::transfer(
                               wallet_key(), swap.of(keys::system_program).accounts[1].key, UINT64_MAX);
                           swap.instructions.insert(swap.instructions.begin() + 6, again);
                       }),
               "wrapped: ");
        begins(
            refusal(from_sol,
                    [](WalletSwap& swap) { swap.of(keys::system_program).accounts[1].key = plain_key(5); }),
            "lamports: ");
        begins(refusal(from_sol,
                       [](WalletSwap& swap) {
                           swap.of(keys::system_program).accounts[0] = {plain_key(5), true, true};
                       }),
               "lamports: ");
        begins(refusal(from_sol, [](WalletSwap& swap) { swap.terms.wraps_sol = false; }), "lamports: ");
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           swap.terms.wraps_sol = true;
                           swap.instructions.push_back(make::transfer(
                               wallet_key(),
                               associated_token_address(wallet_key(), keys::token_program, keys::wrapped_sol),
                               1));
                       }),
               "lamports: ");
        // A nonce in the first place would make the signature hold for good.
        begins(refusal(from_sol,
                       [](WalletSwap& swap) {
                           Instruction advance{.program = keys::system_program,
                                               .accounts = {{plain_key(1), false, true},
                                                            {plain_key(2), false, false},
                                                            {wallet_key(), true, false}},
                                               .data = {4, 0, 0, 0}};
                           swap.instructions.insert(swap.instructions.begin(), advance);
                       }),
               "lamports: instruction 1 of 10 (System)");
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           swap.instructions.push_back(
                               make::create_account(wallet_key(), plain_key(5), 1, 165, keys::token_program));
                       }),
               "lamports: ");
    }

    TEST_CASE("tips are off by default, and bounded together when they are on") {
        const auto tip = [](std::uint64_t once, std::uint64_t twice, std::uint64_t most) {
            return refusal(tokens, [=](WalletSwap& swap, SwapPolicyConfig& ceilings) {
                if (most > 0) ceilings.tip_accounts = {plain_key(60)};
                ceilings.most_tip = most;
                swap.instructions.push_back(make::transfer(wallet_key(), plain_key(60), once));
                swap.instructions.push_back(make::transfer(wallet_key(), plain_key(60), twice));
            });
        };
        begins(tip(1, 1, 0), "lamports: ");
        CHECK(tip(600, 400, 1'000) == "passed");
        begins(tip(600, 401, 1'000), "tip: instruction 7 of 7");
        begins(tip(1'000, UINT64_MAX, 1'000), "tip: ");
    }

    TEST_CASE("token accounts are made for the wallet's own of the order's mints, and where they belong") {
        const auto account = [](std::size_t place, const PublicKey& key) {
            return [place, key](WalletSwap& swap) {
                swap.of(keys::associated_token_program).accounts[place].key = key;
            };
        };
        CHECK(refusal(tokens, [](WalletSwap& swap) {
                  swap.instructions.push_back(make::create_token_account(
                      wallet_key(), wallet_key(), PublicKey(swap.terms.mint_in), keys::token_2022_program));
              }) == "passed");
        begins(refusal(tokens, account(1, plain_key(5))), "token_account: instruction 4 of 5");
        begins(refusal(tokens, account(2, plain_key(5))), "token_account: ");
        begins(refusal(tokens, account(3, plain_key(5))), "token_account: ");
        begins(refusal(tokens, account(4, plain_key(5))), "token_account: ");
        begins(refusal(tokens, account(5, keys::token_2022_program)), "token_account: ");
        begins(refusal(tokens, account(5, plain_key(5))), "token_account: ");
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           swap.of(keys::associated_token_program).accounts[0] = {plain_key(5), true, true};
                       }),
               "token_account: ");
        begins(refusal(tokens, [](WalletSwap& swap) { swap.of(keys::associated_token_program).data = {0}; }),
               "token_account: ");
        begins(refusal(tokens, [](WalletSwap& swap) { swap.of(keys::associated_token_program).data = {}; }),
               "token_account: ");
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           swap.instructions.push_back(
                               make::create_token_account(wallet_key(), wallet_key(), plain_key(5)));
                       }),
               "token_account: ");
    }

    TEST_CASE("wrapped SOL is synced and closed where it is the wallet's, and pays the wallet") {
        const auto close = [](const std::string& name, std::size_t place, const AccountMeta& meta) {
            return refusal(name, [=](WalletSwap& swap) { swap.instructions.back().accounts[place] = meta; });
        };
        begins(close(into_sol, 0, {plain_key(5), false, true}),
               "close_account: instruction 6 of 6 (SPL Token)");
        begins(close(into_sol, 1, {plain_key(5), false, true}), "close_account: ");
        begins(close(into_sol, 2, {plain_key(5), true, false}), "close_account: ");
        begins(close(from_sol, 1, {plain_key(5), false, true}), "close_account: ");
        begins(refusal(into_sol, [](WalletSwap& swap) { swap.terms.unwraps_sol = false; }),
               "close_account: ");
        begins(refusal(into_sol,
                       [](WalletSwap& swap) { swap.instructions.back().program = keys::token_2022_program; }),
               "close_account: ");
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           const PublicKey own = associated_token_address(wallet_key(), keys::token_program,
                                                                          PublicKey(swap.terms.mint_in));
                           swap.instructions.push_back(make::close_account(own, wallet_key(), wallet_key()));
                       }),
               "close_account: ");
        begins(refusal(from_sol,
                       [](WalletSwap& swap) { swap.of(keys::token_program).accounts[0].key = plain_key(5); }),
               "sync_native: ");
        begins(refusal(into_sol,
                       [](WalletSwap& swap) {
                           swap.instructions.push_back(make::sync_native(associated_token_address(
                               wallet_key(), keys::token_program, keys::wrapped_sol)));
                       }),
               "sync_native: ");
    }

    TEST_CASE("no other call of a token program passes: rights, owners, burning, plain transfers") {
        for (const int tag : {3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15, 16, 18, 25, 26}) {
            CAPTURE(tag);
            for (const PublicKey& program : {keys::token_program, keys::token_2022_program}) {
                begins(
                    refusal(
                        tokens,
                        [&](WalletSwap& swap) {
                            const AccountMeta own = swap.of(cpmm).accounts[4];
                            Instruction call{
                                .program = program,
                                .accounts = {own, {plain_key(5), false, true}, {wallet_key(), true, false}},
                                .data = {static_cast<std::uint8_t>(tag), 1, 0, 0, 0, 0, 0, 0, 0}};
                            swap.instructions.push_back(call);
                        }),
                    "token: instruction 6 of 6");
            }
        }
    }

    TEST_CASE("a memo is short and of the wallet alone") {
        CHECK(refusal(tokens, [](WalletSwap& swap) {
                  swap.instructions[2] = make::memo("x", {wallet_key()});
              }) == "passed");
        begins(
            refusal(tokens, [](WalletSwap& swap) { swap.instructions[2] = make::memo("x", {plain_key(5)}); }),
            "memo: ");
        begins(refusal(tokens,
                       [](WalletSwap& swap) { swap.instructions[2] = make::memo(std::string(257, 'x')); }),
               "memo: instruction 3 of 5 (memo) has 257 bytes, at most 256");
    }

    TEST_CASE("programs that are not known, or not allowed here, are not called") {
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           swap.instructions.push_back({.program = plain_key(5), .accounts = {}, .data = {}});
                       }),
               "program: instruction 6 of 6 (" + plain_key(5).to_string() + ")");
        begins(
            refusal(tokens, [](WalletSwap&, SwapPolicyConfig& ceilings) { ceilings.programs = {whirlpool}; }),
            "program: instruction 5 of 5 (raydium_cpmm)");
    }
}
