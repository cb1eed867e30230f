// Token accounts and mints with any bytes: read or refused, and what is read keeps the arithmetic of transfer
// fees.

#include "fuzz/fuzz_target.hpp"
#include "libexec/solana/token_state.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using fuzz::require;

namespace {

void check_fees(const MintState& mint, std::string_view bytes) {
    for (std::uint64_t which = 0; which < 8; ++which) {
        const std::uint64_t epoch = which % 2 == 0 ? 0 : UINT64_MAX;
        const std::uint64_t amount =
            fuzz::drawn_from(bytes, which) >> fuzz::drawn_from(bytes, which + 100) % 64;
        const std::uint64_t fee = mint.transfer_fee(amount, epoch);
        require(fee <= amount, "no fee is above the amount");
        const auto least = mint.amount_that_delivers(amount - fee, epoch);
        require(least && *least <= amount, "what an amount delivers is delivered by one that is no larger");
        require(*least - mint.transfer_fee(*least, epoch) == amount - fee, "and by that one exactly");
        const auto more = mint.amount_that_delivers(amount, epoch);
        if (!more) {
            require(UINT64_MAX - mint.transfer_fee(UINT64_MAX, epoch) < amount,
                    "nothing only when nothing would do");
            continue;
        }
        require(*more - mint.transfer_fee(*more, epoch) == amount, "it delivers exactly that");
        require(*more == 0 || *more - 1 - mint.transfer_fee(*more - 1, epoch) < amount, "and is the least");
    }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    AccountState account;
    account.data.assign(data, data + size);
    for (const PublicKey& owner :
         {well_known::token_program, well_known::token_2022_program, well_known::system_program}) {
        account.owner = owner;
        const auto mint = read_mint(account);
        const auto holder = read_token_account(account);
        require(!mint || !holder, "nothing is a mint and an account");
        if (owner == well_known::system_program) require(!mint && !holder, "only token programs have them");
        if (mint) {
            require(mint.value().token_program == owner, "a mint knows its program");
            check_fees(mint.value(), bytes);
        } else {
            require(mint.error().reason == Reason::bad_account && !mint.error().detail.empty(),
                    "a refusal says why");
        }
        if (!holder) {
            require(holder.error().reason == Reason::bad_account && !holder.error().detail.empty(),
                    "a refusal says why");
        }
    }
    return 0;
}
