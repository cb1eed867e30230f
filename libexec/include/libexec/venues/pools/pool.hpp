#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"
#include "libexec/solana/instruction.hpp"
#include "libexec/venues/pools/pool_layout.hpp"

namespace libexec {

/// What a trade through one pool would do, to the base unit, in the slot whose accounts were read.
struct PoolTrade {
    std::uint64_t amount_in = 0;         ///< leaves the trader's account, transfer fees included
    std::uint64_t amount_out = 0;        ///< arrives in the trader's account, transfer fees taken off
    std::uint64_t fee = 0;               ///< the pool's own, in `fee_mint`
    PublicKey fee_mint;                  ///< the input's, or the output's where the pool takes it there
    std::uint32_t price_impact_bps = 0;  ///< how far the price without fees falls short of that before it
    std::uint32_t crossings = 0;         ///< ticks or bins
};

/// Who trades, and what the chain is to enforce.
struct PoolSwap {
    PublicKey user;
    PublicKey mint_in;
    PublicKey user_token_in;
    PublicKey user_token_out;
    std::uint64_t amount_in = 0;
    std::uint64_t min_out = 0;

    /// Whether nothing of it differs.
    friend bool operator==(const PoolSwap&, const PoolSwap&) = default;
};

/// A pool as its accounts describe it. Prices exactly as the deployed program does and refuses where it
/// refuses.
class Pool {
public:
    virtual ~Pool() = default;

    /// Where the pool is.
    virtual const PublicKey& address() const = 0;
    /// The first of its two tokens, in the order the program keeps them.
    virtual const PublicKey& mint_a() const = 0;
    /// The second one.
    virtual const PublicKey& mint_b() const = 0;

    /// Sells exactly that much of `mint_in`. Some programs execute a sale they pay nothing for: amount_out is
    /// 0 then. A sale that drives the price to its end takes a part alone, and amount_in says which. Errors:
    /// pool_closed, amount_too_small, insufficient_liquidity, no_route (another mint), unsupported_token,
    /// bad_account.
    virtual Result<PoolTrade> sell(const PublicKey& mint_in, std::uint64_t amount_in,
                                   const ChainClock& clock) const = 0;
    /// Buys exactly that much of `mint_out`, for what the program takes then: the least input whose sale
    /// delivers it, or not more above that than one base unit is worth. The same errors, and policy_refused
    /// where the program cannot.
    virtual Result<PoolTrade> buy(const PublicKey& mint_out, std::uint64_t amount_out,
                                  const ChainClock& clock) const = 0;
    /// The program's instruction for a sale. The same errors but for those of a price.
    virtual Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const = 0;
};

/// A kind of pool: one program on the chain.
class PoolFamily {
public:
    virtual ~PoolFamily() = default;

    /// "raydium_cpmm": what venues, decisions and golden files call it.
    virtual std::string_view name() const = 0;
    /// The program that owns such pools.
    virtual const PublicKey& program() const = 0;
    /// How its pools' accounts are laid out.
    virtual const PoolLayout& layout() const = 0;

    /// The addresses that pricing this pool reads, the pool's own among them, as far as `known` tells; asked
    /// again with what was fetched until it names no new one. Some need not exist. Errors: bad_account.
    virtual Result<std::vector<PublicKey>> wanted(const PublicKey& pool,
                                                  const AccountStates& known) const = 0;

    /// The pool as these accounts describe it. Errors: bad_account, unsupported_token.
    virtual Result<std::unique_ptr<Pool>> open(const PublicKey& pool,
                                               const AccountStates& accounts) const = 0;

    /// The sale that an instruction as `Pool::swap` makes them is, nothing for all others: another
    /// instruction, another number of accounts or bytes, a purchase, a price limit. `mint_in` is the default
    /// key where the instruction does not name it.
    virtual std::optional<PoolSwap> read_swap(const Instruction& instruction) const = 0;
};

/// Every family there is, by the order in which a list shows them.
const std::vector<const PoolFamily*>& pool_families();
/// The family whose program owns the account, or nothing. Only the owner decides: discriminators collide.
const PoolFamily* family_of(const AccountState& pool);

}  // namespace libexec
