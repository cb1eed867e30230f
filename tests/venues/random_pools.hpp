#pragma once

#include "libexec/base/random.hpp"
#include "synthetic_pools.hpp"

namespace libexec::test {

/// Anything from 1 to below 2^(bits + 1), every size about equally likely.
inline std::uint64_t any_size(Random& random, std::uint64_t bits) {
    return 1 + random.below(std::uint64_t{1} << (1 + random.below(bits)));
}

/// Two tokens, one in four with a transfer fee of its own; the vaults hold what is owed as well.
void draw_tokens(SyntheticPool& pool, Random& random, bool may_have_fees);
SyntheticCpmm draw_cpmm(Random& random);
SyntheticAmm draw_amm(Random& random);
/// Five positions over each other around any price, of so little liquidity that the smallest step of the
/// price is worth less than a base unit.
SyntheticWhirlpool draw_whirlpool(Random& random);

}  // namespace libexec::test
