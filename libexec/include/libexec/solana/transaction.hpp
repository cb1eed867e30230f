#pragma once

#include <span>
#include <string>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/solana/key_pair.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {

/// A message and who signed it: one signature for each of its signers, in their order, zeros where one is
/// missing.
struct Transaction {
    std::vector<Signature> signatures;
    Message message;

    friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// The message with no signature yet, as a simulation takes it.
Transaction unsigned_transaction(Message message);
/// The message, signed. Errors: invalid_parameter when a signer is missing, naming it, or a pair is none of
/// the signers.
Result<Transaction> sign_transaction(Message message, std::span<const KeyPair* const> pairs);

/// The bytes the chain takes.
Bytes encode_transaction(const Transaction& transaction);
/// The transaction of exactly these bytes, by the rules of `decode_message` and with a place for each
/// signature; it need not be signed. Errors: invalid_body, naming the part.
Result<Transaction> decode_transaction(std::span<const std::uint8_t> bytes);

/// Whether every signature is its signer's.
bool is_signed(const Transaction& transaction);
/// What the chain knows the transaction by: its first signature, in base58.
std::string signature_of(const Transaction& transaction);

}  // namespace libexec
