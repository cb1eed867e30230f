#pragma once

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool_layout.hpp"
#include "../pools/pool_side.hpp"

namespace libexec::raydium_amm_v4_pool {

/// What the program lets happen in a pool. Those that are not here are no trades either.
enum class Status : std::uint64_t { initialized = 1, swap_only = 6, waiting_trade = 7 };

/// What the program knows of a pool, without the tokens: the coin first, then what it is priced in (pc).
/// Source: github.com/raydium-io/raydium-amm, program/src/state.rs.
struct State {
    std::uint64_t status = 0;
    std::uint64_t decimals[2] = {};
    std::uint64_t fee_numerator = 0;
    std::uint64_t fee_denominator = 0;
    std::uint64_t owed[2] = {};  ///< profits in the vaults that no trade may touch
    std::uint64_t open_time = 0;
    PublicKey vaults[2];
    PublicKey mints[2];
    PublicKey open_orders;
    PublicKey market;
    PublicKey market_program;
};

/// The program all of these belong to, and the address that signs for its vaults.
inline constexpr PublicKey program = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
inline constexpr PublicKey authority = "5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1"_key;
/// How its pools are laid out: no discriminator, the program tells its accounts by their length.
inline constexpr PoolLayout pool_layout = {
    .size_bytes = 752, .discriminator = {}, .mints = {400, 432}, .vaults = {336, 368}, .sorts_mints = false};

/// Errors: bad_account.
Result<State> read_state(const PublicKey& pool, const AccountStates& accounts);

}  // namespace libexec::raydium_amm_v4_pool
