#include "libexec/solana/instructions.hpp"

#include "libexec/solana/address.hpp"
#include "little_endian.hpp"

namespace libexec::instructions {
namespace {

// The numbers by which the programs tell their instructions apart.
constexpr std::uint32_t system_create_account = 0;
constexpr std::uint32_t system_transfer = 2;
constexpr std::uint8_t associated_create_idempotent = 1;
constexpr std::uint8_t token_close_account = 9;
constexpr std::uint8_t token_transfer_checked = 12;
constexpr std::uint8_t token_sync_native = 17;
constexpr std::uint8_t budget_unit_limit = 2;
constexpr std::uint8_t budget_unit_price = 3;
constexpr std::uint8_t budget_loaded_data_limit = 4;

template <class... Fields>
Bytes data_of(const Fields&... fields) {
    Bytes data;
    (little_endian::append(data, fields), ...);
    return data;
}

AccountMeta read_only(const PublicKey& key) { return {.key = key, .signer = false, .writable = false}; }
AccountMeta written(const PublicKey& key) { return {.key = key, .signer = false, .writable = true}; }
AccountMeta signer(const PublicKey& key) { return {.key = key, .signer = true, .writable = false}; }
AccountMeta written_signer(const PublicKey& key) { return {.key = key, .signer = true, .writable = true}; }

}  // namespace

Instruction transfer(const PublicKey& from, const PublicKey& to, std::uint64_t lamports) {
    return {.program = well_known::system_program,
            .accounts = {written_signer(from), written(to)},
            .data = data_of(system_transfer, lamports)};
}

Instruction create_account(const PublicKey& payer, const PublicKey& account, std::uint64_t lamports,
                           std::uint64_t space, const PublicKey& owner) {
    return {.program = well_known::system_program,
            .accounts = {written_signer(payer), written_signer(account)},
            .data = data_of(system_create_account, lamports, space, owner)};
}

Instruction create_token_account(const PublicKey& payer, const PublicKey& owner, const PublicKey& mint,
                                 const PublicKey& token_program) {
    return {.program = well_known::associated_token_program,
            .accounts = {written_signer(payer), written(associated_token_address(owner, token_program, mint)),
                         read_only(owner), read_only(mint), read_only(well_known::system_program),
                         read_only(token_program)},
            .data = {associated_create_idempotent}};
}

Instruction sync_native(const PublicKey& account, const PublicKey& token_program) {
    return {.program = token_program, .accounts = {written(account)}, .data = {token_sync_native}};
}

Instruction close_account(const PublicKey& account, const PublicKey& to, const PublicKey& owner,
                          const PublicKey& token_program) {
    return {.program = token_program,
            .accounts = {written(account), written(to), signer(owner)},
            .data = {token_close_account}};
}

Instruction transfer_checked(const TokenTransfer& transfer) {
    return {.program = transfer.token_program,
            .accounts = {written(transfer.from), read_only(transfer.mint), written(transfer.to),
                         signer(transfer.owner)},
            .data = data_of(token_transfer_checked, transfer.amount, transfer.decimals)};
}

Instruction compute_unit_limit(std::uint32_t units) {
    return {.program = well_known::compute_budget_program,
            .accounts = {},
            .data = data_of(budget_unit_limit, units)};
}

Instruction compute_unit_price(std::uint64_t micro_lamports) {
    return {.program = well_known::compute_budget_program,
            .accounts = {},
            .data = data_of(budget_unit_price, micro_lamports)};
}

Instruction loaded_data_limit(std::uint32_t size_bytes) {
    return {.program = well_known::compute_budget_program,
            .accounts = {},
            .data = data_of(budget_loaded_data_limit, size_bytes)};
}

Instruction memo(std::string_view text, const std::vector<PublicKey>& signers) {
    Instruction instruction{
        .program = well_known::memo_program, .accounts = {}, .data = Bytes(text.begin(), text.end())};
    for (const PublicKey& key : signers) instruction.accounts.push_back(signer(key));
    return instruction;
}

}  // namespace libexec::instructions
