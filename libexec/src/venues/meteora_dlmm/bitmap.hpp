#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "state.hpp"

namespace libexec::meteora_dlmm_pool {

/// Arrays that one swap names at most: with them a transaction still has room for its other instructions, and
/// no compute to get through them if they are full.
inline constexpr std::size_t arrays_most = 4;

/// Which arrays of bins hold liquidity: the bitmap of the pair for the middle of all prices, and that of an
/// account of its own, where there is one, for the rest.
class Bitmap {
public:
    /// Without the account.
    explicit Bitmap(const State& state);
    /// With the account at `address`, where it is known. Errors: bad_account.
    static Result<Bitmap> read(const PublicKey& pair, const PublicKey& address, const State& state,
                               const AccountStates& accounts);

    /// Whether a swap has to name the account.
    bool is_extended() const { return extended_; }
    /// The arrays a trade from the active bin comes to, in its order; `down` when X is sold. At most
    /// `arrays_most`.
    std::vector<std::int32_t> on_the_way(bool down) const;

private:
    /// Moves to the next place that is set, from this one on. False when nothing is known of any.
    bool find(std::size_t& place, bool down) const;

    std::vector<std::uint64_t> words_;  ///< of every array there can be, in their order
    bool extended_ = false;
    std::int32_t active_;
};

/// The address of a pair's bitmap account, whether it has one or not.
PublicKey bitmap_address(const PublicKey& pair);

}  // namespace libexec::meteora_dlmm_pool
