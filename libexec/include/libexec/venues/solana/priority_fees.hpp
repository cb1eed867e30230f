#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace libexec {

/// What a transaction offers for its place in a block.
/// Unit:   millionths of a lamport for a unit of compute.
struct PriorityFees {
    std::uint32_t percentile = 75;  ///< of what others paid lately, those who paid nothing left out; 0 to 100
    std::uint64_t floor = 1'000;    ///< never less, also when nobody paid anything
    std::uint64_t cap = 2'000'000;  ///< never more, the floor included
    std::chrono::milliseconds kept_for{10'000};  ///< what others paid is asked for again after that
};

/// What to offer when `recent` are the least prices of the last slots: the nearest rank of the percentile.
std::uint64_t priority_price(std::vector<std::uint64_t> recent, const PriorityFees& fees);

/// What the chain takes for so many units, in lamports, rounded up as it does; the most there is beyond u64.
std::uint64_t priority_lamports(std::uint64_t units, std::uint64_t price);

}  // namespace libexec
