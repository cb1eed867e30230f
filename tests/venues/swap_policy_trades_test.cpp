// The swap itself: what it sells, what it takes, and that it is the only one.

#include <doctest/doctest.h>

#include "judged_swaps.hpp"
#include "libexec/base/random.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/transaction.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/golden.hpp"
#include "support/pool_programs.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace libexec::test::judged_swaps;
using namespace libexec::test::pool_programs;
namespace keys = well_known;
namespace make = instructions;

TEST_SUITE("venues/solana/swap_policy trades") {
    TEST_CASE("a swap sells the order's token out of the wallet's own account into its own") {
        struct Program {
            std::string name;
            PublicKey key;
            std::size_t user, in, out, amount;
        };
        for (const Program& program :
             {Program{tokens, cpmm, 0, 4, 5, 8}, Program{into_sol, amm_v4, 16, 14, 15, 1},
              Program{"tokens by whirlpool", whirlpool, 3, 7, 9, 8},
              Program{"sol by whirlpool", whirlpool, 3, 9, 7, 8}, Program{"tokens by clmm", clmm, 0, 3, 4, 8},
              Program{"sol by dlmm", dlmm, 10, 4, 5, 8}, Program{"into sol by damm", damm_v2, 8, 2, 3, 8}}) {
            CAPTURE(program.name);
            const auto account = [&](std::size_t place, AccountMeta meta) {
                return refusal(program.name, [&, place, meta](WalletSwap& swap) {
                    swap.of(program.key).accounts[place] = meta;
                });
            };
            const auto amount = [&](std::size_t at, std::uint64_t number) {
                return refusal(program.name, [&, at, number](WalletSwap& swap) {
                    put(swap.of(program.key).data, program.amount + at, number);
                });
            };
            begins(account(program.user, {plain_key(5), true, false}), "user: ");
            begins(account(program.in, {plain_key(5), false, true}), "account_in: ");
            begins(account(program.out, {plain_key(5), false, true}), "account_out: ");
            const std::string spend = amount(0, 1'000'001);
            begins(spend, "spend: instruction ");
            says(spend, "sells 1000001, and the order spends at most 1000000");
            const std::string less = amount(8, 994'999);
            begins(less, "least_out: ");
            says(less, "takes 994999, at least 995000");
            CHECK(amount(0, 999'999) == "passed");
            CHECK(amount(8, 995'001) == "passed");
            begins(refusal(program.name,
                           [&](WalletSwap& swap) {
                               auto& accounts = swap.of(program.key).accounts;
                               std::swap(accounts[program.in], accounts[program.out]);
                           }),
                   "account_in: ");
            // What is the wallet's stands in for nothing of the pool's.
            for (const std::size_t mine : {program.user, program.in, program.out}) {
                begins(refusal(program.name,
                               [&](WalletSwap& swap) {
                                   auto& accounts = swap.of(program.key).accounts;
                                   accounts[1] = accounts[mine];
                               }),
                       "own_account: ");
            }
            begins(
                refusal(program.name,
                        [&](WalletSwap& swap) { swap.of(program.key).accounts.push_back({plain_key(5)}); }),
                "swap: ");
            begins(refusal(program.name, [&](WalletSwap& swap) { swap.of(program.key).data.push_back(0); }),
                   "swap: ");
            begins(refusal(program.name, [&](WalletSwap& swap) { swap.of(program.key).data[0] ^= 1; }),
                   "swap: ");
        }
        begins(refusal(tokens, [](WalletSwap& swap) { swap.of(cpmm).accounts[10].key = plain_key(5); }),
               "account_in: ");
        for (const std::size_t at : {24, 39, 40, 42}) {  // a price limit, a purchase, further accounts
            CAPTURE(at);
            begins(
                refusal("tokens by whirlpool", [at](WalletSwap& swap) { swap.of(whirlpool).data[at] ^= 1; }),
                "swap: ");
        }
        for (const std::size_t at : {24, 39, 40}) {  // a price limit, a purchase
            CAPTURE(at);
            begins(refusal("tokens by clmm", [at](WalletSwap& swap) { swap.of(clmm).data[at] ^= 1; }),
                   "swap: ");
        }
        for (const std::size_t at : {24, 27})  // further accounts
            begins(refusal("sol by dlmm", [at](WalletSwap& swap) { swap.of(dlmm).data[at] ^= 1; }), "swap: ");
        begins(refusal("tokens by clmm",
                       [](WalletSwap& swap) { swap.of(clmm).accounts[11].key = plain_key(5); }),
               "account_in: ");
    }

    TEST_CASE("the arrays a swap names may be fewer, one at the least; nobody gets a part of its fee") {
        const auto cut = [](const std::string& name, const PublicKey& program, std::size_t count) {
            return refusal(name, [&](WalletSwap& swap) { swap.of(program).accounts.resize(count); });
        };
        CHECK(cut("tokens by clmm", clmm, 15) == "passed");
        begins(cut("tokens by clmm", clmm, 14), "swap: ");
        begins(cut("tokens by clmm", clmm, 13), "swap: ");
        CHECK(cut("sol by dlmm", dlmm, 17) == "passed");
        begins(cut("sol by dlmm", dlmm, 16), "swap: ");
        CHECK(cut("into sol by damm", damm_v2, 14) == "passed");
        begins(cut("into sol by damm", damm_v2, 13), "swap: ");
        const auto stranger = [](const std::string& name, const PublicKey& program, std::size_t place) {
            return refusal(name, [&](WalletSwap& swap) {
                swap.of(program).accounts[place] = {plain_key(5), false, true};
            });
        };
        begins(stranger("tokens by clmm", clmm, 13), "swap: ");  // then it is an array too many
        begins(stranger("sol by dlmm", dlmm, 9), "swap: ");
        begins(stranger("into sol by damm", damm_v2, 11), "swap: ");
        begins(stranger("into sol by damm", damm_v2, 14), "swap: ");
    }

    TEST_CASE("there is one swap, and it is there") {
        begins(refusal(tokens, [](WalletSwap& swap) { swap.instructions.push_back(swap.of(cpmm)); }),
               "one_swap: instruction 6 of 6");
        begins(refusal(tokens, [](WalletSwap& swap) { swap.instructions.pop_back(); }), "one_swap: ");
        for (const bool payment : {true, false}) {
            begins(refusal(transfers,
                           [payment](WalletSwap& swap) {
                               swap.instructions.erase(swap.instructions.end() - (payment ? 2 : 1));
                           }),
                   "one_swap: ");
            begins(refusal(transfers,
                           [payment](WalletSwap& swap) {
                               swap.instructions.push_back(*(swap.instructions.end() - (payment ? 2 : 1)));
                           }),
                   "one_swap: instruction 7 of 7");
        }
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           for (const Instruction& one : wallet_swap(transfers).instructions) {
                               if (one.program == keys::token_program) swap.instructions.push_back(one);
                           }
                       }),
               "one_swap: ");
    }

    TEST_CASE("two transfers are a swap: what leaves, what comes, and both ends are the signer's") {
        const auto change = [](bool payment, const std::function<void(Instruction&)>& spoil) {
            return refusal(transfers,
                           [&](WalletSwap& swap) { spoil(*(swap.instructions.end() - (payment ? 2 : 1))); });
        };
        const auto account = [&](bool payment, std::size_t place, const AccountMeta& meta) {
            return change(payment, [&](Instruction& transfer) { transfer.accounts[place] = meta; });
        };
        begins(
            refusal(transfers, [](WalletSwap&, SwapPolicyConfig& ceilings) { ceilings.transfers = false; }),
            "transfer: ");
        begins(change(true, [](Instruction& transfer) { put(transfer.data, 1, 1'000'001); }),
               "spend: instruction 5 of 6");
        begins(change(false, [](Instruction& transfer) { put(transfer.data, 1, 994'999); }),
               "least_out: instruction 6 of 6");
        begins(account(true, 0, {plain_key(5), false, true}), "transfer: ");
        begins(account(true, 1, {plain_key(5), false, false}), "transfer: ");
        begins(account(true, 2, {plain_key(5), false, true}), "counterparty: ");
        begins(account(false, 0, {plain_key(5), false, true}), "counterparty: ");
        begins(account(false, 1, {plain_key(5), false, false}), "transfer: ");
        begins(account(false, 2, {plain_key(5), false, true}), "transfer: ");
        begins(account(false, 3, {plain_key(5), true, false}), "counterparty: ");
        begins(account(false, 3, {wallet_key(), true, false}), "transfer: ");
        begins(change(false, [](Instruction& transfer) { transfer.program = keys::token_2022_program; }),
               "transfer: ");
        begins(change(true, [](Instruction& transfer) { transfer.accounts.push_back({plain_key(5)}); }),
               "transfer: ");
        // A counterparty that may spend for the wallet would pay the wallet with its own.
        const PublicKey own = wallet_swap(tokens).of(cpmm).accounts[5].key;
        begins(account(false, 0, {own, false, true}), "counterparty: ");
    }

    TEST_CASE("who has nothing to sign for does not sign") {
        begins(refusal(tokens, [](WalletSwap& swap) { swap.of(cpmm).accounts[1].signer = true; }),
               "signers: 2 keys sign, and 1");
        begins(
            refusal(transfers, [](WalletSwap& swap) { swap.instructions.back().accounts[1].signer = true; }),
            "signers: 3 keys sign, and 2");
        begins(
            refusal(transfers, [](WalletSwap& swap) { swap.instructions.back().accounts[3].signer = false; }),
            "signers: 1 keys sign, and 2");
        begins(refusal(transfers,
                       [](WalletSwap& swap) {
                           auto& accounts = swap.instructions.back().accounts;
                           accounts[3].signer = false;
                           accounts[1].signer = true;
                       }),
               "signers: " + plain_key(202).to_string() + " signs, and ");
    }

    TEST_CASE("the wallet's accounts of other tokens are left alone") {
        for (const PublicKey& program : {keys::token_program, keys::token_2022_program}) {
            const PublicKey other = associated_token_address(wallet_key(), program, keys::wrapped_sol);
            begins(refusal(tokens,
                           [&](WalletSwap& swap) {
                               swap.of(cpmm).accounts[3] = {other, false, true};
                           }),
                   "own_account: the wallet's account " + other.to_string());
        }
    }

    // The law: whatever is changed in a message that passes, either the change is refused, or what the
    // message then does is within the same terms and ceilings, by a sum that is made without the policy: at
    // most most_in of mint_in and as many lamports to be wrapped leave, least_out of mint_out at the least
    // comes, tips and fees are bounded, nothing is paid to others, no right is given, and nobody signs
    // without need.
    TEST_CASE("whatever is changed is refused or stays within the terms") {
        const std::vector<WalletSwap> swaps = wallet_swaps();
        const SwapPolicyConfig ceilings = exact_ceilings();
        const SwapPolicy policy(wallet_key(), ceilings);
        Random random(20'261'122);
        const Draw draw = [&](std::uint64_t bound) { return random.below(bound); };
        int passed = 0;
        int refused = 0;
        int unreadable = 0;
        for (int i = 0; i < 3'000; ++i) {
            const WalletSwap& swap = swaps[random.below(swaps.size())];
            Message message = changed(swap.message(), draw);
            while (random.below(3) == 0) message = changed(std::move(message), draw);
            const auto read = decode_message(encode_message(message));
            if (!read) {
                ++unreadable;
                continue;
            }
            const auto verdict = policy.check(read.value(), swap.terms);
            CAPTURE(swap.name);
            CAPTURE(i);
            const std::string beyond = beyond_terms(read.value(), swap.terms, ceilings);
            if (verdict) {
                CHECK(beyond == "");
                ++passed;
            } else {
                CHECK(verdict.error().reason == Reason::policy_refused);
                CHECK(verdict.error().detail.size() < 400);
                ++refused;
            }
        }
        CHECK(passed > 150);
        CHECK(refused > 1'000);
        CHECK(unreadable > 25);
    }

    TEST_CASE("the swaps of real transactions pass under their own terms and no narrower ones") {
        const auto root = fixtures_or_say();
        if (!root) return;
        int swaps = 0;
        for (const JsonValue& line : read_golden(*root / "golden/transactions.jsonl")) {
            if (line["min_out"].is_null()) continue;
            const Message message = decode_message(hex_bytes(line["message_hex"].text())).value();
            SwapTerms terms;
            terms.mint_in = key_of(line["token_in"].text()).mint();
            terms.mint_out = key_of(line["token_out"].text()).mint();
            terms.most_in = Amount(number_of(line["amount_in"]));
            terms.least_out = Amount(number_of(line["min_out"]));
            terms.wraps_sol = PublicKey(terms.mint_in) == keys::wrapped_sol;
            terms.unwraps_sol = PublicKey(terms.mint_out) == keys::wrapped_sol;
            const SwapPolicy policy(key_of(line["fee_payer"].text()), SwapPolicyConfig());
            CAPTURE(line["kind"].text());
            if (!message.lookups.empty()) {
                begins(policy.check(message, terms).error().detail, "lookup_table: ");
                continue;
            }
            const auto verdict = policy.check(message, terms);
            if (!verdict) FAIL_CHECK(verdict.error().detail);
            SwapTerms narrower = terms;
            narrower.most_in = Amount(terms.most_in.base_units() - 1);
            CHECK(!policy.check(message, narrower));
            narrower = terms;
            narrower.least_out = Amount(terms.least_out.base_units() + 1);
            begins(policy.check(message, narrower).error().detail, "least_out: ");
            ++swaps;
        }
        CHECK(swaps == 2);
    }
}
