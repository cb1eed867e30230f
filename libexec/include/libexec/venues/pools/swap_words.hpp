#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "libexec/solana/instruction_words.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// A swap of the pool programs, or an instruction of the programs that `describe_instruction` knows.
/// `accounts` is how many accounts the instruction has: some programs take one more or less. Never refuses;
/// what is not known has no program, or no name.
InstructionWords describe_swap(const PublicKey& program, std::span<const std::uint8_t> data,
                               std::size_t accounts);

}  // namespace libexec
