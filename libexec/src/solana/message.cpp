#include "libexec/solana/message.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "wire.hpp"

namespace libexec {
namespace {

constexpr std::uint8_t versioned = 0x80;  // set in the first byte of all but legacy messages
constexpr std::size_t keys_most = 256;

std::vector<std::uint8_t> copy(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::size_t count_loaded(const Message& message) {
    std::size_t count = 0;
    for (const TableLookup& lookup : message.lookups)
        count += lookup.writable.size() + lookup.readonly.size();
    return count;
}

void read_instructions(WireReader& reader, Message& message) {
    const std::size_t count = reader.length("the instructions");
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        CompiledInstruction instruction;
        instruction.program = reader.byte("a program's number");
        instruction.accounts = copy(reader.list("an instruction's accounts"));
        instruction.data = copy(reader.list("an instruction's data"));
        message.instructions.push_back(std::move(instruction));
    }
}

void read_lookups(WireReader& reader, Message& message) {
    const std::size_t count = reader.length("the lookups");
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        TableLookup lookup;
        lookup.table = PublicKey(reader.key("a lookup table"));
        lookup.writable = copy(reader.list("a table's written addresses"));
        lookup.readonly = copy(reader.list("a table's read addresses"));
        if (lookup.writable.empty() && lookup.readonly.empty()) reader.fail("a lookup that loads nothing");
        message.lookups.push_back(std::move(lookup));
    }
}

/// What no reading of single parts shows.
void check(WireReader& reader, const Message& message) {
    const std::size_t keys = message.keys.size();
    const std::size_t all = keys + count_loaded(message);
    if (message.readonly_signers >= message.signers)
        return reader.fail(message.signers == 0 ? "nobody signs" : "the payer is not written");
    if (std::size_t(message.signers) + message.readonly_others > keys)
        return reader.fail("the header speaks of " +
                           std::to_string(message.signers + message.readonly_others) +
                           " keys, and there are " + std::to_string(keys));
    if (all > keys_most) return reader.fail(std::to_string(all) + " accounts, more than 256");
    if (std::set<PublicKey>(message.keys.begin(), message.keys.end()).size() != keys)
        return reader.fail("a key is there twice");
    for (std::size_t i = 0; i < message.instructions.size(); ++i) {
        const CompiledInstruction& instruction = message.instructions[i];
        const std::string name = "instruction " + std::to_string(i + 1);
        if (instruction.program == 0) return reader.fail(name + " has the payer as its program");
        if (instruction.program >= keys)
            return reader.fail(name + " has program " + std::to_string(instruction.program) + " of " +
                               std::to_string(keys) + " keys");
        for (const std::uint8_t account : instruction.accounts) {
            if (account >= all)
                return reader.fail(name + " has account " + std::to_string(account) + " of " +
                                   std::to_string(all));
        }
    }
}

}  // namespace

std::optional<Blockhash> Blockhash::parse(std::string_view base58) {
    const auto key = PublicKey::parse(base58);
    if (!key) return std::nullopt;
    return Blockhash(key->bytes());
}

Bytes encode_message(const Message& message) {
    Bytes bytes;
    if (message.version == MessageVersion::v0) bytes.push_back(versioned | 0);
    bytes.insert(bytes.end(), {message.signers, message.readonly_signers, message.readonly_others});
    append_length(bytes, message.keys.size());
    for (const PublicKey& key : message.keys)
        bytes.insert(bytes.end(), key.bytes().begin(), key.bytes().end());
    bytes.insert(bytes.end(), message.blockhash.bytes().begin(), message.blockhash.bytes().end());
    append_length(bytes, message.instructions.size());
    for (const CompiledInstruction& instruction : message.instructions) {
        bytes.push_back(instruction.program);
        append_list(bytes, instruction.accounts);
        append_list(bytes, instruction.data);
    }
    if (message.version == MessageVersion::legacy) return bytes;
    append_length(bytes, message.lookups.size());
    for (const TableLookup& lookup : message.lookups) {
        bytes.insert(bytes.end(), lookup.table.bytes().begin(), lookup.table.bytes().end());
        append_list(bytes, lookup.writable);
        append_list(bytes, lookup.readonly);
    }
    return bytes;
}

Result<Message> decode_message(std::span<const std::uint8_t> bytes) {
    WireReader reader(bytes);
    Message message;
    message.signers = reader.byte("the header");
    message.version = MessageVersion::legacy;
    if (message.signers >= versioned) {
        const int version = message.signers & 0x7f;
        if (version != 0) reader.fail("message version " + std::to_string(version) + " is unknown");
        message.version = MessageVersion::v0;
        message.signers = reader.byte("the header");
    }
    message.readonly_signers = reader.byte("the header");
    message.readonly_others = reader.byte("the header");
    const std::size_t keys = reader.length("the keys");
    for (std::size_t i = 0; i < keys && !reader.failed(); ++i) message.keys.emplace_back(reader.key("a key"));
    message.blockhash = Blockhash(reader.key("the blockhash"));
    read_instructions(reader, message);
    if (message.version == MessageVersion::v0) read_lookups(reader, message);
    reader.end();
    if (!reader.failed()) check(reader, message);
    if (reader.failed()) return reader.error();
    return message;
}

std::size_t transaction_size(const Message& message) {
    Bytes count;
    append_length(count, message.signers);
    return count.size() + std::size_t(message.signers) * 64 + encode_message(message).size();
}

}  // namespace libexec
