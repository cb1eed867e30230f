#pragma once

#include <cstdint>
#include <optional>

#include "libexec/solana/token_state.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "account_fields.hpp"
#include "fill.hpp"

namespace libexec::pools {

/// One of the two tokens of a pool: its mint and the vault the pool keeps it in.
struct PoolSide {
    PublicKey mint;
    PublicKey vault;
    MintState token;
    std::uint64_t held = 0;  ///< what the vault has, in base units; never its lamports

    /// What arrives of so much that is sent: the token's own transfer fee taken off.
    std::uint64_t arrives(std::uint64_t sent, const ChainClock& clock) const {
        return sent - token.transfer_fee(sent, clock.epoch);
    }
    /// The least that has to be sent for so much to arrive. Errors: insufficient_liquidity beyond u64.
    Result<std::uint64_t> to_deliver(std::uint64_t net, const ChainClock& clock) const;
};

/// Reads a mint and a vault that have to belong together, the vault in the hands of `vault_owner`.
/// Errors: bad_account; unsupported_token when transfers of it run somebody's program, or are held up.
Result<PoolSide> open_side(const AccountStates& accounts, const PublicKey& mint, const PublicKey& vault,
                           const PublicKey& vault_owner);

/// Which way a trade goes.
struct Direction {
    const PoolSide& in;
    const PoolSide& out;
    bool forward = false;  ///< the first token is given
};

/// A pair of tokens. Errors: no_route for a mint that is neither.
Result<Direction> direction_of_sale(const PoolSide& first, const PoolSide& second, const PublicKey& mint_in);
Result<Direction> direction_of_purchase(const PoolSide& first, const PoolSide& second,
                                        const PublicKey& mint_out);

/// A fill as the trader sees it, who gives `given` and receives `received`, transfer fees included.
/// Errors: insufficient_liquidity when a vault does not have what it would pay, or has no room for more.
Result<PoolTrade> settle(const Direction& way, const Fill& fill, std::uint64_t given, std::uint64_t received);

/// The amounts do not fit the program's numbers: its checked arithmetic refuses.
Rejection beyond_numbers();
/// After fees and rounding nothing is left to trade.
Rejection nothing_left(std::string_view what);

}  // namespace libexec::pools
