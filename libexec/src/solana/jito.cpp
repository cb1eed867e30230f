#include "libexec/solana/jito.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace libexec {
namespace {

constexpr std::uint8_t system_transfer = 2;  // of four bytes, the others zero
constexpr std::size_t transfer_size = 12;

/// The lamports of a transfer by the payer, who is key 0, to a tip account; nothing for all else.
std::optional<std::uint64_t> tip_of(const Message& message, const CompiledInstruction& instruction) {
    const auto key = [&message](std::uint8_t number) {
        return number < message.keys.size() ? message.keys[number] : PublicKey();
    };
    const Bytes& data = instruction.data;
    if (key(instruction.program) != well_known::system_program || instruction.accounts.size() != 2 ||
        data.size() != transfer_size || data[0] != system_transfer || (data[1] | data[2] | data[3]) != 0)
        return std::nullopt;
    if (instruction.accounts[0] != 0 ||
        std::ranges::find(jito_tip_accounts, key(instruction.accounts[1])) == jito_tip_accounts.end())
        return std::nullopt;
    std::uint64_t lamports = 0;
    for (std::size_t at = transfer_size; at-- > 4;) lamports = lamports << 8 | data[at];
    return lamports;
}

}  // namespace

std::uint64_t tips_in(const Message& message) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t tips = 0;
    for (const CompiledInstruction& instruction : message.instructions) {
        const std::uint64_t tip = tip_of(message, instruction).value_or(0);
        tips = tip > most - tips ? most : tips + tip;
    }
    return tips;
}

}  // namespace libexec
