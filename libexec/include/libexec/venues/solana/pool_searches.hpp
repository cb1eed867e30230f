#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "libexec/base/result.hpp"
#include "libexec/venues/solana/pool_finder.hpp"

namespace libexec {

/// Why there may be pools that nobody knows of yet.
struct SearchGap {
    std::string why;        ///< in words
    bool is_first = false;  ///< the first answer is still to be hoped for within moments
};

/// What became of the searches for pools, so that nobody takes for absent what was only not found yet. Of
/// pairs that are not searched it knows nothing.
class PoolSearches {
public:
    /// Pools of that family and pair are looked for from now on.
    void expect(const PoolFamily& family, const MintPair& pair);
    /// They were found, or there are none.
    void answered(const PoolFamily& family, const MintPair& pair);
    /// The last search for them came to nothing.
    void failed(const PoolFamily& family, const MintPair& pair, const Rejection& why);

    /// Whether they are looked for.
    bool covers(const PoolFamily& family, const MintPair& pair) const;
    /// Nothing when the last search for them was answered, or nobody searches.
    std::optional<SearchGap> gap(const PoolFamily& family, const MintPair& pair) const;

    /// Searches that fail before anybody stops waiting for the first answer.
    static constexpr std::uint32_t first_tries = 3;

private:
    struct Standing {
        bool was_answered = false;  ///< ever
        bool is_answered = false;   ///< the last one
        std::uint32_t failures = 0;
        std::string trouble;
    };
    std::map<std::pair<const PoolFamily*, MintPair>, Standing> standings_;
};

}  // namespace libexec
