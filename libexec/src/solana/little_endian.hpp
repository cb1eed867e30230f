#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libexec/model/attempt.hpp"
#include "libexec/solana/public_key.hpp"

/// Numbers as the chain stores them, low byte first.
namespace libexec::little_endian {

/// The caller has looked at the size: `data` reaches beyond `at` by at least the number.
template <std::unsigned_integral Number>
constexpr Number read(std::span<const std::uint8_t> data, std::size_t at) {
    const auto bytes = data.subspan(at, sizeof(Number));
    std::uint64_t number = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;) number = number << 8 | bytes[i];
    return static_cast<Number>(number);
}

template <std::unsigned_integral Number>
void append(Bytes& bytes, Number number) {
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xff));
}

inline PublicKey read_key(std::span<const std::uint8_t> data, std::size_t at) {
    PublicKey::Bytes bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = data[at + i];
    return PublicKey(bytes);
}

inline void append(Bytes& bytes, const PublicKey& key) {
    bytes.insert(bytes.end(), key.bytes().begin(), key.bytes().end());
}

}  // namespace libexec::little_endian
