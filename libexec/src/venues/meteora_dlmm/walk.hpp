#pragma once

#include <cstdint>
#include <vector>

#include "bin_array.hpp"
#include "fee_rate.hpp"

namespace libexec::meteora_dlmm_pool {

/// What a trade walks through, from the active bin on.
struct Terrain {
    std::int32_t active = 0;
    std::int32_t lowest = 0;  ///< bins that a trade may go to
    std::int32_t highest = 0;
    std::vector<const BinArray*> arrays;  ///< in the order the trade comes to them
};

enum class Fixed : std::uint8_t { input, output };

/// Which way a trade goes, and what of it is given.
struct Course {
    bool x_to_y = false;
    bool fee_on_input = true;
    Fixed fixed = Fixed::input;
};

/// Where a trade got to.
struct Walk {
    std::uint64_t in = 0;   ///< with the fee, where that is of the input
    std::uint64_t out = 0;  ///< without the fee, where that is of the output
    std::uint64_t fee = 0;
    std::uint32_t crossings = 0;  ///< bins that were emptied on the way
    Wide price = 0;               ///< of the last bin that was traded in
};

/// Trades `amount`, which is either all that is given or all that shall be paid.
/// Errors: insufficient_liquidity past the last array, or where the program's numbers end.
Result<Walk> walk(const Terrain& terrain, const FeeRate& rate, std::uint64_t amount, const Course& course);

/// How far the average price, fees left out, falls short of that of the active bin, in basis points rounded
/// up; never above how far the price itself went.
std::uint32_t impact_bps(Wide price, const Walk& walked, const Course& course);

}  // namespace libexec::meteora_dlmm_pool
