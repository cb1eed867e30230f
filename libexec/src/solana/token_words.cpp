#include "field_reader.hpp"

namespace libexec {
namespace {

using Kind = FieldKind;

const InstructionShape both_shapes[] = {
    {0,
     "initialize_mint",
     {{"decimals", Kind::u8}, {"mint_authority", Kind::key}, {"freeze_authority", Kind::optional_key}},
     {"mint", "rent"}},
    {1, "initialize_account", {}, {"account", "mint", "owner", "rent"}},
    {2, "initialize_multisig", {{"signers_needed", Kind::u8}}, {"multisig", "rent"}},
    {3, "transfer", {{"amount", Kind::u64}}, {"from", "to", "owner"}},
    {4, "approve", {{"amount", Kind::u64}}, {"account", "delegate", "owner"}},
    {5, "revoke", {}, {"account", "owner"}},
    {6,
     "set_authority",
     {{"authority_type", Kind::u8}, {"new_authority", Kind::optional_key}},
     {"account", "authority"}},
    {7, "mint_to", {{"amount", Kind::u64}}, {"mint", "to", "mint_authority"}},
    {8, "burn", {{"amount", Kind::u64}}, {"account", "mint", "owner"}},
    {9, "close_account", {}, {"account", "to", "owner"}},
    {10, "freeze_account", {}, {"account", "mint", "freeze_authority"}},
    {11, "thaw_account", {}, {"account", "mint", "freeze_authority"}},
    {12,
     "transfer_checked",
     {{"amount", Kind::u64}, {"decimals", Kind::u8}},
     {"from", "mint", "to", "owner"}},
    {13,
     "approve_checked",
     {{"amount", Kind::u64}, {"decimals", Kind::u8}},
     {"account", "mint", "delegate", "owner"}},
    {14,
     "mint_to_checked",
     {{"amount", Kind::u64}, {"decimals", Kind::u8}},
     {"mint", "to", "mint_authority"}},
    {15, "burn_checked", {{"amount", Kind::u64}, {"decimals", Kind::u8}}, {"account", "mint", "owner"}},
    {16, "initialize_account_2", {{"owner", Kind::key}}, {"account", "mint", "rent"}},
    {17, "sync_native", {}, {"account"}},
    {18, "initialize_account_3", {{"owner", Kind::key}}, {"account", "mint"}},
    {19, "initialize_multisig_2", {{"signers_needed", Kind::u8}}, {"multisig"}},
    {20,
     "initialize_mint_2",
     {{"decimals", Kind::u8}, {"mint_authority", Kind::key}, {"freeze_authority", Kind::optional_key}},
     {"mint"}},
    {21, "get_account_data_size", {{"extensions", Kind::u16_list}}, {"mint"}},
    {22, "initialize_immutable_owner", {}, {"account"}},
    {23, "amount_to_ui_amount", {{"amount", Kind::u64}}, {"mint"}},
    {24, "ui_amount_to_amount", {{"amount", Kind::rest_of_text}}, {"mint"}},
};

const InstructionShape newer_shapes[] = {
    {25, "initialize_mint_close_authority", {{"close_authority", Kind::optional_key}}, {"mint"}},
    {29, "reallocate", {{"extensions", Kind::u16_list}}, {"account", "payer", "system_program", "owner"}},
    {31, "create_native_mint", {}, {"payer", "mint", "system_program"}},
    {32, "initialize_non_transferable_mint", {}, {"mint"}},
    {35, "initialize_permanent_delegate", {{"delegate", Kind::key}}, {"mint"}},
};

/// Extensions have a number of their own behind that of the instruction: 256 times that one, and this.
constexpr std::uint32_t of_extension(std::uint32_t extension, std::uint32_t number) {
    return extension << 8 | number;
}
constexpr std::uint8_t transfer_fee = 26;
constexpr std::uint8_t default_state = 28;
constexpr std::uint8_t memo_transfer = 30;
constexpr std::uint8_t cpi_guard = 34;
constexpr std::uint8_t transfer_hook = 36;
constexpr std::uint8_t pausable = 44;

const InstructionShape extension_shapes[] = {
    {of_extension(transfer_fee, 0),
     "initialize_transfer_fee_config",
     {{"config_authority", Kind::optional_key},
      {"withdraw_authority", Kind::optional_key},
      {"basis_points", Kind::u16},
      {"fee_most", Kind::u64}},
     {"mint"}},
    {of_extension(transfer_fee, 1),
     "transfer_checked_with_fee",
     {{"amount", Kind::u64}, {"decimals", Kind::u8}, {"fee", Kind::u64}},
     {"from", "mint", "to", "owner"}},
    {of_extension(transfer_fee, 2), "withdraw_withheld_tokens_from_mint", {}, {"mint", "to", "authority"}},
    {of_extension(transfer_fee, 3),
     "withdraw_withheld_tokens_from_accounts",
     {{"accounts", Kind::u8}},
     {"mint", "to", "authority"}},
    {of_extension(transfer_fee, 4), "harvest_withheld_tokens_to_mint", {}, {"mint"}},
    {of_extension(transfer_fee, 5),
     "set_transfer_fee",
     {{"basis_points", Kind::u16}, {"fee_most", Kind::u64}},
     {"mint", "authority"}},
    {of_extension(default_state, 0), "initialize_default_account_state", {{"state", Kind::u8}}, {"mint"}},
    {of_extension(default_state, 1),
     "update_default_account_state",
     {{"state", Kind::u8}},
     {"mint", "freeze_authority"}},
    {of_extension(memo_transfer, 0), "enable_required_memos", {}, {"account", "owner"}},
    {of_extension(memo_transfer, 1), "disable_required_memos", {}, {"account", "owner"}},
    {of_extension(cpi_guard, 0), "enable_cpi_guard", {}, {"account", "owner"}},
    {of_extension(cpi_guard, 1), "disable_cpi_guard", {}, {"account", "owner"}},
    {of_extension(transfer_hook, 0),
     "initialize_transfer_hook",
     {{"authority", Kind::key}, {"program", Kind::key}},
     {"mint"}},
    {of_extension(transfer_hook, 1), "update_transfer_hook", {{"program", Kind::key}}, {"mint", "authority"}},
    {of_extension(pausable, 0), "initialize_pausable", {{"authority", Kind::key}}, {"mint"}},
    {of_extension(pausable, 1), "pause", {}, {"mint", "authority"}},
    {of_extension(pausable, 2), "resume", {}, {"mint", "authority"}},
};

}  // namespace

void describe_token_instruction(std::span<const std::uint8_t> data, bool newer, InstructionWords& words) {
    if (data.empty()) return;
    describe_by(both_shapes, data[0], data.subspan(1), words);
    if (!newer || !words.name.empty()) return;
    describe_by(newer_shapes, data[0], data.subspan(1), words);
    if (words.name.empty() && data.size() >= 2)
        describe_by(extension_shapes, of_extension(data[0], data[1]), data.subspan(2), words);
}

}  // namespace libexec
