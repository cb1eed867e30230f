#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "libexec/solana/instruction.hpp"

namespace libexec::solana_venues {

/// The caller has looked at the size.
inline std::uint64_t number_at(const Bytes& data, std::size_t at, std::size_t size) {
    std::uint64_t number = 0;
    for (std::size_t i = size; i-- > 0;) number = number << 8 | data[at + i];
    return number;
}

inline bool is_call(const Instruction& instruction, std::uint8_t tag, std::size_t size) {
    return instruction.data.size() == size && instruction.data[0] == tag;
}

inline std::string text(std::uint64_t number) { return std::to_string(number); }

/// Why an instruction of a known program is none of those that are.
inline std::string unlike(const std::string& known) { return "is none of those that are known: " + known; }

}  // namespace libexec::solana_venues
