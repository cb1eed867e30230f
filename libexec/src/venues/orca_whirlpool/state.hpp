#pragma once

#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool_layout.hpp"
#include "../pools/pool_side.hpp"

namespace libexec::orca_whirlpool_pool {

/// The program all of these belong to.
inline constexpr PublicKey program = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;
/// How its pools are laid out.
inline constexpr PoolLayout pool_layout = {
    .size_bytes = 653,
    .discriminator = std::string_view("\x3f\x95\xd1\x0c\xe1\x80\x63\x09", 8),
    .mints = {101, 181},
    .vaults = {133, 213},
    .sorts_mints = true};

/// What the program knows of a pool, without the tokens.
/// Source: github.com/orca-so/whirlpools, programs/whirlpool/src/state/whirlpool.rs.
struct State {
    std::uint16_t spacing = 1;
    std::uint16_t fee_tier = 0;  ///< the spacing itself where the fee is fixed
    std::uint16_t fee_rate = 0;  ///< over a million
    Wide liquidity = 0;
    Wide price = 0;  ///< the square root of B per A in Q64.64
    std::int32_t tick = 0;
    PublicKey mints[2];
    PublicKey vaults[2];
    std::uint64_t rewards_updated_at = 0;  ///< unix time; no swap may be older

    bool is_adaptive() const { return fee_tier != spacing; }
};

/// Errors: bad_account.
Result<State> read_state(const PublicKey& pool, const AccountStates& accounts);

}  // namespace libexec::orca_whirlpool_pool
