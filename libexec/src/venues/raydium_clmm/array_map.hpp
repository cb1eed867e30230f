#pragma once

#include <optional>
#include <vector>

#include "state.hpp"

namespace libexec::raydium_clmm_pool {

/// A swap here names at most so many tick arrays each way: with more of them its transaction would not fit
/// into a packet, beside the other instructions it takes.
inline constexpr std::size_t arrays_most = 6;

/// Where the array of a tick begins.
std::int32_t array_start_of(std::int32_t tick, std::uint16_t spacing);

/// Where a pool keeps which arrays exist beyond the reach of its own bitmap.
PublicKey extension_address(const PublicKey& pool);

/// Which tick arrays of a pool have ticks in use, by the bitmap of the pool and, where there is one, that of
/// its extension.
class ArrayMap {
public:
    /// The extension is the account at extension_address(); older pools have none.
    /// Errors: bad_account for bits where no array can be as well.
    static Result<ArrayMap> read(const PublicKey& pool, const State& state, const AccountStates& accounts);

    /// Whether the pool has an extension.
    bool has_extension() const { return has_extension_; }

    /// Where the arrays begin that a trade comes to, in that order; at most `arrays_most`.
    struct Way {
        std::vector<std::int32_t> starts;
        bool begins_at_tick = false;  ///< the first one is that of the pool's tick
    };
    Way way(std::int32_t tick, bool a_to_b) const;

private:
    /// The number of the nearest array in use from that one on.
    std::optional<std::int32_t> next(std::int32_t array, bool a_to_b) const;
    bool reaches(std::int32_t array) const;
    std::uint64_t word_of(std::int32_t array) const;

    ArrayBits near_{};
    std::vector<std::uint64_t> above_;  ///< from array 512 on, 64 to a word
    std::vector<std::uint64_t> below_;  ///< from array -7680 on
    bool has_extension_ = false;
    std::uint16_t spacing_ = 1;
};

}  // namespace libexec::raydium_clmm_pool
