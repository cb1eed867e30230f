#include "balance_changes.hpp"

#include <algorithm>
#include <map>

#include "libexec/model/money.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

__extension__ using Signed = __int128;  // differences of 64-bit amounts

/// Whether it is a number of base units, whichever way it went.
bool fits(Signed change) { return (change < 0 ? -change : change) <= Signed(Amount::most); }

Rejection unreadable(const std::string& what) {
    return reject(Reason::chain_rejected, "what the transaction moved cannot be told: " + what);
}

/// The wallet's token accounts at one end, by their numbers, and how many of their lamports are wrapped SOL.
using TokenAccounts = std::map<std::size_t, std::uint64_t>;

/// Adds what the wallet has of each token at one end, and tells where.
TokenAccounts add(const std::vector<TokenBalanceEntry>& entries, const PublicKey& wallet, std::size_t keys,
                  int sign, std::map<PublicKey, Signed>& tokens) {
    TokenAccounts accounts;
    for (const TokenBalanceEntry& entry : entries) {
        if (entry.owner != wallet || entry.account >= keys) continue;
        const bool wrapped = entry.mint == well_known::wrapped_sol;
        accounts[entry.account] = wrapped ? entry.amount : 0;
        // Wrapped SOL is in the lamports.
        if (!wrapped) tokens[entry.mint] += Signed(entry.amount) * sign;
    }
    return accounts;
}

/// What the accounts of one end hold as rent that are not there at the other end. Lamports that lay at the
/// address without an account are nobody's rent.
Signed rent_of(const TokenAccounts& here, const std::vector<std::uint64_t>& lamports_here,
               const TokenAccounts& there, const std::vector<std::uint64_t>& lamports_there) {
    Signed rent = 0;
    for (const auto& [account, wrapped] : here) {
        if (!there.contains(account))
            rent += Signed(lamports_here[account]) - Signed(wrapped) - Signed(lamports_there[account]);
    }
    return rent;
}

}  // namespace

Result<BalanceChanges> balance_changes(const LandedTransaction& landed, const PublicKey& wallet) {
    const std::size_t keys = landed.lamports_before.size();
    if (keys == 0 || landed.lamports_after.size() != keys) return unreadable("the node keeps no balances");

    // The wallet pays, so it is the first key. An account that is made and ended on the way held nothing
    // before and holds nothing after.
    std::map<PublicKey, Signed> tokens;
    const TokenAccounts before = add(landed.tokens_before, wallet, keys, -1, tokens);
    const TokenAccounts after = add(landed.tokens_after, wallet, keys, 1, tokens);

    Signed lamports = landed.fee_lamports;
    for (std::size_t i = 0; i < keys; ++i) {
        const bool own = i == 0 || before.contains(i) || after.contains(i);
        if (own) lamports += Signed(landed.lamports_after[i]) - Signed(landed.lamports_before[i]);
    }
    tokens[well_known::wrapped_sol] = lamports;

    const Signed paid = rent_of(after, landed.lamports_after, before, landed.lamports_before);
    const Signed returned = rent_of(before, landed.lamports_before, after, landed.lamports_after);
    if (!fits(paid) || !fits(returned)) return unreadable("there are not so many lamports");

    BalanceChanges changes;
    // Below zero where somebody had laid lamports at the address of an account of wrapped SOL: what is more
    // than its rent counts as wrapped from then on.
    changes.rent.paid_lamports = static_cast<std::uint64_t>(std::max(paid, Signed(0)));
    changes.rent.returned_lamports = static_cast<std::uint64_t>(std::max(returned, Signed(0)));
    for (const auto& [mint, change] : tokens) {
        std::uint64_t& into = change < 0 ? changes.gone : changes.come;
        if (change == 0) continue;
        if (!fits(change)) return unreadable("there are not so many tokens");
        if (into != 0) return unreadable("more than one token " + std::string(change < 0 ? "went" : "came"));
        into = static_cast<std::uint64_t>(change < 0 ? -change : change);
    }
    // A node that shows the balances of another moment: every swap takes something and gives something.
    if (changes.gone == 0) return unreadable("nothing left the wallet");
    if (changes.come == 0) return unreadable("nothing came to the wallet");
    return changes;
}

}  // namespace libexec
