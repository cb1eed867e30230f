#pragma once

#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool_layout.hpp"
#include "../pools/pool_side.hpp"
#include "base_fee.hpp"

namespace libexec::meteora_damm_v2_pool {

/// The program all of these belong to, the address that signs for its vaults, and the one it logs through.
inline constexpr PublicKey program = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;
inline constexpr PublicKey authority = "HLnpSz9h2S4hiLQ43rnSD9XkcUThA7B8hQMKmDaiTLcC"_key;
inline constexpr PublicKey event_authority = "3rmHSu74h1ZcmAisVcWerTCiRDQbUrBKmcwptYGjHfet"_key;
/// How its pools are laid out.
inline constexpr PoolLayout pool_layout = {
    .size_bytes = 1112,
    .discriminator = std::string_view("\xf1\x9a\x6d\x04\x11\xb1\x6d\xbc", 8),
    .mints = {168, 200},
    .vaults = {232, 264},
    .sorts_mints = false};

/// Which token the fee is taken in, and what the pool trades along.
enum class Collects : std::uint8_t {
    of_output,    ///< along one range of prices
    only_second,  ///< the same
    compounding,  ///< the second as well, and a part stays in two reserves that are multiplied
};

/// What the program knows of a pool, without the tokens.
/// Source: github.com/MeteoraAg/damm-v2, state/pool.rs and state/fee.rs.
struct State {
    BaseFee base_fee;
    std::uint64_t dynamic_fee = 0;  ///< what is on top of the base fee, as past trades have left it
    std::uint64_t fee_most = 0;     ///< of both together
    PublicKey mints[2];
    PublicKey vaults[2];
    std::uint8_t token_programs[2] = {};  ///< 1: Token-2022
    Wide liquidity = 0;                   ///< times 2^64
    Wide least_price = 0;
    Wide most_price = 0;
    Wide price = 0;  ///< these three are square roots of the second token per first in Q64.64
    std::uint64_t opens_at = 0;
    bool counts_slots = false;  ///< or unix time
    bool is_enabled = false;
    Collects collects = Collects::of_output;
    std::uint64_t reserves[2] = {};  ///< what the program counts as the pool's
};

/// Errors: bad_account.
Result<State> read_state(const PublicKey& pool, const AccountStates& accounts);

}  // namespace libexec::meteora_damm_v2_pool
