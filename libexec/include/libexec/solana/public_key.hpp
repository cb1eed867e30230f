#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/model/mint.hpp"

namespace libexec {

/// The address of anything on the chain: a wallet, a program, a pool.
/// Shape:  32 bytes, ordered as bytes.
/// Errors: `parse` takes base58 of exactly 32 bytes.
class PublicKey {
public:
    /// As the chain stores them.
    using Bytes = std::array<std::uint8_t, 32>;

    constexpr PublicKey() = default;
    /// The key of these bytes.
    explicit constexpr PublicKey(const Bytes& bytes) : bytes_(bytes) {}
    /// The address of a mint.
    explicit constexpr PublicKey(const Mint& mint) : bytes_(mint.bytes()) {}
    /// The key that `base58` spells, or nothing.
    static std::optional<PublicKey> parse(std::string_view base58);

    /// The key.
    constexpr const Bytes& bytes() const { return bytes_; }
    /// The key as a token's mint.
    constexpr Mint mint() const { return Mint(bytes_); }
    /// The key in base58.
    std::string to_string() const { return to_base58(bytes_.data(), bytes_.size()); }

    friend constexpr auto operator<=>(const PublicKey&, const PublicKey&) = default;

private:
    Bytes bytes_{};
};

}  // namespace libexec
