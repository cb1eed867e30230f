#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "libexec/solana/instruction_words.hpp"

namespace libexec {

/// How a field is stored, low byte first.
enum class FieldKind : std::uint8_t {
    u8,
    u16,
    u32,
    u64,
    key,
    optional_key,  ///< a byte, 0 or 1, and then the key where it is 1
    text,          ///< its length in eight bytes, and then UTF-8
    rest_of_text,  ///< UTF-8 up to the end
    u16_list,      ///< up to the end
    key_list       ///< their number in eight bytes, and then they
};

/// A field of an instruction.
struct FieldShape {
    const char* name;
    FieldKind kind;
};

/// What the instruction with one number is made of.
struct InstructionShape {
    std::uint32_t number;
    const char* name;
    std::initializer_list<FieldShape> fields;
    std::initializer_list<const char*> roles;
};

/// Fills name, fields and roles of `words` by the shape of that number, from the bytes behind the number.
/// Leaves them empty when no shape has it or the bytes end too early; bytes that are left are "more".
void describe_by(std::span<const InstructionShape> shapes, std::uint32_t number,
                 std::span<const std::uint8_t> rest, InstructionWords& words);

/// Whether it is UTF-8 without control characters but line ends and tabs.
bool is_readable(std::string_view text);

/// The instructions of SPL Token, or of Token-2022 where `newer`.
void describe_token_instruction(std::span<const std::uint8_t> data, bool newer, InstructionWords& words);

}  // namespace libexec
