#include "libexec/venues/pools/swap_instructions.hpp"

#include "account_fields.hpp"
#include "libexec/solana/well_known.hpp"
#include "swap_frame.hpp"

namespace libexec {
namespace {

Result<PublicKey> token_program_of(const PublicKey& mint, const AccountStates& accounts) {
    const auto account = pools::find_account(accounts, mint, "the mint");
    if (!account) return account.error();
    const PublicKey& program = account.value()->owner;
    if (program != well_known::token_program && program != well_known::token_2022_program)
        return pools::bad_account("the mint", mint, "its owner is " + program.to_string());
    return program;
}

}  // namespace

Result<std::vector<Instruction>> swap_instructions(const Pool& pool, const SwapOrder& order,
                                                   const AccountStates& accounts, const ChainClock& clock) {
    SwapFrame frame;
    frame.wallet = order.user;
    frame.mint_in = order.mint_in;
    frame.mint_out = order.mint_in == pool.mint_a() ? pool.mint_b() : pool.mint_a();
    const auto program_in = token_program_of(frame.mint_in, accounts);
    if (!program_in) return program_in.error();
    const auto program_out = token_program_of(frame.mint_out, accounts);
    if (!program_out) return program_out.error();
    frame.program_in = program_in.value();
    frame.program_out = program_out.value();
    frame.amount_in = order.amount_in;
    frame.wraps_sol = frame.mint_in == well_known::wrapped_sol;
    frame.unwraps_sol = frame.mint_out == well_known::wrapped_sol;
    frame.compute_unit_limit = order.compute_unit_limit;
    frame.compute_unit_price = order.compute_unit_price;

    PoolSwap swap;
    swap.user = order.user;
    swap.mint_in = order.mint_in;
    swap.user_token_in = frame.account_in();
    swap.user_token_out = frame.account_out();
    swap.amount_in = order.amount_in;
    swap.min_out = order.min_out;
    auto made = pool.swap(swap, clock);
    if (!made) return made.error();
    return framed(frame, {std::move(made).value()});
}

}  // namespace libexec
