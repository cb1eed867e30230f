#include "locked_memory.hpp"

#include <sodium.h>

#include <stdexcept>

#include "sodium_start.hpp"

namespace libexec {

void FreeLocked::operator()(std::uint8_t* memory) const { sodium_free(memory); }

LockedBytes lock_memory(std::size_t size_bytes) {
    start_sodium();
    LockedBytes memory(static_cast<std::uint8_t*>(sodium_malloc(size_bytes)));
    // sodium_malloc goes on when the pages cannot be locked; a second lock of the same pages says whether
    // they are.
    if (!memory || sodium_mlock(memory.get(), size_bytes) != 0)
        throw std::runtime_error("no memory can be locked for a key: raise the limit of it (ulimit -l)");
    sodium_memzero(memory.get(), size_bytes);
    return memory;
}

}  // namespace libexec
