#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libexec/solana/instruction.hpp"

namespace libexec {

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
    std::uint32_t compute_unit_limit = 0;  ///< 0: left out
    std::uint64_t compute_unit_price = 0;  ///< 0: left out
    std::string memo;                      ///< empty: left out

    PublicKey account_in() const;
    PublicKey account_out() const;
};

/// The instructions of the whole transaction, `core` in their middle.
std::vector<Instruction> framed(const SwapFrame& frame, const std::vector<Instruction>& core);

}  // namespace libexec
