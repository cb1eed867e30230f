#pragma once

#include <cstdint>

#include "libexec/base/reason.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// What a program means by a number of its own: slippage_exceeded, insufficient_funds, pool_closed,
/// account_in_use, or chain_rejected for all that is not known here. A number of the token program comes up
/// through whoever called it, under that program's name. Source: the programs' published error lists;
/// slippage as each of them answered one unit too much.
Reason reason_of_program_error(const PublicKey& program, std::uint32_t number);

}  // namespace libexec
