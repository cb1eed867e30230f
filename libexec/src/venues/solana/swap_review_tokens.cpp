#include <string>

#include "instruction_fields.hpp"
#include "libexec/solana/well_known.hpp"
#include "swap_review.hpp"

namespace libexec::solana_venues {
namespace {

namespace keys = well_known;

// The numbers by which the programs tell their instructions apart.
constexpr std::uint8_t account_create_idempotent = 1;
constexpr std::uint8_t token_close_account = 9;
constexpr std::uint8_t token_transfer_checked = 12;
constexpr std::uint8_t token_sync_native = 17;

}  // namespace

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

}  // namespace libexec::solana_venues
