#pragma once

#include <cstdint>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"
#include "../pools/swap_frame.hpp"

namespace libexec {

__extension__ using SignedLamports = __int128;

/// What a trade has moved, in base units of its tokens: nothing but what is traded, so that fees of the chain
/// and rent are in neither.
struct WalletChange {
    SignedLamports paid = 0;
    SignedLamports received = 0;
};

/// The accounts that tell it: the wallet's own and its two token accounts.
std::vector<PublicKey> wallet_accounts(const SwapFrame& frame);

/// What lay there before and afterwards, when the transaction of `frame` cost `fee_lamports`. Errors:
/// service_unavailable when an account is missing that must be there after such a transaction.
Result<WalletChange> change_of(const SwapFrame& frame, std::uint64_t fee_lamports,
                               const AccountStates& before, const AccountStates& after);

/// The lamports at that address; 0 where nothing is.
std::uint64_t lamports_at(const AccountStates& accounts, const PublicKey& key);

/// The figure in decimal digits.
std::string digits_of(SignedLamports amount);

}  // namespace libexec
