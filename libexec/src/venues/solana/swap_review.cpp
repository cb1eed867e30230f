#include "swap_review.hpp"

#include <algorithm>

#include "instruction_fields.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool.hpp"

namespace libexec::solana_venues {
namespace {

namespace keys = well_known;

/// What the chain takes for granted where a transaction names no limit is less than this, its largest.
constexpr std::uint32_t unit_limit_most = 1'400'000;
constexpr std::size_t memo_size_most = 256;

// The numbers by which the programs tell their instructions apart.
constexpr std::uint8_t budget_unit_limit = 2;
constexpr std::uint8_t budget_unit_price = 3;
constexpr std::uint8_t budget_data_limit = 4;
constexpr std::uint8_t system_transfer = 2;  // of four bytes, the others zero

const PoolFamily* family_of_program(const PublicKey& program) {
    const auto found = std::ranges::find(pool_families(), program, &PoolFamily::program);
    return found == pool_families().end() ? nullptr : *found;
}

std::string name_of(const PublicKey& program) {
    if (program == keys::compute_budget_program) return "compute budget";
    if (program == keys::system_program) return "System";
    if (program == keys::associated_token_program) return "associated token account";
    if (program == keys::token_program) return "SPL Token";
    if (program == keys::token_2022_program) return "Token-2022";
    if (program == keys::memo_program) return "memo";
    if (const PoolFamily* family = family_of_program(program)) return std::string(family->name());
    return program.to_string();
}

}  // namespace

Purse::Purse(const PublicKey& owner, const PublicKey& token_mint)
    : mint(token_mint),
      of_token(associated_token_address(owner, keys::token_program, token_mint)),
      of_token_2022(associated_token_address(owner, keys::token_2022_program, token_mint)) {}

bool Purse::is_sol() const { return mint == keys::wrapped_sol; }

Rejection refuse(std::string_view rule, const std::string& words) {
    return reject(Reason::policy_refused, std::string(rule) + ": " + words);
}

SwapReview::SwapReview(const PublicKey& wallet, const SwapPolicyConfig& config, const SwapTerms& terms)
    : wallet_(wallet),
      config_(config),
      terms_(terms),
      in_(wallet, PublicKey(terms.mint_in)),
      out_(wallet, PublicKey(terms.mint_out)) {}

Rejection SwapReview::refuse_this(std::string_view rule, const Instruction& instruction,
                                  const std::string& words) const {
    return refuse(rule, "instruction " + text(number_) + " of " + text(count_) + " (" +
                            name_of(instruction.program) + ") " + words);
}

SwapReview::Kind SwapReview::kind_of(const PublicKey& program) {
    if (program == keys::compute_budget_program) return Kind::budget;
    if (program == keys::system_program) return Kind::system;
    if (program == keys::associated_token_program) return Kind::token_account;
    if (program == keys::token_program || program == keys::token_2022_program) return Kind::token;
    if (program == keys::memo_program) return Kind::memo;
    return family_of_program(program) != nullptr ? Kind::pool : Kind::unknown;
}

SwapReview::Trouble SwapReview::take(const Instruction& instruction, std::size_t count) {
    ++number_;
    count_ = count;
    switch (kind_of(instruction.program)) {
        case Kind::budget:
            return take_budget(instruction);
        case Kind::system:
            return take_system(instruction);
        case Kind::token_account:
            return take_token_account(instruction);
        case Kind::token:
            return take_token(instruction);
        case Kind::memo:
            return take_memo(instruction);
        case Kind::pool:
            return take_pool(instruction);
        case Kind::unknown:
            break;
    }
    return refuse_this("program", instruction, "calls a program that is not known");
}

SwapReview::Trouble SwapReview::take_budget(const Instruction& instruction) {
    const Bytes& data = instruction.data;
    if (!instruction.accounts.empty())
        return refuse_this("compute_budget", instruction, "names accounts, and there are none to name");
    bool twice = false;
    if (is_call(instruction, budget_unit_limit, 5)) {
        twice = unit_limit_.has_value();
        unit_limit_ = static_cast<std::uint32_t>(number_at(data, 1, 4));
    } else if (is_call(instruction, budget_unit_price, 9)) {
        twice = unit_price_.has_value();
        unit_price_ = number_at(data, 1, 8);
        if (*unit_price_ > config_.most_unit_price)
            return refuse_this("unit_price", instruction,
                               "pays " + text(*unit_price_) +
                                   " millionths of a lamport for a unit of compute, at most " +
                                   text(config_.most_unit_price));
    } else if (is_call(instruction, budget_data_limit, 5)) {
        twice = has_data_limit_;
        has_data_limit_ = true;
    } else {
        return refuse_this("compute_budget", instruction, unlike("unit limit, unit price, data limit"));
    }
    if (twice) return refuse_this("compute_budget", instruction, "says again what was said before");
    return std::nullopt;
}

SwapReview::Trouble SwapReview::take_system(const Instruction& instruction) {
    const Bytes& data = instruction.data;
    if (data.size() != 12 || number_at(data, 0, 4) != system_transfer || instruction.accounts.size() != 2)
        return refuse_this("lamports", instruction, unlike("a transfer"));
    const std::uint64_t lamports = number_at(data, 4, 8);
    const PublicKey& to = instruction.accounts[1].key;
    const std::string sends = "sends " + text(lamports) + " lamports to " + to.to_string();
    if (instruction.accounts[0].key != wallet_)
        return refuse_this(
            "lamports", instruction,
            sends + " from " + instruction.accounts[0].key.to_string() + ", which is not the wallet");
    if (std::ranges::find(config_.tip_accounts, to) != config_.tip_accounts.end()) {
        const std::uint64_t left = config_.most_tip - tipped_;
        if (lamports > left)
            return refuse_this("tip", instruction,
                               sends + ", on top of " + text(tipped_) + " before: tips are at most " +
                                   text(config_.most_tip));
        tipped_ += lamports;
        return std::nullopt;
    }
    if (!terms_.wraps_sol || !in_.is_sol() || to != in_.of_token)
        return refuse_this(
            "lamports", instruction,
            sends + (terms_.wraps_sol && in_.is_sol()
                         ? "; they go to the wallet's own wrapped SOL alone, " + in_.of_token.to_string()
                         : "; the order wraps no SOL"));
    const std::uint64_t most = terms_.most_in.base_units();
    if (wrapped_ > most || lamports > most - wrapped_)
        return refuse_this(
            "wrapped", instruction,
            sends + ", on top of " + text(wrapped_) + " before: the order wraps at most " + text(most));
    wrapped_ += lamports;
    return std::nullopt;
}

SwapReview::Trouble SwapReview::take_memo(const Instruction& instruction) const {
    const bool foreign = std::ranges::any_of(instruction.accounts,
                                             [&](const AccountMeta& meta) { return meta.key != wallet_; });
    if (foreign) return refuse_this("memo", instruction, "is signed by others than the wallet");
    if (instruction.data.size() > memo_size_most)
        return refuse_this(
            "memo", instruction,
            "has " + text(instruction.data.size()) + " bytes, at most " + text(memo_size_most));
    return std::nullopt;
}

SwapReview::Trouble SwapReview::take_pool(const Instruction& instruction) {
    if (std::ranges::find(config_.programs, instruction.program) == config_.programs.end())
        return refuse_this("program", instruction, "calls a pool program that is not allowed here");
    const auto read = family_of_program(instruction.program)->read_swap(instruction);
    if (!read) return refuse_this("swap", instruction, unlike("the sale of an amount for a least output"));
    const PoolSwap& swap = *read;
    if (swap.user != wallet_)
        return refuse_this("user", instruction, "swaps for " + swap.user.to_string() + ", not the wallet");
    if ((swap.mint_in != PublicKey() && swap.mint_in != in_.mint) || !in_.has(swap.user_token_in))
        return refuse_this("account_in", instruction,
                           "sells out of " + swap.user_token_in.to_string() +
                               ", which is not where the wallet keeps " + in_.mint.to_string());
    if (!out_.has(swap.user_token_out))
        return refuse_this("account_out", instruction,
                           "pays into " + swap.user_token_out.to_string() +
                               ", which is not where the wallet keeps " + out_.mint.to_string());
    if (const auto trouble = check_spend(swap.amount_in))
        return refuse_this("spend", instruction, "sells " + trouble->detail);
    if (swap.min_out < terms_.least_out.base_units())
        return refuse_this("least_out", instruction,
                           "takes " + text(swap.min_out) + ", at least " + terms_.least_out.to_string());
    for (const PublicKey* mine : {&wallet_, &swap.user_token_in, &swap.user_token_out}) {
        const auto times = std::ranges::count(instruction.accounts, *mine, &AccountMeta::key);
        if (times != 1)
            return refuse_this("own_account", instruction,
                               "names " + mine->to_string() + " " + std::to_string(times) +
                                   " times; what is the wallet's has one place in a swap");
    }
    if (++swaps_ > 1) return refuse_this("one_swap", instruction, "swaps a second time");
    return std::nullopt;
}

/// The words of it come behind "sells".
SwapReview::Trouble SwapReview::check_spend(std::uint64_t amount) const {
    if (amount <= terms_.most_in.base_units()) return std::nullopt;
    return reject(Reason::policy_refused,
                  text(amount) + ", and the order spends at most " + terms_.most_in.to_string());
}

SwapReview::Trouble SwapReview::finish(const std::vector<PublicKey>& signers) const {
    const std::string found = text(swaps_) + " swaps in pools, " + text(payments_) +
                              " transfers from the wallet, " + text(returns_) + " to it";
    const bool by_pool = swaps_ == 1 && payments_ == 0 && returns_ == 0;
    const bool by_transfers = swaps_ == 0 && payments_ == 1 && returns_ == 1;
    if (!by_pool && !by_transfers)
        return refuse("one_swap", "there are " + found + "; one swap, or one transfer each way, is allowed");

    if (by_transfers) {
        // Both ends are the signer's own: somebody else's account could be one of the wallet's.
        const std::string theirs = ", which is not where " + returner_->to_string() + " keeps it, who signs";
        if (!Purse(*returner_, in_.mint).has(*paid_))
            return refuse("counterparty",
                          "what the wallet pays goes to " + paid_->to_string() + theirs + " with it");
        if (!Purse(*returner_, out_.mint).has(*returned_from_))
            return refuse("counterparty", "what the wallet is paid comes from " +
                                              returned_from_->to_string() + theirs + " for it");
    }
    const std::size_t expected = by_transfers ? 2 : 1;
    if (signers.size() != expected)
        return refuse("signers", text(signers.size()) + " keys sign, and " + text(expected) +
                                     " have something to sign for");
    if (by_transfers && signers[1] != *returner_)
        return refuse("signers",
                      signers[1].to_string() + " signs, and " + returner_->to_string() + " pays the wallet");

    // As the chain counts: every unit that is asked for, used or not, rounded up.
    const Wide paid = Wide(unit_limit_.value_or(unit_limit_most)) * unit_price_.value_or(0);
    const auto fee = (paid + 999'999) / 1'000'000;
    if (fee > config_.most_priority_fee)
        return refuse("priority_fee",
                      text(unit_limit_.value_or(unit_limit_most)) + " units at " +
                          text(unit_price_.value_or(0)) + " millionths of a lamport are " +
                          (fee > UINT64_MAX ? "more than 2^64" : text(static_cast<std::uint64_t>(fee))) +
                          " lamports, at most " + text(config_.most_priority_fee));
    return std::nullopt;
}

}  // namespace libexec::solana_venues
