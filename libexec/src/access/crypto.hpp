#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/access/api_key.hpp"

/// What the room asks of libsodium.
namespace libexec::crypto {

using Bytes = ApiKey::Bytes;
using Signature = std::array<std::uint8_t, 64>;

struct KeyPair {
    Bytes public_key{};
    std::array<std::uint8_t, 64> secret_key{};
};

Bytes sha256(std::string_view text);
Bytes random_bytes();
/// Takes as long whatever is in them.
bool equal(const Bytes& a, const Bytes& b);

std::string to_hex(const std::uint8_t* bytes, std::size_t size);
/// 64 digits in lower case, and nothing else.
std::optional<Bytes> from_hex(std::string_view text);
std::string to_base64(const std::uint8_t* bytes, std::size_t size);
/// With its padding, and of exactly that many bytes.
bool from_base64(std::string_view text, std::uint8_t* bytes, std::size_t size);

KeyPair key_pair(const Bytes& seed);
Signature sign(std::string_view message, const KeyPair& pair);
bool verify(std::string_view message, const Signature& signature, const Bytes& public_key);

}  // namespace libexec::crypto
