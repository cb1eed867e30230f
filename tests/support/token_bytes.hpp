#pragma once

#include <cstdint>
#include <optional>

#include "libexec/solana/account_state.hpp"
#include "libexec/solana/well_known.hpp"

/// Token accounts and mints as the token programs write them, for tests that need some of their own.
namespace libexec::test {

inline void put(Bytes& bytes, std::size_t at, const PublicKey& key) {
    for (std::size_t i = 0; i < key.bytes().size(); ++i) bytes.at(at + i) = key.bytes()[i];
}

inline void put(Bytes& bytes, std::size_t at, std::uint64_t number, std::size_t size_bytes) {
    for (std::size_t i = 0; i < size_bytes; ++i)
        bytes.at(at + i) = static_cast<std::uint8_t>(number >> 8 * i);
}

/// A key that differs for each number.
inline PublicKey key_number(std::uint64_t number) {
    PublicKey::Bytes bytes{};
    for (std::size_t i = 0; i < 8; ++i) bytes[24 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    bytes[0] = 0x7e;
    return PublicKey(bytes);
}

inline AccountState token_account(const PublicKey& mint, const PublicKey& owner, std::uint64_t amount,
                                  const PublicKey& program = well_known::token_program) {
    AccountState account{.owner = program, .lamports = 2'039'280, .data = Bytes(165), .executable = false};
    put(account.data, 0, mint);
    put(account.data, 32, owner);
    put(account.data, 64, amount, 8);
    account.data[108] = 1;
    return account;
}

inline AccountState mint_account(std::uint8_t decimals,
                                 const PublicKey& program = well_known::token_program) {
    AccountState account{.owner = program, .lamports = 1'461'600, .data = Bytes(82), .executable = false};
    put(account.data, 36, 1'000'000'000'000, 8);
    account.data[44] = decimals;
    account.data[45] = 1;
    return account;
}

/// Appends a Token-2022 extension to a mint or a token account.
inline void extend(AccountState& account, std::uint16_t type, const Bytes& value) {
    Bytes& data = account.data;
    const bool is_mint = data.size() == 82 || (data.size() > 165 && data[165] == 1);
    if (data.size() <= 165) {
        data.resize(165);
        data.push_back(is_mint ? 1 : 2);
    }
    data.push_back(static_cast<std::uint8_t>(type & 0xff));
    data.push_back(static_cast<std::uint8_t>(type >> 8));
    data.push_back(static_cast<std::uint8_t>(value.size() & 0xff));
    data.push_back(static_cast<std::uint8_t>(value.size() >> 8));
    data.insert(data.end(), value.begin(), value.end());
}

/// A Token-2022 mint that keeps a share of each transfer: the newer fee from `newer_epoch` on.
struct FeePart {
    std::uint64_t most = UINT64_MAX;
    std::uint16_t points = 0;
};
inline Bytes transfer_fee_config(FeePart older, FeePart newer, std::uint64_t newer_epoch) {
    Bytes config(108);
    put(config, 80, older.most, 8);
    put(config, 88, older.points, 2);
    put(config, 90, newer_epoch, 8);
    put(config, 98, newer.most, 8);
    put(config, 106, newer.points, 2);
    return config;
}

}  // namespace libexec::test
