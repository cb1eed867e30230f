#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/solana/instruction.hpp"
#include "libexec/solana/lookup_table.hpp"

namespace libexec {

/// The most bytes the chain takes of one transaction, signatures included.
inline constexpr std::size_t transaction_size_most = 1232;

/// A block that the transaction must soon follow; the chain takes it for 150 blocks.
/// Shape:  32 bytes.
/// Errors: `parse` takes base58 of exactly 32 bytes.
class Blockhash {
public:
    /// As the chain stores them.
    using Bytes = std::array<std::uint8_t, 32>;

    constexpr Blockhash() = default;
    /// The hash of these bytes.
    explicit constexpr Blockhash(const Bytes& bytes) : bytes_(bytes) {}
    /// The hash that `base58` spells, or nothing.
    static std::optional<Blockhash> parse(std::string_view base58);

    /// The hash.
    constexpr const Bytes& bytes() const { return bytes_; }
    /// The hash in base58.
    std::string to_string() const { return to_base58(bytes_.data(), bytes_.size()); }

    friend constexpr auto operator<=>(const Blockhash&, const Blockhash&) = default;

private:
    Bytes bytes_{};
};

/// `legacy` names every account in full, `v0` may look some up.
enum class MessageVersion : std::uint8_t { legacy, v0 };

/// An instruction whose program and accounts are numbers into the message's keys.
struct CompiledInstruction {
    std::uint8_t program = 0;
    std::vector<std::uint8_t> accounts;
    Bytes data;

    friend bool operator==(const CompiledInstruction&, const CompiledInstruction&) = default;
};

/// Which addresses of a table a message loads.
struct TableLookup {
    PublicKey table;
    std::vector<std::uint8_t> writable;
    std::vector<std::uint8_t> readonly;

    friend bool operator==(const TableLookup&, const TableLookup&) = default;
};

/// What the signers of a transaction sign.
/// Shape:  `keys` are the signers, first those that are written, then the others likewise; numbers beyond
/// them are
///         what the lookups load: all that is written, then all that is read.
struct Message {
    MessageVersion version = MessageVersion::v0;
    std::uint8_t signers = 0;           ///< how many keys sign; the first one pays
    std::uint8_t readonly_signers = 0;  ///< the last ones among them
    std::uint8_t readonly_others = 0;   ///< the last ones of all keys
    std::vector<PublicKey> keys;
    Blockhash blockhash;
    std::vector<CompiledInstruction> instructions;
    std::vector<TableLookup> lookups;  ///< none in a legacy message

    friend bool operator==(const Message&, const Message&) = default;
};

/// What to make a message of.
struct MessageDraft {
    MessageVersion version = MessageVersion::v0;
    PublicKey payer;
    std::vector<Instruction> instructions;
    Blockhash blockhash;
    std::vector<LookupTable> tables = {};           ///< an address is loaded from the first that has it
    std::size_t size_most = transaction_size_most;  ///< bytes of the whole transaction
};

/// The message of these instructions. Keys stand in the order in which the instructions first name them, a
/// program before its accounts, within each of: the payer, written signers, other signers, written, others.
/// What neither signs nor runs is loaded from a table that has it; the caller leaves out addresses that
/// cannot be used yet. Errors: invalid_parameter, with the numbers: more bytes than `size_most`, more than
/// 256 accounts or 127 signers, a payer that is also a program, tables for a legacy message.
Result<Message> compile_message(const MessageDraft& draft);

/// How many bytes the signed transaction of a message has.
std::size_t transaction_size(const Message& message);

/// The bytes that are signed. Throws std::length_error for a list of more than 65535, which no transaction
/// holds.
Bytes encode_message(const Message& message);
/// The message of exactly these bytes, with the rules the chain has for it: lists that are no longer than the
/// bytes, numbers that have a key, a payer that is written and no program, no key twice. Errors:
/// invalid_body, naming the part.
Result<Message> decode_message(std::span<const std::uint8_t> bytes);

/// All keys by their number, those of the tables too, and what the message says about each. Errors:
/// invalid_parameter for a table that is missing or has no such address, and for a key that is there twice.
Result<std::vector<AccountMeta>> accounts_of(const Message& message,
                                             const std::vector<LookupTable>& tables = {});
/// The instructions, each account with what the whole message says about it. The same errors.
Result<std::vector<Instruction>> instructions_of(const Message& message,
                                                 const std::vector<LookupTable>& tables = {});

}  // namespace libexec
