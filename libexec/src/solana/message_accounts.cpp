#include <algorithm>
#include <set>
#include <string>

#include "libexec/solana/message.hpp"

namespace libexec {
namespace {

Rejection refuse(std::string why) { return reject(Reason::invalid_parameter, std::move(why)); }

/// Appends what one lookup loads of one kind.
std::optional<Rejection> load(const TableLookup& lookup, bool writable,
                              const std::vector<LookupTable>& tables, std::vector<AccountMeta>& accounts) {
    const auto table = std::find_if(tables.begin(), tables.end(),
                                    [&](const LookupTable& known) { return known.key == lookup.table; });
    if (table == tables.end())
        return refuse("the lookup table " + lookup.table.to_string() + " is not known");
    for (const std::uint8_t at : writable ? lookup.writable : lookup.readonly) {
        if (at >= table->addresses.size())
            return refuse("the lookup table " + lookup.table.to_string() + " has " +
                          std::to_string(table->addresses.size()) + " addresses, and no number " +
                          std::to_string(at));
        accounts.push_back({.key = table->addresses[at], .signer = false, .writable = writable});
    }
    return std::nullopt;
}

}  // namespace

Result<std::vector<AccountMeta>> accounts_of(const Message& message, const std::vector<LookupTable>& tables) {
    std::vector<AccountMeta> accounts;
    const std::size_t count = message.keys.size();
    for (std::size_t i = 0; i < count; ++i) {
        const bool signer = i < message.signers;
        // Written is what is not among the last ones of its part.
        const std::size_t end = signer ? message.signers : count;
        const std::size_t readonly = signer ? message.readonly_signers : message.readonly_others;
        accounts.push_back({.key = message.keys[i], .signer = signer, .writable = i + readonly < end});
    }
    for (const bool writable : {true, false}) {
        for (const TableLookup& lookup : message.lookups) {
            if (const auto trouble = load(lookup, writable, tables, accounts)) return *trouble;
        }
    }
    std::set<PublicKey> seen;
    for (const AccountMeta& account : accounts) {
        if (!seen.insert(account.key).second)
            return refuse(account.key.to_string() + " is in the message twice");
    }
    return accounts;
}

Result<std::vector<Instruction>> instructions_of(const Message& message,
                                                 const std::vector<LookupTable>& tables) {
    const auto accounts = accounts_of(message, tables);
    if (!accounts) return accounts.error();
    const auto account = [&](std::uint8_t number) -> const AccountMeta* {
        return number < accounts.value().size() ? &accounts.value()[number] : nullptr;
    };
    std::vector<Instruction> instructions;
    for (const CompiledInstruction& compiled : message.instructions) {
        Instruction instruction;
        const AccountMeta* program = account(compiled.program);
        if (program == nullptr) return refuse("there is no account " + std::to_string(compiled.program));
        instruction.program = program->key;
        for (const std::uint8_t number : compiled.accounts) {
            const AccountMeta* meta = account(number);
            if (meta == nullptr) return refuse("there is no account " + std::to_string(number));
            instruction.accounts.push_back(*meta);
        }
        instruction.data = compiled.data;
        instructions.push_back(std::move(instruction));
    }
    return instructions;
}

}  // namespace libexec
