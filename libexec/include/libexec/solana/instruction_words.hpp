#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libexec/solana/public_key.hpp"

namespace libexec {

/// What an instruction asks for, in words.
struct InstructionWords {
    /// One of its fields: a number in digits, an address in base58, a text, or bytes as hexadecimal.
    struct Field {
        std::string name;   ///< "amount"
        std::string value;  ///< "1000000000"

        friend bool operator==(const Field&, const Field&) = default;
    };

    std::string program;  ///< "token"; empty when nobody here knows it
    std::string name;     ///< "transfer_checked"; empty when the program is not known to have it
    std::vector<Field> fields;
    std::vector<std::string>
        roles;  ///< what its accounts are to it, from the first; there may be fewer or more
};

/// An instruction of the programs that come with the chain, and of those for tokens and memos: System, SPL
/// Token, Token-2022, Associated Token, Compute Budget, Memo, Address Lookup Table. Bytes behind what the
/// instruction takes, which most programs ignore, are the field "more"; an instruction that is cut short or
/// that is not known has no name. Never refuses.
InstructionWords describe_instruction(const PublicKey& program, std::span<const std::uint8_t> data);

/// Bytes in hexadecimal digits, as those fields show them.
std::string hex_of(std::span<const std::uint8_t> bytes);

}  // namespace libexec
