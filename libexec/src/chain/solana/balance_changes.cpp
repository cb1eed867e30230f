#include "balance_changes.hpp"

#include <map>

#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

__extension__ using Signed = __int128;  // differences of 64-bit amounts

Rejection unreadable(const std::string& what) {
    return reject(Reason::chain_rejected, "what the transaction moved cannot be told: " + what);
}

/// Adds what the wallet has of each token at one end, and marks whose lamports are its own.
void add(const std::vector<TokenBalanceEntry>& entries, const PublicKey& wallet, int sign,
         std::map<PublicKey, Signed>& tokens, std::vector<bool>& own) {
    for (const TokenBalanceEntry& entry : entries) {
        if (entry.owner != wallet || entry.account >= own.size()) continue;
        own[entry.account] = true;
        // Wrapped SOL is in the lamports.
        if (entry.mint != well_known::wrapped_sol) tokens[entry.mint] += Signed(entry.amount) * sign;
    }
}

}  // namespace

Result<BalanceChanges> balance_changes(const LandedTransaction& landed, const PublicKey& wallet) {
    const std::size_t keys = landed.lamports_before.size();
    if (keys == 0 || landed.lamports_after.size() != keys) return unreadable("the node keeps no balances");

    // The wallet pays, so it is the first key. An account that is made and ended on the way held nothing
    // before and holds nothing after.
    std::vector<bool> own(keys, false);
    own[0] = true;
    std::map<PublicKey, Signed> tokens;
    add(landed.tokens_before, wallet, -1, tokens, own);
    add(landed.tokens_after, wallet, 1, tokens, own);

    Signed lamports = landed.fee_lamports;
    for (std::size_t i = 0; i < keys; ++i) {
        if (own[i]) lamports += Signed(landed.lamports_after[i]) - Signed(landed.lamports_before[i]);
    }
    tokens[well_known::wrapped_sol] = lamports;

    BalanceChanges changes;
    for (const auto& [mint, change] : tokens) {
        std::uint64_t& into = change < 0 ? changes.gone : changes.come;
        if (change == 0) continue;
        if (into != 0) return unreadable("more than one token " + std::string(change < 0 ? "went" : "came"));
        into = static_cast<std::uint64_t>(change < 0 ? -change : change);
    }
    // A node that shows the balances of another moment: every swap takes something and gives something.
    if (changes.gone == 0) return unreadable("nothing left the wallet");
    if (changes.come == 0) return unreadable("nothing came to the wallet");
    return changes;
}

}  // namespace libexec
