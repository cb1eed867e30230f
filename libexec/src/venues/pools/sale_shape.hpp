#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "libexec/venues/pools/pool.hpp"

namespace libexec::pools {

/// What a program's instruction for a sale looks like. Its data are a name, the amount, the least output, and
/// whatever else the program wants to be told.
struct SaleShape {
    PublicKey program;
    std::string_view name;
    std::string_view manner;  ///< the last bytes
    std::size_t accounts_least = 0;
    std::size_t accounts_most = 0;
    // Which of the accounts is whose.
    std::size_t user = 0;
    std::size_t token_in = 0;
    std::size_t token_out = 0;
    std::optional<std::size_t> mint_in = {};  ///< nothing: the program knows it by `token_in`

    Bytes data(const PoolSwap& swap) const;
    /// See PoolFamily::read_swap.
    std::optional<PoolSwap> read(const Instruction& instruction) const;
};

inline AccountMeta readable(const PublicKey& key) { return {key, false, false}; }
inline AccountMeta writable(const PublicKey& key) { return {key, false, true}; }
inline AccountMeta signing(const PublicKey& key) { return {key, true, false}; }

}  // namespace libexec::pools
