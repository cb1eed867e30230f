#pragma once

#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool_layout.hpp"
#include "../pools/pool_side.hpp"

namespace libexec::raydium_cpmm_pool {

/// Rates are shares of this.
inline constexpr std::uint64_t whole = 1'000'000;

/// Which tokens the creator's fee is taken in.
enum class CreatorFeeOn : std::uint8_t { input, only_first, only_second };

/// What the program knows of a pool, without the tokens.
/// Source: github.com/raydium-io/raydium-cp-swap, states/pool.rs and states/config.rs.
struct State {
    PublicKey config;
    PublicKey vaults[2];
    PublicKey mints[2];
    PublicKey token_programs[2];
    PublicKey observation;
    std::uint8_t decimals[2] = {};
    std::uint8_t status = 0;
    std::uint64_t owed[2] = {};  ///< fees in the vaults that no trade may touch
    std::uint64_t open_time = 0;
    CreatorFeeOn creator_fee_on = CreatorFeeOn::input;
    bool has_creator_fee = false;
};

struct Rates {
    std::uint64_t trade = 0;
    std::uint64_t creator = 0;  ///< of the config; 0 for a pool without one
};

/// The program all of these belong to, and the address that signs for its vaults.
inline constexpr PublicKey program = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
inline constexpr PublicKey authority = "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL"_key;
/// How its pools are laid out.
inline constexpr PoolLayout pool_layout = {
    .size_bytes = 637,
    .discriminator = std::string_view("\xf7\xed\xe3\xf5\xd7\xc3\xde\x46", 8),
    .mints = {168, 200},
    .vaults = {72, 104},
    .sorts_mints = true};

/// Errors: bad_account.
Result<State> read_state(const PublicKey& pool, const AccountStates& accounts);
/// The rates of the pool's config. Errors: bad_account.
Result<Rates> read_rates(const State& state, const AccountStates& accounts);

}  // namespace libexec::raydium_cpmm_pool
