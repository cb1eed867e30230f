// Transactions from outside: what is read is written the same, byte for byte; what is not is named.

#include <span>

#include "fuzz/fuzz_target.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/lookup_table.hpp"
#include "libexec/solana/transaction.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using fuzz::require;

namespace {

void check_message(const Message& message) {
    // With tables that hold everything, whatever is looked up is found; keys may still be there twice.
    std::vector<LookupTable> tables;
    for (const TableLookup& lookup : message.lookups) {
        LookupTable table;
        table.key = lookup.table;
        for (int i = 0; i < 256; ++i) {
            PublicKey::Bytes bytes = lookup.table.bytes();
            bytes[0] = static_cast<std::uint8_t>(bytes[0] + tables.size());
            bytes[31] = static_cast<std::uint8_t>(bytes[31] ^ i);
            table.addresses.emplace_back(bytes);
        }
        tables.push_back(std::move(table));
    }
    const auto accounts = accounts_of(message, tables);
    const auto instructions = instructions_of(message, tables);
    require(static_cast<bool>(accounts) == static_cast<bool>(instructions),
            "accounts and instructions agree");
    if (!accounts) {
        require(accounts.error().detail.find("twice") != std::string::npos, "all else was looked at before");
        return;
    }
    require(accounts.value().front().signer && accounts.value().front().writable, "somebody pays");
    require(instructions.value().size() == message.instructions.size(), "no instruction is lost");
    // Made into a message again it says the same, though its keys may stand in another order.
    MessageDraft draft{.version = message.version,
                       .payer = message.keys.front(),
                       .instructions = instructions.value(),
                       .blockhash = message.blockhash,
                       .tables = {},
                       .size_most = SIZE_MAX};
    const auto compiled = compile_message(draft);
    if (!compiled) return;  // more signers than one makes here
    require(instructions_of(compiled.value()).value() == instructions.value(),
            "instructions come back the same");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    const Bytes same(bytes.begin(), bytes.end());
    const auto transaction = decode_transaction(bytes);
    if (transaction) {
        require(encode_transaction(transaction.value()) == same, "a transaction has one spelling");
        require(transaction_size(transaction.value().message) == size,
                "its size is known before it is written");
        is_signed(transaction.value());
        signature_of(transaction.value());
        check_message(transaction.value().message);
    } else {
        require(transaction.error().reason == Reason::invalid_body, "a refusal is about the bytes");
        require(!transaction.error().detail.empty() && transaction.error().detail.size() < 200,
                "and is short");
    }
    const auto message = decode_message(bytes);
    if (message) {
        require(encode_message(message.value()) == same, "a message has one spelling");
        check_message(message.value());
    }
    const AccountState account{
        .owner = well_known::lookup_table_program, .lamports = 1, .data = same, .executable = false};
    if (const auto table = read_lookup_table(PublicKey(), account)) {
        require(table.value().addresses.size() * 32 + 56 == size, "all addresses are read");
        require(table.value().usable_in(UINT64_MAX) <= table.value().addresses.size(), "none is made up");
    }
    if (const auto spelled = from_base64(fuzz::text_of(data, size)))
        require(to_base64(*spelled) == fuzz::text_of(data, size), "base64 has one spelling");
    require(from_base64(to_base64(same)) == same, "base64 comes back the same");
    return 0;
}
