#pragma once

#include <array>
#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool_layout.hpp"
#include "../pools/pool_side.hpp"

namespace libexec::meteora_dlmm_pool {

/// The program all of these belong to.
inline constexpr PublicKey program = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;
/// How its pools are laid out.
inline constexpr PoolLayout pool_layout = {
    .size_bytes = 904,
    .discriminator = std::string_view("\x21\x0b\x31\x62\xb5\x65\xb1\x0d", 8),
    .mints = {88, 120},
    .vaults = {152, 184},
    .sorts_mints = false};

/// Fee rates are shares of this, and no rate is above the other one.
inline constexpr std::uint64_t fee_whole = 1'000'000'000;
inline constexpr std::uint64_t fee_most = 100'000'000;

/// What the fee remembers of the price's moves, and how it makes a rate of that.
struct Volatility {
    std::uint16_t filter_period = 0;  ///< seconds, like the next one
    std::uint16_t decay_period = 0;
    std::uint16_t reduction = 0;  ///< over ten thousand
    std::uint32_t control = 0;
    std::uint32_t most = 0;
    std::uint32_t accumulated = 0;  ///< in ten thousandths of a bin, like the next one
    std::uint32_t reference = 0;
    std::int32_t bin_reference = 0;
    std::int64_t updated_at = 0;  ///< unix time
};

/// What the program knows of a pair, without the tokens.
/// Source: github.com/MeteoraAg/dlmm-sdk, idls/dlmm.json, and runs of the program.
struct State {
    std::uint16_t step = 0;  ///< between two bins, in basis points
    std::int32_t active = 0;
    std::int32_t lowest = 0;  ///< no trade goes to a bin below, or above the next one
    std::int32_t highest = 0;
    std::uint64_t base_rate = 0;  ///< over `fee_whole`, at most `fee_most`
    Volatility volatility;
    bool fee_in_y = false;  ///< of the input otherwise
    bool has_orders = false;
    bool enabled = false;
    bool waits = false;          ///< for `opens_at`
    bool opens_by_time = false;  ///< by slot otherwise
    std::uint64_t opens_at = 0;
    std::array<std::uint64_t, 16> bitmap{};  ///< bit i: there is liquidity in array i - 512
    Wide price = 0;                          ///< of the active bin
    PublicKey mints[2];
    PublicKey vaults[2];
    PublicKey oracle;

    /// Whether the fee is taken of what is given, when X is sold or Y is.
    bool fee_on_input(bool x_to_y) const { return !fee_in_y || !x_to_y; }
};

/// Errors: bad_account.
Result<State> read_state(const PublicKey& pair, const AccountStates& accounts);

/// An address that the program derives for a pair from a word.
PublicKey address_of(std::string_view word, const PublicKey& pair);

}  // namespace libexec::meteora_dlmm_pool
