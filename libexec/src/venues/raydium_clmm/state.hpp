#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool_layout.hpp"
#include "../pools/pool_side.hpp"

namespace libexec::raydium_clmm_pool {

/// The program all of these belong to.
inline constexpr PublicKey program = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;
/// How its pools are laid out.
inline constexpr PoolLayout pool_layout = {
    .size_bytes = 1544,
    .discriminator = std::string_view("\xf7\xed\xe3\xf5\xd7\xc3\xde\x46", 8),
    .mints = {73, 105},
    .vaults = {137, 169},
    .sorts_mints = true};

/// Fee rates are shares of this.
inline constexpr std::uint32_t whole = 1'000'000;

/// Which token the fee is taken in.
enum class FeeOn : std::uint8_t { input, only_first, only_second };

/// A fee that grows while the price moves, as the pool keeps it. Times are in seconds.
struct DynamicFee {
    std::uint16_t filter_period = 0;
    std::uint16_t decay_period = 0;
    std::uint16_t reduction = 0;  ///< over 10 000
    std::uint32_t control = 0;    ///< over 100 000
    std::uint32_t volatility_most = 0;
    std::int32_t group_reference = 0;  ///< a tick over the spacing
    std::uint32_t volatility_reference = 0;
    std::uint32_t volatility = 0;
    std::uint64_t updated_at = 0;  ///< unix time
};

/// Which of the arrays that the pool's own bitmap covers have ticks: bit i is that of array i - 512.
using ArrayBits = std::array<std::uint64_t, 16>;

/// What the program knows of a pool, without the tokens.
/// Source: github.com/raydium-io/raydium-clmm, states/pool.rs, pool_fee.rs and config.rs.
struct State {
    PublicKey config;
    PublicKey mints[2];
    PublicKey vaults[2];
    PublicKey observation;
    std::uint8_t decimals[2] = {};
    std::uint16_t spacing = 1;
    Wide liquidity = 0;
    Wide price = 0;  ///< the square root of the second token per first in Q64.64
    std::int32_t tick = 0;
    std::uint8_t status = 0;
    FeeOn fee_on = FeeOn::input;
    ArrayBits arrays{};
    std::uint64_t open_time = 0;
    std::optional<DynamicFee> dynamic_fee;
};

/// Errors: bad_account.
Result<State> read_state(const PublicKey& pool, const AccountStates& accounts);
/// The trade fee of the pool's config. Errors: bad_account.
Result<std::uint32_t> read_fee_rate(const State& state, const AccountStates& accounts);

}  // namespace libexec::raydium_clmm_pool
