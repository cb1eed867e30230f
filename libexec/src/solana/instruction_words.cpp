#include "libexec/solana/instruction_words.hpp"

#include <optional>

#include "field_reader.hpp"
#include "libexec/solana/well_known.hpp"
#include "little_endian.hpp"

namespace libexec {
namespace {

using Kind = FieldKind;

constexpr PublicKey first_memo_program = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"_key;

const InstructionShape system_shapes[] = {
    {0,
     "create_account",
     {{"lamports", Kind::u64}, {"space", Kind::u64}, {"owner", Kind::key}},
     {"payer", "account"}},
    {1, "assign", {{"owner", Kind::key}}, {"account"}},
    {2, "transfer", {{"lamports", Kind::u64}}, {"from", "to"}},
    {3,
     "create_account_with_seed",
     {{"base", Kind::key},
      {"seed", Kind::text},
      {"lamports", Kind::u64},
      {"space", Kind::u64},
      {"owner", Kind::key}},
     {"payer", "account", "base"}},
    {4, "advance_nonce", {}, {"nonce", "recent_blockhashes", "authority"}},
    {5,
     "withdraw_nonce",
     {{"lamports", Kind::u64}},
     {"nonce", "to", "recent_blockhashes", "rent", "authority"}},
    {6, "initialize_nonce", {{"authority", Kind::key}}, {"nonce", "recent_blockhashes", "rent"}},
    {7, "authorize_nonce", {{"new_authority", Kind::key}}, {"nonce", "authority"}},
    {8, "allocate", {{"space", Kind::u64}}, {"account"}},
    {9,
     "allocate_with_seed",
     {{"base", Kind::key}, {"seed", Kind::text}, {"space", Kind::u64}, {"owner", Kind::key}},
     {"account", "base"}},
    {10,
     "assign_with_seed",
     {{"base", Kind::key}, {"seed", Kind::text}, {"owner", Kind::key}},
     {"account", "base"}},
    {11,
     "transfer_with_seed",
     {{"lamports", Kind::u64}, {"seed", Kind::text}, {"from_owner", Kind::key}},
     {"from", "base", "to"}},
    {12, "upgrade_nonce", {}, {"nonce"}},
};

const InstructionShape budget_shapes[] = {
    {0, "request_units", {{"units", Kind::u32}, {"additional_fee", Kind::u32}}, {}},
    {1, "request_heap_frame", {{"bytes", Kind::u32}}, {}},
    {2, "set_compute_unit_limit", {{"units", Kind::u32}}, {}},
    {3, "set_compute_unit_price", {{"micro_lamports", Kind::u64}}, {}},
    {4, "set_loaded_accounts_data_size_limit", {{"bytes", Kind::u32}}, {}},
};

const InstructionShape associated_shapes[] = {
    {0, "create", {}, {"payer", "account", "owner", "mint", "system_program", "token_program"}},
    {1, "create_idempotent", {}, {"payer", "account", "owner", "mint", "system_program", "token_program"}},
    {2,
     "recover_nested",
     {},
     {"nested_account", "nested_mint", "to", "owner_account", "owner_mint", "owner", "token_program"}},
};

const InstructionShape lookup_shapes[] = {
    {0,
     "create_lookup_table",
     {{"recent_slot", Kind::u64}, {"bump", Kind::u8}},
     {"table", "authority", "payer", "system_program"}},
    {1, "freeze_lookup_table", {}, {"table", "authority"}},
    {2,
     "extend_lookup_table",
     {{"addresses", Kind::key_list}},
     {"table", "authority", "payer", "system_program"}},
    {3, "deactivate_lookup_table", {}, {"table", "authority"}},
    {4, "close_lookup_table", {}, {"table", "authority", "to"}},
};

/// For programs whose instructions begin with a number of four bytes.
void describe_by_word(std::span<const InstructionShape> shapes, std::span<const std::uint8_t> data,
                      InstructionWords& words) {
    if (data.size() < 4) return;
    describe_by(shapes, little_endian::read<std::uint32_t>(data, 0), data.subspan(4), words);
}

/// For those that begin with one of a single byte.
void describe_by_byte(std::span<const InstructionShape> shapes, std::span<const std::uint8_t> data,
                      InstructionWords& words) {
    if (data.empty()) return;
    describe_by(shapes, data[0], data.subspan(1), words);
}

void describe_memo(std::span<const std::uint8_t> data, InstructionWords& words) {
    const std::string text(data.begin(), data.end());
    if (!is_readable(text)) return;
    words.name = "memo";
    words.fields = {{"text", text}};
}

void describe_associated(std::span<const std::uint8_t> data, InstructionWords& words) {
    // The program's first form had no number and no bytes at all.
    const std::uint8_t create[] = {0};
    describe_by_byte(associated_shapes, data.empty() ? std::span<const std::uint8_t>(create) : data, words);
}

}  // namespace

InstructionWords describe_instruction(const PublicKey& program, std::span<const std::uint8_t> data) {
    InstructionWords words;
    if (program == well_known::system_program) {
        words.program = "system";
        describe_by_word(system_shapes, data, words);
    } else if (program == well_known::token_program) {
        words.program = "token";
        describe_token_instruction(data, false, words);
    } else if (program == well_known::token_2022_program) {
        words.program = "token_2022";
        describe_token_instruction(data, true, words);
    } else if (program == well_known::associated_token_program) {
        words.program = "associated_token";
        describe_associated(data, words);
    } else if (program == well_known::compute_budget_program) {
        words.program = "compute_budget";
        describe_by_byte(budget_shapes, data, words);
    } else if (program == well_known::memo_program || program == first_memo_program) {
        words.program = "memo";
        describe_memo(data, words);
    } else if (program == well_known::lookup_table_program) {
        words.program = "address_lookup_table";
        describe_by_word(lookup_shapes, data, words);
    }
    return words;
}

}  // namespace libexec
