#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libexec/solana/instruction.hpp"
#include "libexec/solana/well_known.hpp"

/// The instructions of the programs that come with the chain, and of those for tokens and memos.
namespace libexec::instructions {

/// Sends lamports of the signer `from`.
Instruction transfer(const PublicKey& from, const PublicKey& to, std::uint64_t lamports);
/// Makes an account of `space` bytes that `owner`, a program, may change. Both `payer` and `account` sign.
Instruction create_account(const PublicKey& payer, const PublicKey& account, std::uint64_t lamports,
                           std::uint64_t space, const PublicKey& owner);

/// Makes the account in which the wallet of `owner` keeps tokens of `mint`, unless it is there. `payer`
/// signs, and pays its rent.
Instruction create_token_account(const PublicKey& payer, const PublicKey& owner, const PublicKey& mint,
                                 const PublicKey& token_program = well_known::token_program);
/// Makes the amount of an account of wrapped SOL what its lamports are worth.
Instruction sync_native(const PublicKey& account, const PublicKey& token_program = well_known::token_program);
/// Ends a token account that is empty, or of wrapped SOL; all its lamports go to `to`. `owner` signs.
Instruction close_account(const PublicKey& account, const PublicKey& to, const PublicKey& owner,
                          const PublicKey& token_program = well_known::token_program);

/// What is sent from one token account to another.
struct TokenTransfer {
    PublicKey from;
    PublicKey mint;
    PublicKey to;
    PublicKey owner;            ///< of `from`; signs
    std::uint64_t amount = 0;   ///< base units
    std::uint8_t decimals = 0;  ///< the mint's, or the program refuses
    PublicKey token_program = well_known::token_program;
};
/// Moves tokens; the program refuses another mint or other decimals.
Instruction transfer_checked(const TokenTransfer& transfer);

/// How many compute units the transaction may use, and is charged for.
Instruction compute_unit_limit(std::uint32_t units);
/// What it pays for each, in millionths of a lamport, on top of what signatures cost.
Instruction compute_unit_price(std::uint64_t micro_lamports);
/// How many bytes of accounts it may load.
Instruction loaded_data_limit(std::uint32_t size_bytes);

/// Writes `text`, which is UTF-8 or the program refuses, into the log; `signers` sign for it.
Instruction memo(std::string_view text, const std::vector<PublicKey>& signers = {});

}  // namespace libexec::instructions
