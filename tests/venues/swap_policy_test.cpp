#include "libexec/venues/solana/swap_policy.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "libexec/base/random.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/transaction.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/golden.hpp"
#include "support/wallet_swaps.hpp"

using namespace libexec;
using namespace libexec::test;
namespace keys = well_known;
namespace make = instructions;

namespace {

constexpr PublicKey cpmm = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey amm_v4 = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
constexpr PublicKey whirlpool = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;
constexpr PublicKey clmm = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;
constexpr PublicKey dlmm = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;
constexpr PublicKey damm_v2 = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;

const PublicKey& wallet() {
    static const PublicKey key = wallet_pair().public_key();
    return key;
}

Result<Done> judged(const WalletSwap& swap, const SwapPolicyConfig& ceilings = exact_ceilings()) {
    return SwapPolicy(wallet(), ceilings).check(swap.message(), swap.terms);
}

/// What is said of a swap that is well but for one change.
std::string refusal(const std::string& name,
                    const std::function<void(WalletSwap&, SwapPolicyConfig&)>& spoil) {
    WalletSwap swap = wallet_swap(name);
    SwapPolicyConfig ceilings = exact_ceilings();
    REQUIRE(judged(swap, ceilings));
    spoil(swap, ceilings);
    const auto verdict = judged(swap, ceilings);
    if (verdict) return "passed";
    CHECK(verdict.error().reason == Reason::policy_refused);
    return verdict.error().detail;
}

std::string refusal(const std::string& name, const std::function<void(WalletSwap&)>& spoil) {
    return refusal(name, [&](WalletSwap& swap, SwapPolicyConfig&) { spoil(swap); });
}

bool begins(const std::string& text, const std::string& start) {
    CAPTURE(text);
    CAPTURE(start);
    const bool does = text.rfind(start, 0) == 0;
    CHECK(does);
    return does;
}

bool says(const std::string& text, const std::string& words) {
    CAPTURE(text);
    CAPTURE(words);
    const bool does = text.find(words) != std::string::npos;
    CHECK(does);
    return does;
}

void put(Bytes& data, std::size_t at, std::uint64_t number, std::size_t size = 8) {
    for (std::size_t i = 0; i < size; ++i) data[at + i] = static_cast<std::uint8_t>(number >> 8 * i & 0xff);
}

const std::string tokens = "tokens by cpmm";
const std::string from_sol = "sol by cpmm";
const std::string into_sol = "into sol by amm";
const std::string transfers = "tokens by transfers";

}  // namespace

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
        begins(SwapPolicy(wallet(), exact_ceilings()).check(Message(), swap.terms).error().detail,
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
            if (meta.key != wallet()) table.addresses.push_back(meta.key);
        }
        MessageDraft draft{.version = MessageVersion::v0,
                           .payer = wallet(),
                           .instructions = swap.instructions,
                           .blockhash = Blockhash(),
                           .tables = {table}};
        const Message message = compile_message(draft).value();
        REQUIRE(!message.lookups.empty());
        const SwapPolicy policy(wallet(), exact_ceilings());
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
                               wallet(), swap.of(keys::system_program).accounts[1].key, UINT64_MAX);
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
        begins(
            refusal(tokens,
                    [](WalletSwap& swap) {
                        swap.terms.wraps_sol = true;
                        swap.instructions.push_back(make::transfer(
                            wallet(),
                            associated_token_address(wallet(), keys::token_program, keys::wrapped_sol), 1));
                    }),
            "lamports: ");
        // A nonce in the first place would make the signature hold for good.
        begins(refusal(from_sol,
                       [](WalletSwap& swap) {
                           Instruction advance{.program = keys::system_program,
                                               .accounts = {{plain_key(1), false, true},
                                                            {plain_key(2), false, false},
                                                            {wallet(), true, false}},
                                               .data = {4, 0, 0, 0}};
                           swap.instructions.insert(swap.instructions.begin(), advance);
                       }),
               "lamports: instruction 1 of 10 (System)");
        begins(refusal(tokens,
                       [](WalletSwap& swap) {
                           swap.instructions.push_back(
                               make::create_account(wallet(), plain_key(5), 1, 165, keys::token_program));
                       }),
               "lamports: ");
    }

    TEST_CASE("tips are off by default, and bounded together when they are on") {
        const auto tip = [](std::uint64_t once, std::uint64_t twice, std::uint64_t most) {
            return refusal(tokens, [=](WalletSwap& swap, SwapPolicyConfig& ceilings) {
                if (most > 0) ceilings.tip_accounts = {plain_key(60)};
                ceilings.most_tip = most;
                swap.instructions.push_back(make::transfer(wallet(), plain_key(60), once));
                swap.instructions.push_back(make::transfer(wallet(), plain_key(60), twice));
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
                      wallet(), wallet(), PublicKey(swap.terms.mint_in), keys::token_2022_program));
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
                               make::create_token_account(wallet(), wallet(), plain_key(5)));
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
                           const PublicKey own = associated_token_address(wallet(), keys::token_program,
                                                                          PublicKey(swap.terms.mint_in));
                           swap.instructions.push_back(make::close_account(own, wallet(), wallet()));
                       }),
               "close_account: ");
        begins(refusal(from_sol,
                       [](WalletSwap& swap) { swap.of(keys::token_program).accounts[0].key = plain_key(5); }),
               "sync_native: ");
        begins(refusal(into_sol,
                       [](WalletSwap& swap) {
                           swap.instructions.push_back(make::sync_native(
                               associated_token_address(wallet(), keys::token_program, keys::wrapped_sol)));
                       }),
               "sync_native: ");
    }

    TEST_CASE("no other call of a token program passes: rights, owners, burning, plain transfers") {
        for (const int tag : {3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15, 16, 18, 25, 26}) {
            CAPTURE(tag);
            for (const PublicKey& program : {keys::token_program, keys::token_2022_program}) {
                begins(
                    refusal(tokens,
                            [&](WalletSwap& swap) {
                                const AccountMeta own = swap.of(cpmm).accounts[4];
                                Instruction call{
                                    .program = program,
                                    .accounts = {own, {plain_key(5), false, true}, {wallet(), true, false}},
                                    .data = {static_cast<std::uint8_t>(tag), 1, 0, 0, 0, 0, 0, 0, 0}};
                                swap.instructions.push_back(call);
                            }),
                    "token: instruction 6 of 6");
            }
        }
    }

    TEST_CASE("a memo is short and of the wallet alone") {
        CHECK(refusal(tokens, [](WalletSwap& swap) { swap.instructions[2] = make::memo("x", {wallet()}); }) ==
              "passed");
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
        begins(account(false, 3, {wallet(), true, false}), "transfer: ");
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
            const PublicKey other = associated_token_address(wallet(), program, keys::wrapped_sol);
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
        const SwapPolicy policy(wallet(), ceilings);
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
