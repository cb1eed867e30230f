#include "libexec/venues/solana/swap_policy.hpp"

#include <algorithm>

#include "libexec/venues/pools/pool.hpp"
#include "swap_review.hpp"

namespace libexec {
namespace {

using solana_venues::Purse;
using solana_venues::refuse;
using solana_venues::SwapReview;

Result<Done> check_terms(const SwapTerms& terms, const std::map<Mint, Amount>& most_per_order) {
    if (terms.mint_in == terms.mint_out)
        return refuse("terms", "the order sells and buys the same mint, " + terms.mint_in.to_string());
    if (terms.least_out.base_units() == 0)
        return refuse("terms", "the order is content with nothing; it has to want 1 at least");
    if (most_per_order.empty()) return Done();
    for (const Mint& mint : {terms.mint_in, terms.mint_out}) {
        if (!most_per_order.contains(mint))
            return refuse("mint", mint.to_string() + " is not among the mints that may be traded");
    }
    const Amount most = most_per_order.at(terms.mint_in);
    if (terms.most_in > most)
        return refuse("most_per_order", "the order spends up to " + terms.most_in.to_string() + " of " +
                                            terms.mint_in.to_string() + ", at most " + most.to_string());
    return Done();
}

}  // namespace

std::vector<PublicKey> pool_programs() {
    std::vector<PublicKey> programs;
    for (const PoolFamily* family : pool_families()) programs.push_back(family->program());
    return programs;
}

SwapPolicy::SwapPolicy(const PublicKey& wallet, SwapPolicyConfig config)
    : wallet_(wallet), config_(std::move(config)) {
    for (const auto& [mint, most] : config_.most_per_order) {
        const Purse purse(wallet_, PublicKey(mint));
        own_accounts_.insert(purse.of_token);
        own_accounts_.insert(purse.of_token_2022);
    }
}

Result<Done> SwapPolicy::check(const Message& message, const SwapTerms& terms,
                               const std::vector<LookupTable>& tables) const {
    if (message.signers == 0 || message.keys.size() < message.signers)
        return refuse("fee_payer", "nobody signs the message");
    if (message.keys.front() != wallet_)
        return refuse("fee_payer",
                      message.keys.front().to_string() + " pays, not the wallet " + wallet_.to_string());
    if (auto fit = check_terms(terms, config_.most_per_order); !fit) return fit;
    if (!message.lookups.empty() && tables.empty())
        return refuse("lookup_table", std::to_string(message.lookups.size()) +
                                          " lookup tables are used, and what is in them is not known here");
    const auto accounts = accounts_of(message, tables);
    if (!accounts) return refuse("accounts", accounts.error().detail);
    const auto instructions = instructions_of(message, tables);
    if (!instructions) return refuse("accounts", instructions.error().detail);

    SwapReview review(wallet_, config_, terms);
    for (const Instruction& instruction : instructions.value()) {
        if (const auto trouble = review.take(instruction, instructions.value().size())) return *trouble;
    }
    const std::vector<PublicKey> signers(message.keys.begin(),
                                         message.keys.begin() + static_cast<std::ptrdiff_t>(message.signers));
    if (const auto trouble = review.finish(signers)) return *trouble;
    for (const AccountMeta& account : accounts.value()) {
        const bool traded = review.in().has(account.key) || review.out().has(account.key);
        if (account.writable && !traded && own_accounts_.contains(account.key))
            return refuse("own_account", "the wallet's account " + account.key.to_string() +
                                             " may be written, and the order does not trade its token");
    }
    return Done();
}

}  // namespace libexec
