#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libexec/venues/pools/pool.hpp"

namespace libexec {

/// A sale in one pool out of a wallet's own token accounts, and what the transaction may cost.
struct SwapOrder {
    PublicKey user;  ///< signs and pays
    PublicKey mint_in;
    std::uint64_t amount_in = 0;                           ///< base units
    std::uint64_t min_out = 0;                             ///< base units; the program refuses to pay less
    std::optional<std::uint32_t> compute_unit_limit = {};  ///< the chain's 200 000 an instruction without it
    std::optional<std::uint64_t> compute_unit_price = {};  ///< millionths of a lamport for each unit
};

/// What a wallet's swap needs around the pool's own instruction, in the order in which it runs: limit and
/// price of compute; the account of wrapped SOL when one side is SOL, and that of what is bought, each made
/// unless it is there; SOL wrapped when it is given; the swap; and the account of wrapped SOL closed, so that
/// all in it, what lay there before too, is SOL in the wallet again. `accounts` has the two mints. Errors:
/// those of `Pool::swap`, and bad_account for a mint that is not there or that no token program owns.
Result<std::vector<Instruction>> swap_instructions(const Pool& pool, const SwapOrder& order,
                                                   const AccountStates& accounts, const ChainClock& clock);

}  // namespace libexec
