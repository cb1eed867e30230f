#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libexec {

/// Base58 in Bitcoin's alphabet, as Solana prints keys and signatures.
std::string to_base58(const std::uint8_t* data, std::size_t size_bytes);
/// The bytes `text` spells, or nothing when a character is foreign or the text is above `length_most`
/// characters: the time it takes grows with the square of the length.
std::optional<std::vector<std::uint8_t>> from_base58(std::string_view text, std::size_t length_most = 128);

/// The address of a token's mint account.
/// Shape:  32 bytes, ordered as bytes.
/// Errors: `parse` takes base58 of exactly 32 bytes.
class Mint {
public:
    /// As the chain stores them.
    using Bytes = std::array<std::uint8_t, 32>;

    constexpr Mint() = default;
    /// The mint at this address.
    explicit constexpr Mint(const Bytes& bytes) : bytes_(bytes) {}
    /// The mint that `base58` spells, or nothing.
    static std::optional<Mint> parse(std::string_view base58);

    /// The address.
    constexpr const Bytes& bytes() const { return bytes_; }
    /// The address in base58.
    std::string to_string() const { return to_base58(bytes_.data(), bytes_.size()); }

    friend constexpr auto operator<=>(const Mint&, const Mint&) = default;

private:
    Bytes bytes_{};
};

}  // namespace libexec
