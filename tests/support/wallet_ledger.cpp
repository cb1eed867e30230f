#include <algorithm>
#include <stdexcept>

#include "libexec/solana/well_known.hpp"
#include "support/pool_programs.hpp"
#include "support/wallet_swaps.hpp"

// What a message does, added up without the policy's help.

namespace libexec::test {

using namespace pool_programs;

namespace {

namespace keys = well_known;

std::uint64_t number(const Bytes& data, std::size_t at, std::size_t size) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += std::uint64_t{data.at(at + i)} << 8 * i;
    return sum;
}

/// What moves. Wide: sums of many u64 fit.
struct Moves {
    Wide wrapped = 0;
    Wide tipped = 0;
    Wide given = 0;   ///< of the input, out of the wallet's own account
    Wide gotten = 0;  ///< of the output, into the wallet's own account, at the least
    Wide units = 1'400'000;
    Wide unit_price = 0;
    int sales = 0;
    int payments = 0;
    int returns = 0;
    PublicKey partner;
};

/// Where a program's swap names what is the wallet's, and its amounts.
struct Places {
    std::size_t user, in, out, amount;
};

class Ledger {
public:
    Ledger(const Message& message, const SwapTerms& terms, const SwapPolicyConfig& ceilings)
        : message_(message), terms_(terms), ceilings_(ceilings) {}

    std::string verdict() {
        if (!message_.lookups.empty()) return "accounts that nobody sees";
        if (message_.keys.at(0) != wallet_key()) return "somebody else's transaction";
        for (const CompiledInstruction& call : message_.instructions) {
            const std::string trouble = book(call);
            if (!trouble.empty()) return trouble;
        }
        return sum();
    }

private:
    const PublicKey& key(const CompiledInstruction& call, std::size_t place) const {
        return message_.keys.at(call.accounts.at(place));
    }
    bool is_mine(const PublicKey& account, const Mint& mint) const {
        const PublicKey key(mint);
        return account == purse(wallet_key(), key) ||
               account == purse(wallet_key(), key, keys::token_2022_program);
    }

    std::string book(const CompiledInstruction& call) {
        const PublicKey& program = message_.keys.at(call.program);
        const Bytes& data = call.data;
        if (program == keys::memo_program) return {};
        if (program == keys::compute_budget_program) {
            if (data.at(0) == 2) moves_.units = number(data, 1, 4);
            if (data.at(0) == 3) moves_.unit_price = number(data, 1, 8);
            return data.at(0) >= 2 && data.at(0) <= 4 ? "" : "a strange budget";
        }
        if (program == keys::system_program) return book_lamports(call);
        if (program == keys::associated_token_program) {
            const bool mine = key(call, 2) == wallet_key() && (is_mine(key(call, 1), terms_.mint_in) ||
                                                               is_mine(key(call, 1), terms_.mint_out));
            return mine ? "" : "pays rent for somebody else";
        }
        if (program == keys::token_program || program == keys::token_2022_program) return book_token(call);
        return book_pool(call, program);
    }

    std::string book_lamports(const CompiledInstruction& call) {
        if (number(call.data, 0, 4) != 2) return "a system call that is no transfer";
        const Wide lamports = number(call.data, 4, 8);
        const PublicKey& to = key(call, 1);
        if (std::ranges::count(ceilings_.tip_accounts, to) > 0) {
            moves_.tipped += lamports;
            return {};
        }
        if (to != purse(wallet_key(), keys::wrapped_sol)) return "lamports leave";
        moves_.wrapped += lamports;
        return {};
    }

    std::string book_token(const CompiledInstruction& call) {
        const std::uint8_t tag = call.data.at(0);
        if (tag == 17) return {};
        if (tag == 9)
            return key(call, 1) == wallet_key() && call.accounts.size() == 3 ? ""
                                                                             : "an account's end pays others";
        if (tag != 12) return "a token call that gives rights away";
        const Wide amount = number(call.data, 1, 8);
        const PublicKey& owner = key(call, 3);
        if (owner == wallet_key()) {
            if (!is_mine(key(call, 0), terms_.mint_in)) return "another token leaves";
            moves_.given += amount;
            ++moves_.payments;
            return {};
        }
        if (!is_mine(key(call, 2), terms_.mint_out)) return "somebody pays somebody";
        for (const Mint& mint : {terms_.mint_in, terms_.mint_out}) {
            if (is_mine(key(call, 0), mint)) return "the wallet is paid with its own";
        }
        moves_.gotten += amount;
        moves_.partner = owner;
        ++moves_.returns;
        return {};
    }

    std::string book_pool(const CompiledInstruction& call, const PublicKey& program) {
        if (std::ranges::count(ceilings_.programs, program) == 0) return "a program that nobody knows";
        Places at{};
        if (program == cpmm) {
            at = {0, 4, 5, 8};
        } else if (program == amm_v4) {
            at = {16, 14, 15, 1};
        } else if (program == whirlpool) {
            const bool a_to_b = call.data.at(41) == 1;
            at = {3, std::size_t(a_to_b ? 7 : 9), std::size_t(a_to_b ? 9 : 7), 8};
            if (call.data.at(40) != 1) return "a purchase";
        } else if (program == clmm) {
            at = {0, 3, 4, 8};
            if (call.data.at(40) != 1) return "a purchase";
        } else if (program == dlmm) {
            at = {10, 4, 5, 8};
            if (key(call, 9) != dlmm) return "a part of the fee for others";
        } else if (program == damm_v2) {
            at = {8, 2, 3, 8};
            if (key(call, 11) != damm_v2) return "a part of the fee for others";
        } else {
            return "a pool nobody can read here";
        }
        if (key(call, at.user) != wallet_key()) return "a swap by somebody else";
        if (!is_mine(key(call, at.in), terms_.mint_in)) return "another token is sold";
        if (!is_mine(key(call, at.out), terms_.mint_out)) return "others are paid";
        moves_.given += number(call.data, at.amount, 8);
        moves_.gotten += number(call.data, at.amount + 8, 8);
        ++moves_.sales;
        return {};
    }

    std::string sum() const {
        const Wide most = terms_.most_in.base_units();
        if (moves_.given > most) return "too much leaves";
        if (moves_.gotten < terms_.least_out.base_units()) return "too little arrives";
        if (moves_.wrapped > (terms_.wraps_sol ? most : 0)) return "too much is wrapped";
        if (moves_.tipped > ceilings_.most_tip) return "too large a tip";
        if (moves_.unit_price > ceilings_.most_unit_price) return "too dear a unit";
        if (moves_.units * moves_.unit_price > Wide(ceilings_.most_priority_fee) * 1'000'000)
            return "too large a fee";
        const auto ceiling = ceilings_.most_per_order.find(terms_.mint_in);
        if (ceiling == ceilings_.most_per_order.end() || terms_.most_in > ceiling->second)
            return "more than any order may";
        const bool pool = moves_.sales == 1 && moves_.payments == 0 && moves_.returns == 0;
        const bool transfers = moves_.sales == 0 && moves_.payments == 1 && moves_.returns == 1;
        if (!pool && !transfers) return "not one swap";
        if (message_.signers != (pool ? 1 : 2)) return "signers without a reason";
        if (transfers && message_.keys.at(1) != moves_.partner) return "the partner has not signed";
        return {};
    }

    const Message& message_;
    const SwapTerms& terms_;
    const SwapPolicyConfig& ceilings_;
    Moves moves_;
};

}  // namespace

std::string beyond_terms(const Message& message, const SwapTerms& terms, const SwapPolicyConfig& ceilings) {
    try {
        return Ledger(message, terms, ceilings).verdict();
    } catch (const std::out_of_range&) {
        return "an instruction that is cut short";
    }
}

}  // namespace libexec::test
