#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace libexec {

struct FreeLocked {
    void operator()(std::uint8_t* memory) const;
};

/// Bytes that are not swapped out, not dumped, between pages that nobody may touch, and wiped at the end.
using LockedBytes = std::unique_ptr<std::uint8_t[], FreeLocked>;

/// Throws std::runtime_error, with the fix, when the system lends none.
LockedBytes lock_memory(std::size_t size_bytes);

}  // namespace libexec
