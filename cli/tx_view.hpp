#pragma once

#include <optional>
#include <string>
#include <vector>

#include "context.hpp"
#include "libexec/solana/instruction_words.hpp"
#include "libexec/solana/lookup_table.hpp"
#include "libexec/solana/transaction.hpp"

namespace libexec::cli {

/// An account of a transaction, by its number.
struct TxAccount {
    std::optional<PublicKey> key;    ///< nothing when it is looked up in a table nobody has here
    std::optional<PublicKey> table;  ///< where it is looked up
    std::uint8_t place = 0;          ///< in the table
    bool signer = false;
    bool writable = false;

    /// Its address, or the table's and its place.
    std::string text() const;
};

/// A transaction with everything that can be said of it in words.
class TxView {
public:
    /// Signatures are checked here. `tables` may lack some of those that are looked up.
    TxView(Transaction transaction, const std::vector<LookupTable>& tables);

    const Transaction& transaction() const { return transaction_; }
    const std::vector<TxAccount>& accounts() const { return accounts_; }

    /// The members of a JSON object, without its braces.
    std::string members() const;
    /// For people.
    void print_words(const Context& context) const;
    /// As -o asks: words, or a document; CSV has a row for each instruction.
    void print(const Context& context) const;

private:
    enum class Proof { missing, good, bad };
    const CompiledInstruction& compiled(std::size_t number) const {
        return transaction_.message.instructions[number];
    }
    PublicKey program_of(std::size_t number) const;
    std::string instruction_json(std::size_t number) const;
    void print_instruction(const Context& context, std::size_t number) const;

    Transaction transaction_;
    std::size_t size_bytes_ = 0;
    std::vector<TxAccount> accounts_;
    std::vector<Proof> proofs_;
    std::vector<InstructionWords> words_;
};

/// {"programId", "accounts", "dataHex", ...} of an instruction as its program wants it: what its accounts
/// sign or write elsewhere in a transaction is not in it.
std::string instruction_json(const Instruction& instruction);

}  // namespace libexec::cli
