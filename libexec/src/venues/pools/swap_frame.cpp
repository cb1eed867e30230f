#include "swap_frame.hpp"

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"

namespace libexec {

PublicKey SwapFrame::account_in() const { return associated_token_address(wallet, program_in, mint_in); }

PublicKey SwapFrame::account_out() const { return associated_token_address(wallet, program_out, mint_out); }

std::vector<Instruction> framed(const SwapFrame& frame, const std::vector<Instruction>& core) {
    namespace make = instructions;
    std::vector<Instruction> all;
    if (frame.compute_unit_limit) all.push_back(make::compute_unit_limit(*frame.compute_unit_limit));
    if (frame.compute_unit_price) all.push_back(make::compute_unit_price(*frame.compute_unit_price));
    if (!frame.memo.empty()) all.push_back(make::memo(frame.memo));
    if (frame.wraps_sol)
        all.push_back(
            make::create_token_account(frame.wallet, frame.wallet, frame.mint_in, frame.program_in));
    all.push_back(make::create_token_account(frame.wallet, frame.wallet, frame.mint_out, frame.program_out));
    if (frame.wraps_sol) {
        all.push_back(make::transfer(frame.wallet, frame.account_in(), frame.amount_in));
        all.push_back(make::sync_native(frame.account_in(), frame.program_in));
    }
    all.insert(all.end(), core.begin(), core.end());
    if (frame.wraps_sol)
        all.push_back(make::close_account(frame.account_in(), frame.wallet, frame.wallet, frame.program_in));
    if (frame.unwraps_sol)
        all.push_back(
            make::close_account(frame.account_out(), frame.wallet, frame.wallet, frame.program_out));
    if (frame.tip) all.push_back(make::transfer(frame.wallet, frame.tip->to, frame.tip->lamports));
    return all;
}

}  // namespace libexec
