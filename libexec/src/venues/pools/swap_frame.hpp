#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/solana/instruction.hpp"

namespace libexec {

/// Lamports for somebody who has nothing to do with the trade.
struct Tip {
    PublicKey to;
    std::uint64_t lamports = 0;
};

/// What stands around the instructions that trade.
struct SwapFrame {
    PublicKey wallet;
    PublicKey mint_in;
    PublicKey mint_out;
    PublicKey program_in;  ///< the token program of each
    PublicKey program_out;
    std::uint64_t amount_in = 0;
    bool wraps_sol = false;
    bool unwraps_sol = false;
    std::optional<std::uint32_t> compute_unit_limit;
    std::optional<std::uint64_t> compute_unit_price;
    std::string memo;        ///< empty: left out
    std::optional<Tip> tip;  ///< paid last, when all else has worked

    PublicKey account_in() const;
    PublicKey account_out() const;
};

/// The instructions of the whole transaction in the order in which they run, `core` in their middle: what it
/// may use and pay for, the memo, the account of SOL that is wrapped and that of what is bought, each made
/// unless it is there, the wrapping, the accounts of wrapped SOL closed, and the tip.
std::vector<Instruction> framed(const SwapFrame& frame, const std::vector<Instruction>& core);

}  // namespace libexec
