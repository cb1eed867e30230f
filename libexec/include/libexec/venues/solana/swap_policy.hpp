#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/model/transaction.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {

/// The programs of every kind of pool there is.
std::vector<PublicKey> pool_programs();

/// What a wallet signs at the most, whatever an order asks for.
struct SwapPolicyConfig {
    std::vector<PublicKey> programs = pool_programs();  ///< the pools that may be traded in
    bool transfers = false;  ///< whether two transfers, one each way, are a swap too
    /// What one order may spend of each mint, in base units. A mint that is not there is neither sold nor
    /// bought, one with 0 is bought alone. Empty: an order's own terms decide.
    std::map<Mint, Amount> most_per_order = {};
    std::uint64_t most_priority_fee = 5'000'000;  ///< lamports of a transaction
    std::uint64_t most_unit_price = 50'000'000;   ///< millionths of a lamport for a unit of compute
    std::vector<PublicKey> tip_accounts = {};     ///< may be sent lamports, together at most `most_tip`
    std::uint64_t most_tip = 0;                   ///< lamports of a transaction
};

/// Says whether a message does what an order allows, and nothing else. Pure: knows no account's state,
/// derives the wallet's token accounts itself, and refuses what it cannot read.
///
/// What it lets through, once signed by the wallet, pays the chain's fees and the rent of the wallet's own
/// token accounts, and besides either nothing at all or one swap: at most the terms' `most_in` of `mint_in`
/// leaves the wallet's own account and at least `least_out` of `mint_out` arrives in the wallet's own, as far
/// as the pool's program does what it says. It gives nobody a right that outlasts it.
class SwapPolicy {
public:
    /// For transactions that this wallet pays for.
    SwapPolicy(const PublicKey& wallet, SwapPolicyConfig config);

    /// Errors: policy_refused, as "rule: instruction 3 of 8 ..., with the figures". `tables` are those that
    /// the message looks accounts up in; whoever gives them vouches for them.
    Result<Done> check(const Message& message, const SwapTerms& terms,
                       const std::vector<LookupTable>& tables = {}) const;

private:
    PublicKey wallet_;
    SwapPolicyConfig config_;
    std::set<PublicKey> own_accounts_;  ///< of the mints in `most_per_order`
};

}  // namespace libexec
