// Transactions in whatever way they are written, and what is said of their instructions: a text or a refusal,
// always.

#include "fuzz/fuzz_target.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/transaction_text.hpp"
#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "libexec/venues/pools/swap_words.hpp"

using namespace libexec;
using fuzz::require;

namespace {

void check_words(const PublicKey& program, std::span<const std::uint8_t> data, std::size_t accounts) {
    const InstructionWords words = describe_swap(program, data, accounts);
    if (words.name.empty()) {
        require(words.fields.empty() && words.roles.empty(), "what is not known has no fields");
        return;
    }
    require(!words.program.empty(), "an instruction that is known is of a program that is");
    for (const auto& field : words.fields) {
        require(!field.name.empty(), "a field has a name");
        for (const char c : field.value)
            require(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t',
                    "no text holds a control character");
    }
}

/// The bytes as the data of each program's instruction.
void check_every_program(std::span<const std::uint8_t> data) {
    for (const PublicKey& program :
         {well_known::system_program, well_known::token_program, well_known::token_2022_program,
          well_known::associated_token_program, well_known::compute_budget_program, well_known::memo_program,
          well_known::lookup_table_program})
        check_words(program, data, 3);
    for (const PoolFamily* family : pool_families()) {
        for (const std::size_t accounts : {0U, 17U, 18U}) check_words(family->program(), data, accounts);
    }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    check_every_program({data, size});
    const auto read = read_transaction(text);
    if (!read) {
        require(read.error().reason == Reason::invalid_body && !read.error().detail.empty(),
                "a refusal says why");
        return 0;
    }
    const Transaction& transaction = read.value();
    for (const CompiledInstruction& instruction : transaction.message.instructions)
        check_words(transaction.message.keys.at(instruction.program), instruction.data,
                    instruction.accounts.size());
    const std::string base64 = to_base64(encode_transaction(transaction));
    if (base64.size() > transaction_text_most) return 0;
    const auto again = read_transaction(base64);
    require(again && again.value() == transaction, "what was read is read again from its base64");
    return 0;
}
