#pragma once

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec {

/// What the account of the clock sysvar says. Errors: bad_account for another owner or length.
Result<ChainClock> read_clock(const AccountState& account);

}  // namespace libexec
