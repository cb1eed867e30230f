#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "state.hpp"

namespace libexec::meteora_dlmm_pool {

inline constexpr std::int32_t bins_in_array = 70;

/// What a trade may take out of one bin, at the bin's one price.
struct Bin {
    Wide price = 0;  ///< Y per X in Q64.64; whatever it is where there is nothing to take
    /// By the token that is paid, X or Y: what the liquidity holds, limit orders that were begun, and those
    /// that were not. A trade takes them in that order.
    std::array<std::array<std::uint64_t, 3>, 2> layers{};

    bool pays(bool y) const {
        const auto& layer = layers[y ? 1 : 0];
        return (layer[0] | layer[1] | layer[2]) != 0;
    }
};

/// 70 bins beside each other.
struct BinArray {
    std::int32_t index = 0;
    std::array<Bin, bins_in_array> bins;

    std::int32_t first() const { return index * bins_in_array; }
    std::int32_t last() const { return first() + bins_in_array - 1; }
};

/// The array a bin is in.
std::int32_t array_of(std::int32_t bin);
/// The address of a pair's array.
PublicKey array_address(const PublicKey& pair, std::int32_t index);

/// Whose array it is, and which one.
struct ArrayPlace {
    PublicKey pair;
    std::int32_t index = 0;
    PublicKey address;
};

/// The array at that place; nothing when there is no account. Limit orders are read where the pair has them.
/// Errors: bad_account, also for a price that is not that of its bin.
Result<std::optional<BinArray>> read_bin_array(const ArrayPlace& place, const State& state,
                                               const AccountStates& accounts);

}  // namespace libexec::meteora_dlmm_pool
