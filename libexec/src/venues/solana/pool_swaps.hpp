#pragma once

#include <optional>

#include "libexec/venues/pools/pool.hpp"

namespace libexec::solana_venues {

/// The swap that an instruction of a pool program is, nothing for all others: another instruction, another
/// number of accounts or bytes, a sale that is limited by a price. `mint_in` is the default key where the
/// instruction does not name it.
std::optional<PoolSwap> read_pool_swap(const Instruction& instruction);

}  // namespace libexec::solana_venues
