#pragma once

#include "libexec/base/result.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/model/attempt.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// What a transaction moved out of a wallet and into it, as its owner would tell it.
/// Unit:   base units; SOL and wrapped SOL are one, in lamports, without the fee. Rent that a token account
///         of the wallet holds is the wallet's still, and counted apart.
struct BalanceChanges {
    std::uint64_t gone = 0;
    std::uint64_t come = 0;
    Rent rent;
};

/// The changes a swap made. Errors: chain_rejected when the node tells no balances, or such as no swap makes:
/// more than one token went or came, or none.
Result<BalanceChanges> balance_changes(const LandedTransaction& landed, const PublicKey& wallet);

}  // namespace libexec
