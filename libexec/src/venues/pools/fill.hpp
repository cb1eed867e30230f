#pragma once

#include <cstdint>

namespace libexec::pools {

/// What a pool does with what arrived in its vault, before any transfer fee of the output.
struct Fill {
    std::uint64_t in = 0;   ///< with the fee
    std::uint64_t out = 0;  ///< leaves the vault
    std::uint64_t fee = 0;  ///< of the input, or of the output where the pool takes it there
    bool fee_on_output = false;
    std::uint32_t impact_bps = 0;
    std::uint32_t crossings = 0;
};

}  // namespace libexec::pools
