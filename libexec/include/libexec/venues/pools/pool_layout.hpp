#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace libexec {

/// Where a pool's account says what it is, by which pools are found without reading all of a program's
/// accounts. Offsets are from the account's first byte. The decoders read by the same numbers.
struct PoolLayout {
    std::size_t size_bytes = 0;          ///< of the account, always
    std::string_view discriminator{};    ///< its first bytes; empty where the program has none
    std::array<std::size_t, 2> mints{};  ///< of 32 bytes each, in the order the program keeps them
    std::array<std::size_t, 2> vaults{};
    bool sorts_mints = false;  ///< the first mint is always the lower one
};

}  // namespace libexec
