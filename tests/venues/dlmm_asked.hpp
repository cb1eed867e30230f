#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>

#include "libexec/venues/pools/pool.hpp"
#include "pool_checks.hpp"
#include "synthetic_dlmm.hpp"

// Pairs of Meteora DLMM that were made for a test, and what they answer.

namespace libexec::test {

/// The pair at that address as these accounts describe it.
inline Result<std::unique_ptr<Pool>> open_accounts(const PublicKey& address, const AccountStates& accounts) {
    return family_of(accounts.at(address))->open(address, accounts);
}

inline Result<Instruction> build(const SyntheticDlmm& pool, int side) {
    PoolSwap swap;
    swap.mint_in = pool.mint(side);
    return opened(pool)->swap(swap, now);
}

using Change = std::function<void(SyntheticDlmm&)>;

inline SyntheticDlmm with(const Change& change) {
    SyntheticDlmm pool = small_dlmm();
    change(pool);
    return pool;
}

inline void taxed(SyntheticDlmm& pool) {
    for (SyntheticToken& token : pool.tokens) {
        token.program = well_known::token_2022_program;
        token.fee_points = 300;
        token.fee_most = 1'000'000;
    }
}
/// The price is where nothing is, and bins so far out that their arrays are in the account of the bitmap.
inline void far(SyntheticDlmm& pool) {
    pool.step = 1;
    pool.active = 100;
    pool.bins[36'000].x = 9'000'000;
    pool.bins[-36'000].y = 9'000'000'000;
}

}  // namespace libexec::test
