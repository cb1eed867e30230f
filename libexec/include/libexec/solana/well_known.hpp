#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libexec/solana/public_key.hpp"

namespace libexec {

/// The key that `base58` spells, worked out by the compiler; what does not spell one does not compile.
consteval PublicKey operator""_key(const char* base58, std::size_t length) {
    constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    PublicKey::Bytes bytes{};
    std::size_t zeros = 0;
    while (zeros < length && base58[zeros] == alphabet.front()) ++zeros;
    for (std::size_t i = 0; i < length; ++i) {
        const std::size_t digit = alphabet.find(base58[i]);
        if (digit == std::string_view::npos) throw "a letter that is not of base58";
        std::uint32_t carry = static_cast<std::uint32_t>(digit);
        for (std::size_t at = bytes.size(); at-- > 0;) {
            carry += 58u * bytes[at];
            bytes[at] = static_cast<std::uint8_t>(carry & 0xff);
            carry >>= 8;
        }
        if (carry != 0) throw "more than 32 bytes";
    }
    // As many leading zeros as ones in the text, or it is the spelling of fewer or more than 32 bytes.
    for (std::size_t at = 0; at < zeros; ++at) {
        if (at >= bytes.size() || bytes[at] != 0) throw "not 32 bytes";
    }
    if (zeros < bytes.size() && bytes[zeros] == 0) throw "less than 32 bytes";
    return PublicKey(bytes);
}

/// Programs, mints and sysvars that are the same on every cluster.
namespace well_known {

/// Makes accounts and moves lamports.
inline constexpr PublicKey system_program = "11111111111111111111111111111111"_key;
/// SPL Token.
inline constexpr PublicKey token_program = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"_key;
/// Token-2022.
inline constexpr PublicKey token_2022_program = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"_key;
/// Makes the token accounts of wallets.
inline constexpr PublicKey associated_token_program = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"_key;
/// Takes limits and the price of compute.
inline constexpr PublicKey compute_budget_program = "ComputeBudget111111111111111111111111111111"_key;
/// Writes words into the log.
inline constexpr PublicKey memo_program = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"_key;
/// Keeps lookup tables.
inline constexpr PublicKey lookup_table_program = "AddressLookupTab1e1111111111111111111111111"_key;
/// The instructions of the transaction that runs.
inline constexpr PublicKey instructions_sysvar = "Sysvar1nstructions1111111111111111111111111"_key;
/// The clock that programs read.
inline constexpr PublicKey clock_sysvar = "SysvarC1ock11111111111111111111111111111111"_key;
/// SOL as a token.
inline constexpr PublicKey wrapped_sol = "So11111111111111111111111111111111111111112"_key;

}  // namespace well_known
}  // namespace libexec
