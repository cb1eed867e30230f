#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/venues/pools/pool.hpp"

namespace libexec {

/// Two tokens, whichever way round: the lower key is `a`.
struct MintPair {
    /// Of two mints in any order.
    MintPair(const PublicKey& one, const PublicKey& other) : a(one), b(other) {
        if (b < a) std::swap(a, b);
    }

    PublicKey a;
    PublicKey b;

    /// By the keys.
    friend auto operator<=>(const MintPair&, const MintPair&) = default;
};

/// A pool that a node named. Nothing of it is proven until its accounts were read and it was opened.
struct FoundPool {
    PublicKey address;
    std::array<std::uint64_t, 2> held{};  ///< in its vaults, in base units of the pair's `a` and `b`
};

/// What a search found.
struct FoundPools {
    std::vector<FoundPool> pools;  ///< those that hold most first; without those that hold nothing
    std::size_t named = 0;         ///< by the node: more, when some hold nothing or were too many to weigh
    std::uint64_t slot = 0;        ///< of the search
};

/// Finds the pools that trade a pair, by searches of each program's accounts: of every pool only its address
/// and the keys of its vaults are fetched, and then what the vaults hold. Used from the reader's thread.
class PoolFinder {
public:
    /// The reader outlives it and its tasks.
    explicit PoolFinder(ChainReader& reader) : reader_(reader) {}

    /// The pools of one family. A program that keeps its mints in any order is searched twice. Errors: those
    /// of the reader.
    Task<Result<FoundPools>> find(const PoolFamily& family, MintPair pair);

    /// Whose vaults are read, half of them of each search unless the other names fewer; of those beyond it
    /// nobody knows what they hold, and they are left out.
    static constexpr std::size_t weighed_most = 1'000;

private:
    ChainReader& reader_;
};

/// What the vaults of a pool hold, in base units of the pair's `a` and `b`, as far as pool and vaults are
/// among the accounts: 0 for what is not, and for a vault of another token.
std::array<std::uint64_t, 2> holdings_of(const PoolFamily& family, const MintPair& pair,
                                         const PublicKey& pool, const AccountStates& accounts);

/// Whether a pool that holds `a` comes before one that holds `b`: both sides of it count, since a pool with
/// one side empty trades one way at the best.
bool holds_more(const std::array<std::uint64_t, 2>& a, const std::array<std::uint64_t, 2>& b);

}  // namespace libexec
