#include "swap_review.hpp"

#include <algorithm>
#include <span>

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
constexpr std::uint8_t account_create_idempotent = 1;
constexpr std::uint8_t token_close_account = 9;
constexpr std::uint8_t token_transfer_checked = 12;
constexpr std::uint8_t token_sync_native = 17;

/// The caller has looked at the size.
std::uint64_t number_at(const Bytes& data, std::size_t at, std::size_t size) {
    std::uint64_t number = 0;
    for (std::size_t i = size; i-- > 0;) number = number << 8 | data[at + i];
    return number;
}

bool is_call(const Instruction& instruction, std::uint8_t tag, std::size_t size) {
    return instruction.data.size() == size && instruction.data[0] == tag;
}

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

std::string text(std::uint64_t number) { return std::to_string(number); }

/// Why an instruction of a known program is none of those that are.
std::string unlike(const std::string& known) { return "is none of those that are known: " + known; }

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

SwapReview::Trouble SwapReview::take_token_account(const Instruction& instruction) {
    const auto& accounts = instruction.accounts;
    if (!is_call(instruction, account_create_idempotent, 1) || accounts.size() != 6)
        return refuse_this("token_account", instruction, unlike("creating one unless it is there"));
    const PublicKey& payer = accounts[0].key;
    const PublicKey& made = accounts[1].key;
    const PublicKey& owner = accounts[2].key;
    const PublicKey& mint = accounts[3].key;
    const PublicKey& program = accounts[5].key;
    if (payer != wallet_ || owner != wallet_)
        return refuse_this("token_account", instruction,
                           "creates an account that " + owner.to_string() + " owns and " + payer.to_string() +
                               " pays for; both are the wallet");
    if (mint != in_.mint && mint != out_.mint)
        return refuse_this("token_account", instruction,
                           "creates an account of " + mint.to_string() + ", which the order does not trade");
    const Purse& purse = mint == in_.mint ? in_ : out_;
    const bool is_known = program == keys::token_program || program == keys::token_2022_program;
    const PublicKey& own = program == keys::token_program ? purse.of_token : purse.of_token_2022;
    if (!is_known || made != own || accounts[4].key != keys::system_program)
        return refuse_this(
            "token_account", instruction,
            "creates " + made.to_string() + ", which is not where the wallet keeps " + mint.to_string());
    return std::nullopt;
}

SwapReview::Trouble SwapReview::take_token(const Instruction& instruction) {
    if (is_call(instruction, token_sync_native, 1)) {
        const bool own =
            (in_.is_sol() && instruction.accounts.size() == 1 && instruction.accounts[0].key == in_.of_token);
        if (own && terms_.wraps_sol && instruction.program == keys::token_program) return std::nullopt;
        return refuse_this("sync_native", instruction,
                           "is for the wallet's own wrapped SOL alone, of an order that wraps some");
    }
    if (is_call(instruction, token_close_account, 1)) return take_close(instruction);
    if (is_call(instruction, token_transfer_checked, 10)) return take_transfer(instruction);
    return refuse_this("token", instruction,
                       unlike("sync native, close account, and the two transfers of a swap"));
}

SwapReview::Trouble SwapReview::take_close(const Instruction& instruction) {
    const auto& accounts = instruction.accounts;
    if (accounts.size() != 3 || instruction.program != keys::token_program)
        return refuse_this("close_account", instruction, unlike("closing an account of wrapped SOL"));
    const bool wraps = (in_.is_sol() && terms_.wraps_sol) || (out_.is_sol() && terms_.unwraps_sol);
    const Purse& sol = in_.is_sol() ? in_ : out_;
    if (!wraps || accounts[0].key != sol.of_token)
        return refuse_this(
            "close_account", instruction,
            "closes " + accounts[0].key.to_string() +
                (wraps ? "; only the wallet's own wrapped SOL may be closed, " + sol.of_token.to_string()
                       : "; the order neither wraps nor unwraps SOL"));
    if (accounts[1].key != wallet_ || accounts[2].key != wallet_)
        return refuse_this("close_account", instruction,
                           "pays " + accounts[1].key.to_string() + " by the right of " +
                               accounts[2].key.to_string() + "; both are the wallet");
    return std::nullopt;
}

SwapReview::Trouble SwapReview::take_transfer(const Instruction& instruction) {
    if (!config_.transfers)
        return refuse_this("transfer", instruction, "sends tokens; swaps by transfers are not allowed");
    if (instruction.accounts.size() != 4)
        return refuse_this("transfer", instruction,
                           "names " + text(instruction.accounts.size()) +
                               " accounts; a transfer by its owner alone names 4");
    const std::uint64_t amount = number_at(instruction.data, 1, 8);
    return instruction.accounts[3].key == wallet_ ? take_payment(instruction, amount)
                                                  : take_return(instruction, amount);
}

SwapReview::Trouble SwapReview::take_payment(const Instruction& instruction, std::uint64_t amount) {
    const auto& accounts = instruction.accounts;
    const bool is_2022 = instruction.program == keys::token_2022_program;
    const PublicKey& own = is_2022 ? in_.of_token_2022 : in_.of_token;
    if (accounts[1].key != in_.mint || accounts[0].key != own)
        return refuse_this("transfer", instruction,
                           "sends " + accounts[1].key.to_string() + " out of " + accounts[0].key.to_string() +
                               "; the order sells " + in_.mint.to_string() + " out of " + own.to_string());
    if (const auto trouble = check_spend(amount))
        return refuse_this("spend", instruction, "sends " + trouble->detail);
    if (++payments_ > 1) return refuse_this("one_swap", instruction, "pays a second time");
    paid_ = accounts[2].key;
    return std::nullopt;
}

SwapReview::Trouble SwapReview::take_return(const Instruction& instruction, std::uint64_t amount) {
    const auto& accounts = instruction.accounts;
    // Token-2022 may take a fee off what arrives, and the message does not say how much.
    if (instruction.program != keys::token_program)
        return refuse_this("transfer", instruction,
                           "pays the wallet in a token of Token-2022, whose fee the message does not tell");
    if (accounts[1].key != out_.mint || accounts[2].key != out_.of_token)
        return refuse_this("transfer", instruction,
                           "sends " + accounts[1].key.to_string() + " to " + accounts[2].key.to_string() +
                               "; the order buys " + out_.mint.to_string() + " into " +
                               out_.of_token.to_string());
    if (amount < terms_.least_out.base_units())
        return refuse_this("least_out", instruction,
                           "pays " + text(amount) + ", at least " + terms_.least_out.to_string());
    if (++returns_ > 1) return refuse_this("one_swap", instruction, "is paid a second time");
    returned_from_ = accounts[0].key;
    returner_ = accounts[3].key;
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
