#include "libexec/solana/key_pair.hpp"

#include <sodium.h>

#include "locked_memory.hpp"
#include "sodium_start.hpp"

namespace libexec {

static_assert(crypto_sign_SEEDBYTES == 32 && crypto_sign_BYTES == std::tuple_size_v<Signature>);

void KeyPair::Wipe::operator()(std::uint8_t* secret) const { FreeLocked()(secret); }

KeyPair KeyPair::from_seed(std::span<const std::uint8_t, 32> seed) {
    LockedBytes secret = lock_memory(crypto_sign_SECRETKEYBYTES);
    PublicKey::Bytes public_key{};
    crypto_sign_seed_keypair(public_key.data(), secret.get(), seed.data());
    sodium_mprotect_readonly(secret.get());
    return KeyPair(PublicKey(public_key), Secret(secret.release()));
}

Signature KeyPair::sign(std::span<const std::uint8_t> message) const {
    Signature signature{};
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.get());
    return signature;
}

bool is_signed_by(const PublicKey& signer, std::span<const std::uint8_t> message,
                  const Signature& signature) {
    start_sodium();
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                       signer.bytes().data()) == 0;
}

}  // namespace libexec
