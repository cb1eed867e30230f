#include "libexec/chain/solana/key_pair_signer.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "libexec/solana/transaction.hpp"

namespace libexec {
namespace {

Rejection refuse(std::string words) { return reject(Reason::policy_refused, std::move(words)); }

/// Puts what the others signed into its places. Gives what is wrong with it.
std::optional<Rejection> merge(Transaction& transaction, const UnsignedTransaction& sent) {
    const Message& message = transaction.message;
    std::vector<bool> there(transaction.signatures.size());
    there.front() = true;  // the wallet's, which comes last
    for (const CoSignature& given : sent.cosigned) {
        const PublicKey signer(given.signer);
        const auto end = message.keys.begin() + message.signers;
        const auto found = std::find(message.keys.begin() + 1, end, signer);
        if (found == end)
            return refuse("cosigner: " + signer.to_string() + " has signed, and nobody asked for that");
        const auto place = static_cast<std::size_t>(found - message.keys.begin());
        if (there[place]) return refuse("cosigner: " + signer.to_string() + " has signed twice");
        if (!is_signed_by(signer, sent.message, given.signature))
            return refuse("cosigner: the signature of " + signer.to_string() + " is not one of this message");
        transaction.signatures[place] = given.signature;
        there[place] = true;
    }
    const auto missing = std::find(there.begin(), there.end(), false);
    if (missing == there.end()) return std::nullopt;
    const auto place = static_cast<std::size_t>(missing - there.begin());
    return refuse("cosigner: " + message.keys[place].to_string() + " has to sign too, and has not");
}

}  // namespace

KeyPairSigner::KeyPairSigner(KeyPair pair, Check check) : pair_(std::move(pair)), check_(std::move(check)) {
    if (!check_) throw std::invalid_argument("a signer needs a check of what it signs");
}

Task<Result<SignedTransaction>> KeyPairSigner::sign(UnsignedTransaction transaction, SwapTerms terms) {
    co_return sign_now(transaction, terms);
}

Result<SignedTransaction> KeyPairSigner::sign_now(const UnsignedTransaction& sent,
                                                  const SwapTerms& terms) const {
    auto message = decode_message(sent.message);
    if (!message) return refuse("message: it cannot be read: " + message.error().detail);
    const std::size_t size = transaction_size(message.value());
    if (size > transaction_size_most)
        return refuse("size: the transaction has " + std::to_string(size) + " bytes, at most " +
                      std::to_string(transaction_size_most));
    const PublicKey& payer = message.value().keys.front();
    if (payer != wallet())
        return refuse("fee_payer: " + payer.to_string() + " pays, not the wallet " + wallet().to_string());
    Transaction transaction = unsigned_transaction(std::move(message).value());
    if (const auto trouble = merge(transaction, sent)) return *trouble;
    if (const auto fits = check_(transaction.message, terms); !fits) return fits.error();

    transaction.signatures.front() = pair_.sign(sent.message);
    // A signature that went wrong inside the machine could give the key away.
    if (!is_signed(transaction)) return reject(Reason::internal, "the signature made does not verify");
    SignedTransaction made;
    made.signature = signature_of(transaction);
    made.bytes = encode_transaction(transaction);
    return made;
}

}  // namespace libexec
