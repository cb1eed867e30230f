#include "tx_command.hpp"

#include <fstream>
#include <iostream>

#include "libexec/solana/transaction_text.hpp"
#include "pool_snapshot.hpp"
#include "tx_view.hpp"

namespace libexec::cli {
namespace {

/// As much as can matter, and one byte more.
std::string read_some(std::istream& in) {
    std::string text(transaction_text_most + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

std::string contents_of(const std::string& name) {
    if (name == "-") return read_some(std::cin);
    std::ifstream file(name, std::ios::binary);
    // Opening a folder succeeds; reading it does not.
    std::string text = file ? read_some(file) : std::string();
    if (!file.is_open() || file.bad())
        refuse("the file '" + name + "' cannot be read",
               "give a file with a transaction, or - for standard input");
    return text;
}

/// Those tables of the message that the snapshot has.
std::vector<LookupTable> tables_in(const std::string& folder, const Message& message) {
    std::vector<LookupTable> tables;
    if (folder.empty()) return tables;
    const PoolSnapshot snapshot(folder);
    const AccountStates& accounts = snapshot.files().accounts();
    for (const TableLookup& lookup : message.lookups) {
        const auto account = accounts.find(lookup.table);
        if (account == accounts.end()) continue;
        Result<LookupTable> table = read_lookup_table(lookup.table, account->second);
        if (!table) refuse(table.error().detail, "save the table anew, or leave --accounts away");
        tables.push_back(std::move(table).value());
    }
    return tables;
}

ExitCode tx_decode_command(const Context& context, const Arguments& arguments) {
    const std::string name = arguments.text("FILE");
    Result<Transaction> transaction = read_transaction(contents_of(name));
    if (!transaction)
        refuse((name == "-" ? "standard input" : "the file '" + name + "'") +
                   " is no transaction: " + transaction.error().detail,
               "give a transaction as its bytes, or in base64 or base58");
    const std::vector<LookupTable> tables =
        tables_in(arguments.text("accounts"), transaction.value().message);
    const TxView view(std::move(transaction).value(), tables);
    if (context.options.quiet) {
        context.console.out << signature_of(view.transaction()) << std::endl;
        return ExitCode::done;
    }
    view.print(context);
    return ExitCode::done;
}

}  // namespace

const CommandSpec& tx_decode_spec() {
    static const CommandSpec spec{
        .name = "decode",
        .summary = "Say in words what a transaction would do",
        .description =
            "Reads a transaction, signed or not, or a message alone, as bytes, base64 or base58, and shows "
            "who "
            "signs, who pays, and each instruction: those of System, Token, Token-2022, Associated Token, "
            "Compute "
            "Budget, Address Lookup Table and Memo and the swaps of the pool programs with their fields, "
            "others as "
            "hexadecimal. Signatures are checked. Accounts out of a lookup table show as TABLE[PLACE], "
            "unless "
            "--accounts has the table.",
        .words = {{"FILE", "The file, or - for standard input", WordSpec::Count::one, Completes::file}},
        .options = {{"--accounts", "DIR", "A folder of account files with the lookup tables", "", false,
                     Completes::file}},
        .examples = {{"execctl tx decode transaction.txt", "what it would do, in words"},
                     {"execctl tx build ... -q | execctl tx decode - -o json",
                      "what was built, for programs"}},
        .run = tx_decode_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
