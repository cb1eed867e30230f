#pragma once

#include <cstdint>

#include "libexec/base/result.hpp"
#include "libexec/venues/pools/pool.hpp"

namespace libexec {

/// A sale of exactly that much of `mint_in`, in base units, that is executed as a whole and paid for. Errors:
/// insufficient_liquidity when the pool takes a part alone, amount_too_small when it pays nothing, and those
/// of `Pool::sell`.
Result<PoolTrade> whole_sale(const Pool& pool, const PublicKey& mint_in, std::uint64_t amount,
                             const ChainClock& clock);
/// A purchase that delivers exactly that much of `mint_out`, in base units. Errors: insufficient_liquidity
/// when the pool delivers something else, and those of `Pool::buy`.
Result<PoolTrade> whole_purchase(const Pool& pool, const PublicKey& mint_out, std::uint64_t amount,
                                 const ChainClock& clock);

}  // namespace libexec
