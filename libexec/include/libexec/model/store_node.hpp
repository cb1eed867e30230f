#pragma once

#include <cstdint>
#include <string>

#include "libexec/base/clock.hpp"

namespace libexec {

/// One start of a node that shares a store with others.
struct StoreNode {
    std::string id;    ///< of this start
    std::string name;  ///< the same for every start of the node
    bool self = false;
    bool alive = false;  ///< gave a sign of life within one lease
    Time started_at{};   ///< by the store's clock, like seen_at
    Time seen_at{};
    std::uint64_t holding = 0;    ///< orders it works on now
    std::uint64_t accepted = 0;   ///< since it started
    std::uint64_t confirmed = 0;  ///< ended by it
    std::uint64_t failed = 0;     ///< failed, cancelled or expired: ended by it
};

}  // namespace libexec
