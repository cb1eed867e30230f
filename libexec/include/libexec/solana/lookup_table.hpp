#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec {

/// An address lookup table: lets a v0 message name an account with one byte.
struct LookupTable {
    /// The `deactivated_in` of a table that is in use.
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    PublicKey key;
    std::vector<PublicKey> addresses;      ///< at most 256
    std::uint64_t deactivated_in = never;  ///< slot
    std::uint64_t extended_in = 0;         ///< the slot in which addresses were appended last
    std::uint8_t extended_from = 0;        ///< the first address appended then
    std::optional<PublicKey> authority;    ///< who may change it; nobody may when there is none

    /// How many addresses, from the first, a transaction in that slot can use: those of an earlier slot, and
    /// none once the table was deactivated.
    std::size_t usable_in(std::uint64_t slot) const;
};

/// What the table's account says. Errors: bad_account for another owner, type, length or option.
Result<LookupTable> read_lookup_table(const PublicKey& key, const AccountState& account);

}  // namespace libexec
