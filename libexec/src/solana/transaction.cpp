#include "libexec/solana/transaction.hpp"

#include <algorithm>

#include "wire.hpp"

namespace libexec {

Transaction unsigned_transaction(Message message) {
    Transaction transaction;
    transaction.signatures.resize(message.signers);
    transaction.message = std::move(message);
    return transaction;
}

Result<Transaction> sign_transaction(Message message, std::span<const KeyPair* const> pairs) {
    Transaction transaction = unsigned_transaction(std::move(message));
    const auto& keys = transaction.message.keys;
    const auto signers_end = keys.begin() + static_cast<std::ptrdiff_t>(transaction.signatures.size());
    const Bytes bytes = encode_message(transaction.message);
    std::vector<bool> done(transaction.signatures.size());
    for (const KeyPair* pair : pairs) {
        const auto signer = std::find(keys.begin(), signers_end, pair->public_key());
        if (signer == signers_end)
            return reject(Reason::invalid_parameter, pair->public_key().to_string() + " does not sign this");
        const auto at = static_cast<std::size_t>(signer - keys.begin());
        transaction.signatures[at] = pair->sign(bytes);
        done[at] = true;
    }
    const auto missing = std::find(done.begin(), done.end(), false);
    if (missing != done.end())
        return reject(
            Reason::invalid_parameter,
            keys[static_cast<std::size_t>(missing - done.begin())].to_string() + " has to sign too");
    return transaction;
}

Bytes encode_transaction(const Transaction& transaction) {
    Bytes bytes;
    append_length(bytes, transaction.signatures.size());
    for (const Signature& signature : transaction.signatures)
        bytes.insert(bytes.end(), signature.begin(), signature.end());
    const Bytes message = encode_message(transaction.message);
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

Result<Transaction> decode_transaction(std::span<const std::uint8_t> bytes) {
    WireReader reader(bytes);
    Transaction transaction;
    const std::size_t count = reader.length("the signatures");
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        Signature signature{};
        const auto found = reader.bytes(signature.size(), "a signature");
        std::copy(found.begin(), found.end(), signature.begin());
        transaction.signatures.push_back(signature);
    }
    if (reader.failed()) return reader.error();
    auto message = decode_message(reader.rest());
    if (!message) return message.error();
    transaction.message = std::move(message).value();
    if (transaction.message.signers != count)
        return reject(Reason::invalid_body, std::to_string(transaction.message.signers) +
                                                " sign, and there are " + std::to_string(count) +
                                                " signatures");
    return transaction;
}

bool is_signed(const Transaction& transaction) {
    const Message& message = transaction.message;
    const std::size_t count = transaction.signatures.size();
    if (count == 0 || count != message.signers || count > message.keys.size()) return false;
    const Bytes bytes = encode_message(message);
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_signed_by(message.keys[i], bytes, transaction.signatures[i])) return false;
    }
    return true;
}

std::string signature_of(const Transaction& transaction) {
    const Signature& first = transaction.signatures.at(0);
    return to_base58(first.data(), first.size());
}

}  // namespace libexec
