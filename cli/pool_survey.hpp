#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "libexec/venues/solana/pool_finder.hpp"

namespace libexec::cli {

/// What the pools of a pair are to be asked.
struct PoolSurveyQuestion {
    /// Pools that trade these two.
    PoolSurveyQuestion(const PublicKey& in, const PublicKey& out) : mint_in(in), mint_out(out) {}

    PublicKey mint_in;
    PublicKey mint_out;
    std::optional<std::uint64_t> amount;  ///< base units of `mint_in` to sell; nothing: only who there is
    std::size_t limit = 4;                ///< pools of each family
};

/// A pool of the pair.
struct SurveyedPool {
    const PoolFamily* family = nullptr;
    PublicKey address;
    std::uint64_t held_in = 0;  ///< in its vaults, base units
    std::uint64_t held_out = 0;
    std::optional<std::uint64_t> fee_ppm;   ///< of a sale of the amount, or of a thousandth of what it holds
    std::optional<Rejection> closed;        ///< why it cannot be traded in; nothing when it can
    std::optional<Result<PoolTrade>> sale;  ///< of the amount, where one was given and the pool is open
};

/// What became of a family's search.
struct SurveyedFamily {
    const PoolFamily* family = nullptr;
    std::size_t named = 0;  ///< by the node, those that hold nothing among them
    std::optional<Rejection> failure;
};

/// All of it: the pools best first, by what they pay where an amount was given, else by what they hold.
struct PoolSurvey {
    std::vector<SurveyedPool> pools;
    std::vector<SurveyedFamily> families;
    std::uint64_t slot = 0;  ///< of the newest answer
};

/// Asks the chain. The reader and the clock outlive it.
Task<PoolSurvey> survey_pools(ChainReader& reader, const Clock& clock, PoolSurveyQuestion question);

}  // namespace libexec::cli
