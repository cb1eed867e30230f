#pragma once

#include <cstdint>
#include <optional>

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec {

/// An account that holds tokens, of SPL Token or Token-2022.
struct TokenAccountState {
    PublicKey token_program;
    PublicKey mint;
    PublicKey owner;
    std::uint64_t amount = 0;  ///< base units; what programs read, never the lamports
    bool frozen = false;
    bool wants_memo = false;   ///< takes no transfer without a memo in front of it
    bool refuses_cpi = false;  ///< its owner cannot spend from it through another program
};

/// What Token-2022 keeps of a transfer, on top of it in neither account.
struct TransferFee {
    std::uint64_t epoch = 0;   ///< the first one it holds in
    std::uint64_t most = 0;    ///< base units
    std::uint16_t points = 0;  ///< basis points of what is transferred, at most 10000

    friend bool operator==(const TransferFee&, const TransferFee&) = default;
};

/// A token's mint, of SPL Token or Token-2022.
struct MintState {
    PublicKey token_program;
    std::uint64_t supply = 0;
    std::uint8_t decimals = 0;
    std::optional<PublicKey> mint_authority;    ///< who can make more of it
    std::optional<PublicKey> freeze_authority;  ///< who can stop an account of it
    std::optional<TransferFee> older_fee;
    std::optional<TransferFee> newer_fee;
    bool has_transfer_hook = false;  ///< with a program behind it
    bool is_paused = false;
    bool starts_frozen = false;           ///< new accounts of it cannot be used before somebody thaws them
    bool has_permanent_delegate = false;  ///< somebody can take it out of every account
    bool is_non_transferable = false;

    /// The fee on sending `amount` in that epoch: ceil(amount * points / 10000), at most `most`.
    std::uint64_t transfer_fee(std::uint64_t amount, std::uint64_t epoch) const;
    /// The least amount whose sending delivers `net`; nothing beyond u64 or when none does.
    std::optional<std::uint64_t> amount_that_delivers(std::uint64_t net, std::uint64_t epoch) const;
};

/// Errors: bad_account for another owner, length, type or state than such an account has, and for a
/// Token-2022 extension nobody knew when this was written: it might change what a transfer delivers.
Result<TokenAccountState> read_token_account(const AccountState& account);
/// The same for a mint.
Result<MintState> read_mint(const AccountState& account);

}  // namespace libexec
