#include "libexec/venues/pools/swap_instructions.hpp"

#include "account_fields.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"

namespace libexec {
namespace {

/// Where the wallet keeps one of the two tokens.
struct Purse {
    PublicKey mint;
    PublicKey token_program;
    PublicKey account;

    bool is_sol() const { return mint == well_known::wrapped_sol; }
};

Result<Purse> purse_of(const PublicKey& user, const PublicKey& mint, const AccountStates& accounts) {
    const auto account = pools::find_account(accounts, mint, "the mint");
    if (!account) return account.error();
    const PublicKey& program = account.value()->owner;
    if (program != well_known::token_program && program != well_known::token_2022_program)
        return pools::bad_account("the mint", mint, "its owner is " + program.to_string());
    return Purse{mint, program, associated_token_address(user, program, mint)};
}

}  // namespace

Result<std::vector<Instruction>> swap_instructions(const Pool& pool, const SwapOrder& order,
                                                   const AccountStates& accounts, const ChainClock& clock) {
    const PublicKey& mint_out = order.mint_in == pool.mint_a() ? pool.mint_b() : pool.mint_a();
    const auto from = purse_of(order.user, order.mint_in, accounts);
    if (!from) return from.error();
    const auto into = purse_of(order.user, mint_out, accounts);
    if (!into) return into.error();
    const Purse& in = from.value();
    const Purse& out = into.value();

    PoolSwap swap;
    swap.user = order.user;
    swap.mint_in = in.mint;
    swap.user_token_in = in.account;
    swap.user_token_out = out.account;
    swap.amount_in = order.amount_in;
    swap.min_out = order.min_out;
    auto made = pool.swap(swap, clock);
    if (!made) return made.error();

    namespace make = instructions;
    std::vector<Instruction> all;
    const auto open = [&](const Purse& purse) {
        all.push_back(make::create_token_account(order.user, order.user, purse.mint, purse.token_program));
    };
    if (order.compute_unit_limit) all.push_back(make::compute_unit_limit(*order.compute_unit_limit));
    if (order.compute_unit_price) all.push_back(make::compute_unit_price(*order.compute_unit_price));
    if (in.is_sol()) open(in);
    open(out);
    if (in.is_sol()) {
        all.push_back(make::transfer(order.user, in.account, order.amount_in));
        all.push_back(make::sync_native(in.account, in.token_program));
    }
    all.push_back(std::move(made).value());
    if (in.is_sol() || out.is_sol()) {
        const Purse& sol = in.is_sol() ? in : out;
        all.push_back(make::close_account(sol.account, order.user, order.user, sol.token_program));
    }
    return all;
}

}  // namespace libexec
