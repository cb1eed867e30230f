#pragma once

#include <cstdint>
#include <optional>

#include "../pools/account_fields.hpp"

namespace libexec::orca_whirlpool_pool {

/// Volatility is counted in ten thousandths of a tick group.
inline constexpr std::uint32_t volatility_scale = 10'000;

/// What an adaptive fee has seen of its pool, and how it makes a rate of that.
/// Source: github.com/orca-so/whirlpools, programs/whirlpool/src/state/oracle.rs.
struct Oracle {
    std::uint64_t opens_at = 0;       ///< unix time
    std::uint16_t filter_period = 0;  ///< seconds, like the next one
    std::uint16_t decay_period = 0;
    std::uint16_t reduction = 0;  ///< over ten thousand
    std::uint32_t control = 0;    ///< over a hundred thousand
    std::uint32_t volatility_most = 0;
    std::uint16_t group_size = 1;  ///< in ticks
    std::uint64_t reference_updated_at = 0;
    std::uint64_t major_swap_at = 0;
    std::uint32_t volatility_reference = 0;
    std::int32_t group_reference = 0;
    std::uint32_t volatility = 0;
};

/// The address of a pool's oracle, whether it has one or not.
PublicKey oracle_address(const PublicKey& pool);

/// The oracle there; nothing when there is no account. Errors: bad_account.
Result<std::optional<Oracle>> read_oracle(const PublicKey& pool, std::uint16_t spacing,
                                          const PublicKey& address, const AccountStates& accounts);

}  // namespace libexec::orca_whirlpool_pool
