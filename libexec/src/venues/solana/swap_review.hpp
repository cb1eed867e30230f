#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/solana/instruction.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "libexec/venues/solana/swap_policy.hpp"

namespace libexec::solana_venues {

/// Where the wallet keeps one token: the mint does not say which program runs it, so there are two places.
struct Purse {
    PublicKey mint;
    PublicKey of_token;       ///< run by SPL Token
    PublicKey of_token_2022;  ///< run by Token-2022

    Purse(const PublicKey& owner, const PublicKey& token_mint);
    bool has(const PublicKey& account) const { return account == of_token || account == of_token_2022; }
    bool is_sol() const;
};

/// What a refusal says: the rule by its name, then the words.
Rejection refuse(std::string_view rule, const std::string& words);

/// Goes through the instructions of one transaction and adds up what they do.
class SwapReview {
public:
    /// All outlive the review.
    SwapReview(const PublicKey& wallet, const SwapPolicyConfig& config, const SwapTerms& terms);

    /// The next instruction, of `count`.
    std::optional<Rejection> take(const Instruction& instruction, std::size_t count);
    /// What can be said only once all were there. `signers` are those of the message, the wallet first.
    std::optional<Rejection> finish(const std::vector<PublicKey>& signers) const;

    const Purse& in() const { return in_; }
    const Purse& out() const { return out_; }

private:
    enum class Kind : std::uint8_t { unknown, budget, system, token_account, token, memo, pool };

    using Trouble = std::optional<Rejection>;

    static Kind kind_of(const PublicKey& program);
    Trouble take_budget(const Instruction& instruction);
    Trouble take_system(const Instruction& instruction);
    Trouble take_token_account(const Instruction& instruction);
    Trouble take_token(const Instruction& instruction);
    Trouble take_close(const Instruction& instruction);
    Trouble take_transfer(const Instruction& instruction);
    Trouble take_payment(const Instruction& instruction, std::uint64_t amount);
    Trouble take_return(const Instruction& instruction, std::uint64_t amount);
    Trouble take_memo(const Instruction& instruction) const;
    Trouble take_pool(const Instruction& instruction);
    Trouble check_spend(std::uint64_t amount) const;

    /// "transfer: instruction 3 of 8 (System) sends ..."
    Rejection refuse_this(std::string_view rule, const Instruction& instruction,
                          const std::string& words) const;

    const PublicKey& wallet_;
    const SwapPolicyConfig& config_;
    const SwapTerms& terms_;
    const Purse in_;
    const Purse out_;

    std::size_t number_ = 0;
    std::size_t count_ = 0;
    std::optional<std::uint32_t> unit_limit_;
    std::optional<std::uint64_t> unit_price_;
    bool has_data_limit_ = false;
    std::uint64_t wrapped_ = 0;               ///< lamports
    std::uint64_t tipped_ = 0;                ///< lamports
    std::size_t swaps_ = 0;                   ///< in pools
    std::size_t payments_ = 0;                ///< out of the wallet, to a counterparty
    std::size_t returns_ = 0;                 ///< into it, from one
    std::optional<PublicKey> paid_;           ///< the account that was sent the input
    std::optional<PublicKey> returned_from_;  ///< the account that the output came from
    std::optional<PublicKey> returner_;       ///< who signed for the output
};

}  // namespace libexec::solana_venues
