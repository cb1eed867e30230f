#include "tx_view.hpp"

#include <algorithm>
#include <ostream>

#include "libexec/json/value.hpp"
#include "libexec/venues/pools/swap_words.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

std::string text_of(const Signature& signature) { return to_base58(signature.data(), signature.size()); }

std::string quoted(std::string_view text) { return to_json_string(text); }
std::string truth(bool value) { return value ? "true" : "false"; }

/// Every account by its number, as the message says it is used.
std::vector<TxAccount> accounts_of_message(const Message& message, const std::vector<LookupTable>& tables) {
    std::vector<TxAccount> accounts;
    const std::size_t written_signers = message.signers - message.readonly_signers;
    const std::size_t written = message.keys.size() - message.readonly_others;
    for (std::size_t i = 0; i < message.keys.size(); ++i) {
        TxAccount account;
        account.key = message.keys[i];
        account.signer = i < message.signers;
        account.writable = account.signer ? i < written_signers : i < written;
        accounts.push_back(account);
    }
    for (const bool writable : {true, false}) {
        for (const TableLookup& lookup : message.lookups) {
            const auto table = std::find_if(tables.begin(), tables.end(),
                                            [&](const LookupTable& one) { return one.key == lookup.table; });
            for (const std::uint8_t place : writable ? lookup.writable : lookup.readonly) {
                TxAccount account;
                account.table = lookup.table;
                account.place = place;
                account.writable = writable;
                if (table != tables.end() && place < table->addresses.size())
                    account.key = table->addresses[place];
                accounts.push_back(account);
            }
        }
    }
    return accounts;
}

std::string places_json(const std::vector<std::uint8_t>& places) {
    std::string list = "[";
    for (const std::uint8_t place : places) list += (list.size() == 1 ? "" : ",") + std::to_string(place);
    return list + "]";
}

std::string words_json(const InstructionWords& words) {
    std::string json = "\"program\":" + (words.program.empty() ? "null" : quoted(words.program)) +
                       ",\"name\":" + (words.name.empty() ? "null" : quoted(words.name)) + ",\"fields\":{";
    for (const InstructionWords::Field& field : words.fields)
        json += (&field == words.fields.data() ? "" : ",") + quoted(field.name) + ":" + quoted(field.value);
    return json + "}";
}

std::string name_of(const InstructionWords& words, const PublicKey& program) {
    if (words.program.empty()) return program.to_string();
    return words.program + " " + (words.name.empty() ? "(an instruction that is not known)" : words.name);
}

}  // namespace

std::string TxAccount::text() const {
    if (key) return key->to_string();
    return table->to_string() + "[" + std::to_string(place) + "]";
}

std::string instruction_json(const Instruction& instruction) {
    const InstructionWords words =
        describe_swap(instruction.program, instruction.data, instruction.accounts.size());
    std::string json = "{\"programId\":" + quoted(instruction.program.to_string()) + ",\"accounts\":[";
    for (std::size_t i = 0; i < instruction.accounts.size(); ++i) {
        const AccountMeta& account = instruction.accounts[i];
        json += std::string(i == 0 ? "" : ",") + "{\"pubkey\":" + quoted(account.key.to_string()) +
                ",\"signer\":" + truth(account.signer) + ",\"writable\":" + truth(account.writable);
        if (i < words.roles.size()) json += ",\"role\":" + quoted(words.roles[i]);
        json += "}";
    }
    return json + "],\"dataHex\":" + quoted(hex_of(instruction.data)) + "," + words_json(words) + "}";
}

TxView::TxView(Transaction transaction, const std::vector<LookupTable>& tables)
    : transaction_(std::move(transaction)),
      size_bytes_(encode_transaction(transaction_).size()),
      accounts_(accounts_of_message(transaction_.message, tables)) {
    const Message& message = transaction_.message;
    const Bytes bytes = encode_message(message);
    for (std::size_t i = 0; i < transaction_.signatures.size(); ++i) {
        const Signature& signature = transaction_.signatures[i];
        const bool missing = signature == Signature{};
        proofs_.push_back(missing                                           ? Proof::missing
                          : is_signed_by(message.keys[i], bytes, signature) ? Proof::good
                                                                            : Proof::bad);
    }
    for (std::size_t i = 0; i < message.instructions.size(); ++i)
        words_.push_back(describe_swap(program_of(i), compiled(i).data, compiled(i).accounts.size()));
}

PublicKey TxView::program_of(std::size_t number) const {
    // A program is never looked up.
    return transaction_.message.keys[compiled(number).program];
}

std::string TxView::instruction_json(std::size_t number) const {
    const CompiledInstruction& instruction = compiled(number);
    const InstructionWords& words = words_[number];
    std::string json = "{\"programId\":" + quoted(program_of(number).to_string()) + ",\"accounts\":[";
    for (std::size_t i = 0; i < instruction.accounts.size(); ++i) {
        const TxAccount& account = accounts_[instruction.accounts[i]];
        json += std::string(i == 0 ? "" : ",") +
                "{\"pubkey\":" + (account.key ? quoted(account.key->to_string()) : "null") +
                ",\"signer\":" + truth(account.signer) + ",\"writable\":" + truth(account.writable);
        if (account.table)
            json += ",\"table\":" + quoted(account.table->to_string()) +
                    ",\"place\":" + std::to_string(account.place);
        if (i < words.roles.size()) json += ",\"role\":" + quoted(words.roles[i]);
        json += "}";
    }
    return json + "],\"dataHex\":" + quoted(hex_of(instruction.data)) + "," + words_json(words) + "}";
}

std::string TxView::members() const {
    const Message& message = transaction_.message;
    const bool named = !proofs_.empty() && proofs_[0] != Proof::missing;
    std::string json = "\"signature\":" + (named ? quoted(signature_of(transaction_)) : "null") +
                       ",\"version\":" + (message.version == MessageVersion::v0 ? "0" : "\"legacy\"") +
                       ",\"sizeBytes\":" + std::to_string(size_bytes_) +
                       ",\"feePayer\":" + quoted(message.keys[0].to_string()) +
                       ",\"blockhash\":" + quoted(message.blockhash.to_string()) + ",\"signers\":[";
    for (std::size_t i = 0; i < proofs_.size(); ++i) {
        const bool missing = proofs_[i] == Proof::missing;
        json += std::string(i == 0 ? "" : ",") + "{\"pubkey\":" + quoted(message.keys[i].to_string()) +
                ",\"writable\":" + truth(accounts_[i].writable) +
                ",\"signature\":" + (missing ? "null" : quoted(text_of(transaction_.signatures[i]))) +
                ",\"valid\":" + (missing ? "null" : truth(proofs_[i] == Proof::good)) + "}";
    }
    json += "],\"lookups\":[";
    for (const TableLookup& lookup : message.lookups)
        json += std::string(&lookup == message.lookups.data() ? "" : ",") +
                "{\"table\":" + quoted(lookup.table.to_string()) +
                ",\"writable\":" + places_json(lookup.writable) +
                ",\"readonly\":" + places_json(lookup.readonly) + "}";
    json += "],\"instructions\":[";
    for (std::size_t i = 0; i < words_.size(); ++i) json += (i == 0 ? "" : ",") + instruction_json(i);
    return json + "]";
}

void TxView::print_instruction(const Context& context, std::size_t number) const {
    const Style& style = context.console.style;
    std::ostream& out = context.console.out;
    const InstructionWords& words = words_[number];
    const CompiledInstruction& instruction = compiled(number);
    out << "\n" << number + 1 << "  " << name_of(words, program_of(number)) << "\n";
    std::size_t width = 4;
    for (const InstructionWords::Field& field : words.fields) width = std::max(width, field.name.size());
    for (std::size_t i = 0; i < instruction.accounts.size() && i < words.roles.size(); ++i)
        width = std::max(width, words.roles[i].size());
    const auto line = [&](const std::string& name, const std::string& value) {
        out << "     " << name << std::string(width - std::min(width, name.size()) + 2, ' ')
            << printable(style, value) << "\n";
    };
    for (const InstructionWords::Field& field : words.fields) line(field.name, field.value);
    if (words.name.empty()) line("data", instruction.data.empty() ? "none" : "0x" + hex_of(instruction.data));
    for (std::size_t i = 0; i < instruction.accounts.size(); ++i) {
        const TxAccount& account = accounts_[instruction.accounts[i]];
        line(i < words.roles.size() ? words.roles[i] : std::to_string(i + 1),
             account.text() + (account.signer ? "  signs" : "") + (account.writable ? "  written" : ""));
    }
}

void TxView::print_words(const Context& context) const {
    std::ostream& out = context.console.out;
    const Message& message = transaction_.message;
    const bool named = !proofs_.empty() && proofs_[0] != Proof::missing;
    out << "transaction  " << (named ? signature_of(transaction_) : "not signed") << "\n"
        << "version      " << (message.version == MessageVersion::v0 ? "0" : "legacy") << ", " << size_bytes_
        << " of at most " << transaction_size_most << " bytes\n"
        << "fee payer    " << message.keys[0].to_string() << "\n";
    for (std::size_t i = 0; i < proofs_.size(); ++i)
        out << "signer       " << message.keys[i].to_string()
            << (proofs_[i] == Proof::missing ? "  has not signed"
                : proofs_[i] == Proof::good  ? "  signed"
                                             : "  WRONG SIGNATURE")
            << "\n";
    out << "blockhash    " << message.blockhash.to_string() << "\n";
    for (const TableLookup& lookup : message.lookups)
        out << "table        " << lookup.table.to_string() << "  " << lookup.writable.size() << " written, "
            << lookup.readonly.size() << " read\n";
    for (std::size_t i = 0; i < words_.size(); ++i) print_instruction(context, i);
    out.flush();
}

void TxView::print(const Context& context) const {
    switch (context.options.output) {
        case Output::json:
        case Output::ndjson:
            context.console.out << "{" << members() << "}" << std::endl;
            return;
        case Output::table:
            if (context.options.columns.empty()) return print_words(context);
            break;
        case Output::csv:
            break;
    }
    Sheet sheet({{"number", "NUMBER", true},
                 {"program", "PROGRAM"},
                 {"name", "NAME"},
                 {"fields", "FIELDS"},
                 {"programId", "PROGRAM ID", false, true},
                 {"dataHex", "DATA", false, true}});
    for (std::size_t i = 0; i < words_.size(); ++i) {
        std::string fields;
        for (const InstructionWords::Field& field : words_[i].fields)
            fields += (fields.empty() ? "" : " ") + field.name + "=" + field.value;
        sheet.add({std::to_string(i + 1), words_[i].program, words_[i].name, fields,
                   program_of(i).to_string(), hex_of(compiled(i).data)});
    }
    sheet.print(context);
}

}  // namespace libexec::cli
