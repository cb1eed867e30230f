#include "libexec/chain/sim/sim_signer.hpp"

#include "libexec/base/random.hpp"
#include "libexec/model/mint.hpp"

namespace libexec {

std::array<std::uint8_t, 64> sim_signature(const std::uint8_t* message, std::size_t size_bytes) {
    // Two differently started sums over 8-byte words, then spread over the eight words of a signature.
    std::uint64_t a = derive_seed(0, size_bytes);
    std::uint64_t b = ~a;
    for (std::size_t at = 0; at < size_bytes; at += 8) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < 8 && at + i < size_bytes; ++i)
            word |= std::uint64_t{message[at + i]} << (8 * i);
        a = derive_seed(a, word);
        b = Random(b + word).next();
    }
    std::array<std::uint8_t, 64> signature{};
    Random spread(a);
    for (std::size_t i = 0; i < 64; i += 8) {
        std::uint64_t word = spread.next() ^ b;
        for (std::size_t k = 0; k < 8; ++k, word >>= 8)
            signature[i + k] = static_cast<std::uint8_t>(word & 0xff);
        b = Random(b).next();
    }
    return signature;
}

Task<Result<SignedTransaction>> SimSigner::sign(UnsignedTransaction transaction, SwapTerms) {
    const Bytes& message = transaction.message;
    if (message.empty()) co_return reject(Reason::policy_refused, "there is nothing to sign");
    const auto signature = sim_signature(message.data(), message.size());
    SignedTransaction signed_transaction;
    signed_transaction.signature = to_base58(signature.data(), signature.size());
    signed_transaction.bytes.reserve(signature.size() + message.size());
    signed_transaction.bytes.assign(signature.begin(), signature.end());
    signed_transaction.bytes.insert(signed_transaction.bytes.end(), message.begin(), message.end());
    co_return signed_transaction;
}

}  // namespace libexec
