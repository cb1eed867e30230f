#pragma once

#include "libexec/base/result.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {

/// Why a transaction of that message failed, in our words and the chain's: slippage_exceeded,
/// insufficient_funds, account_in_use, stale_blockhash, pool_closed or chain_rejected.
Rejection failure_of(const TransactionError& error, const Message& message);

}  // namespace libexec
