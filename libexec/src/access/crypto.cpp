#include "crypto.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace libexec::crypto {
namespace {

/// Once for the process; drawing random bytes needs it.
void ensure_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) throw std::runtime_error("libsodium cannot start on this machine");
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Bytes sha256(std::string_view text) {
    static_assert(crypto_hash_sha256_BYTES == std::tuple_size_v<Bytes>);
    ensure_sodium();
    Bytes digest{};
    crypto_hash_sha256(digest.data(), bytes_of(text), text.size());
    return digest;
}

Bytes random_bytes() {
    ensure_sodium();
    Bytes bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

bool equal(const Bytes& a, const Bytes& b) { return sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string to_hex(const std::uint8_t* bytes, std::size_t size) {
    std::vector<char> text(size * 2 + 1);
    sodium_bin2hex(text.data(), text.size(), bytes, size);
    return std::string(text.data());
}

std::optional<Bytes> from_hex(std::string_view text) {
    Bytes bytes{};
    if (text.size() != bytes.size() * 2 ||
        text.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return std::nullopt;
    }
    if (sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, nullptr, nullptr) != 0)
        return std::nullopt;
    return bytes;
}

std::string to_base64(const std::uint8_t* bytes, std::size_t size) {
    std::vector<char> text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL));
    sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return std::string(text.data());
}

bool from_base64(std::string_view text, std::uint8_t* bytes, std::size_t size) {
    // libsodium 1.0.18 takes bytes above 127 for letters.
    if (std::ranges::any_of(text,
                            [](char letter) { return (static_cast<unsigned char>(letter) & 0x80) != 0; }))
        return false;
    std::size_t written = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(bytes, size, text.data(), text.size(), nullptr, &written, &end,
                                         sodium_base64_VARIANT_ORIGINAL);
    return failed == 0 && written == size && end == text.data() + text.size();
}

KeyPair key_pair(const Bytes& seed) {
    ensure_sodium();
    KeyPair pair;
    crypto_sign_seed_keypair(pair.public_key.data(), pair.secret_key.data(), seed.data());
    return pair;
}

Signature sign(std::string_view message, const KeyPair& pair) {
    Signature signature{};
    crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(),
                         pair.secret_key.data());
    return signature;
}

bool verify(std::string_view message, const Signature& signature, const Bytes& public_key) {
    ensure_sodium();
    return crypto_sign_verify_detached(signature.data(), bytes_of(message), message.size(),
                                       public_key.data()) == 0;
}

}  // namespace libexec::crypto
