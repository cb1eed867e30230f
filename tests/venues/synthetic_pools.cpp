#include "synthetic_pools.hpp"

#include <string>

#include "libexec/solana/address.hpp"

namespace libexec::test {
namespace {

constexpr PublicKey cpmm_program = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey cpmm_authority = "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL"_key;
constexpr PublicKey amm_program = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
constexpr PublicKey amm_authority = "5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1"_key;
constexpr PublicKey orca_program = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

Bytes bytes_of(const PublicKey& key) { return Bytes(key.bytes().begin(), key.bytes().end()); }

/// The type and length of an extension of Token-2022, at `at`.
void extension(AccountWriter& out, std::size_t at, std::uint16_t type, std::uint16_t size) {
    out.number(at, type, 2).number(at + 2, size, 2);
}

AccountState encode_mint(const SyntheticToken& token) {
    constexpr std::size_t base = 166;  // as long as a token account, then the type
    const bool fee = token.fee_points != 0;
    const std::size_t fee_size = fee ? 4 + 108 : 0;
    const std::size_t hook_size = token.hook ? 4 + 64 : 0;
    const std::size_t frozen_size = token.starts_frozen ? 4 + 1 : 0;
    const bool plain = fee_size + hook_size + frozen_size == 0;
    AccountWriter out(plain ? 82 : base + fee_size + hook_size + frozen_size);
    out.number(36, ~std::uint64_t{0}, 8).number(44, token.decimals, 1).number(45, 1, 1);
    if (!plain) out.number(165, 1, 1);
    std::size_t at = base;
    if (fee) {
        extension(out, at, 1, 108);
        for (const std::size_t entry : {at + 4 + 72, at + 4 + 90})
            out.number(entry + 8, token.fee_most, 8).number(entry + 16, token.fee_points, 2);
        at += fee_size;
    }
    if (token.hook) {
        extension(out, at, 14, 64);
        out.key(at + 4 + 32, *token.hook);
        at += hook_size;
    }
    if (token.starts_frozen) {
        extension(out, at, 6, 1);
        out.number(at + 4, 2, 1);
    }
    return out.owned_by(token.program);
}

void put_array_head(AccountWriter& out, std::initializer_list<int> discriminator, std::int32_t start) {
    out.raw(0, discriminator).number(8, static_cast<std::uint32_t>(start), 4);
}

}  // namespace

PublicKey key_numbered(std::uint64_t number) {
    PublicKey::Bytes bytes{};
    bytes[0] = 0x80;
    for (std::size_t i = 0; i < 8; ++i) bytes[8 - i] = static_cast<std::uint8_t>(number >> 8 * i);
    return PublicKey(bytes);
}

AccountWriter& AccountWriter::number(std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes_.at(at + i) = static_cast<std::uint8_t>(value >> 8 * i);
    return *this;
}

AccountWriter& AccountWriter::wide(std::size_t at, Wide value) {
    return number(at, static_cast<std::uint64_t>(value), 8)
        .number(at + 8, static_cast<std::uint64_t>(value >> 64), 8);
}

AccountWriter& AccountWriter::key(std::size_t at, const PublicKey& key) {
    for (const std::uint8_t byte : key.bytes()) bytes_.at(at++) = byte;
    return *this;
}

AccountWriter& AccountWriter::raw(std::size_t at, std::initializer_list<int> bytes) {
    for (const int byte : bytes) bytes_.at(at++) = static_cast<std::uint8_t>(byte);
    return *this;
}

void SyntheticToken::encode(const PublicKey& vault_owner, AccountStates& accounts) const {
    accounts[mint] = encode_mint(*this);
    AccountWriter out(165);
    out.key(0, mint).key(32, vault_owner).number(64, held, 8).number(108, vault_frozen ? 2 : 1, 1);
    accounts[vault] = out.owned_by(program);
}

SyntheticPool::SyntheticPool() {
    for (std::size_t i = 0; i < 2; ++i) {
        tokens[i].mint = key_numbered(10 + i);
        tokens[i].vault = key_numbered(20 + i);
    }
}

AccountStates SyntheticCpmm::encode() const {
    AccountStates accounts;
    AccountWriter out(637);
    out.raw(0, {0xf7, 0xed, 0xe3, 0xf5, 0xd7, 0xc3, 0xde, 0x46}).key(8, config).key(296, key_numbered(3));
    for (std::size_t i = 0; i < 2; ++i) {
        const SyntheticToken& token = tokens[i];
        token.encode(cpmm_authority, accounts);
        out.key(72 + 32 * i, token.vault).key(168 + 32 * i, token.mint).key(232 + 32 * i, token.program);
        out.number(331 + i, token.decimals, 1);
        // Anywhere among the three that are owed to.
        const std::uint64_t part = token.owed / 3;
        out.number(341 + 8 * i, part, 8).number(357 + 8 * i, part, 8);
        out.number(397 + 8 * i, token.owed - 2 * part, 8);
    }
    out.number(329, status, 1).number(373, open_time, 8);
    out.number(389, creator_fee_on, 1).number(390, has_creator_fee ? 1 : 0, 1);
    accounts[address] = out.owned_by(cpmm_program);
    AccountWriter settings(236);
    settings.raw(0, {0xda, 0xf4, 0x21, 0x68, 0xcb, 0xcb, 0x2b, 0x6f});
    settings.number(12, trade_rate, 8).number(108, creator_rate, 8);
    accounts[config] = settings.owned_by(cpmm_program);
    return accounts;
}

AccountStates SyntheticAmm::encode() const {
    AccountStates accounts;
    AccountWriter out(752);
    out.number(0, status, 8).number(8, 254, 8).number(224, open_time, 8);
    out.number(176, fee_numerator, 8).number(184, fee_denominator, 8);
    for (std::size_t i = 0; i < 2; ++i) {
        const SyntheticToken& token = tokens[i];
        token.encode(amm_authority, accounts);
        out.number(32 + 8 * i, token.decimals, 8).number(192 + 8 * i, token.owed, 8);
        out.key(336 + 32 * i, token.vault).key(400 + 32 * i, token.mint);
    }
    out.key(496, key_numbered(4)).key(528, key_numbered(5)).key(560, key_numbered(6));
    accounts[address] = out.owned_by(amm_program);
    return accounts;
}

std::int32_t SyntheticWhirlpool::array_start(std::int32_t of_tick) const {
    const std::int32_t size = 88 * std::int32_t{spacing};
    std::int32_t start = of_tick / size * size;
    if (start > of_tick) start -= size;
    return start;
}

AccountStates SyntheticWhirlpool::encode() const {
    AccountStates accounts;
    AccountWriter out(653);
    out.raw(0, {0x3f, 0x95, 0xd1, 0x0c, 0xe1, 0x80, 0x63, 0x09});
    out.number(41, spacing, 2).number(43, oracle ? 1'025 : spacing, 2).number(45, fee_rate, 2);
    out.wide(49, liquidity).wide(65, price).number(81, static_cast<std::uint32_t>(tick), 4);
    for (std::size_t i = 0; i < 2; ++i) {
        tokens[i].encode(address, accounts);
        out.key(101 + 80 * i, tokens[i].mint).key(133 + 80 * i, tokens[i].vault);
    }
    accounts[address] = out.owned_by(orca_program);

    std::map<std::int32_t, std::map<std::int32_t, SignedWide>> arrays;
    for (const auto& [at, net] : ticks) arrays[array_start(at)][at] = net;
    for (const auto& [start, held] : arrays) {
        const auto place = derive_address(
            {bytes_of("tick_array"), bytes_of(address), bytes_of(std::to_string(start))}, orca_program);
        if (dynamic_arrays) {
            AccountWriter array(148 + 112 * held.size());
            put_array_head(array, {0x11, 0xd8, 0xf6, 0x8e, 0xe1, 0xc7, 0xda, 0x38}, start);
            array.key(12, address);
            Wide bitmap = 0;
            std::size_t offset = 60;
            for (std::int32_t i = 0; i < 88; ++i) {
                const auto found = held.find(start + i * spacing);
                if (found != held.end()) {
                    bitmap |= Wide(1) << i;
                    array.number(offset, 1, 1).wide(offset + 1, static_cast<Wide>(found->second));
                    offset += 112;
                }
                ++offset;
            }
            array.wide(44, bitmap);
            accounts[place->key] = array.owned_by(orca_program);
        } else {
            AccountWriter array(9'988);
            put_array_head(array, {0x45, 0x61, 0xbd, 0xbe, 0x6e, 0x07, 0x42, 0xbb}, start);
            array.key(9'956, address);
            for (const auto& [at, net] : held) {
                const auto offset = static_cast<std::size_t>(12 + 113 * ((at - start) / spacing));
                array.number(offset, 1, 1).wide(offset + 1, static_cast<Wide>(net));
            }
            accounts[place->key] = array.owned_by(orca_program);
        }
    }
    if (oracle) {
        AccountWriter seen(254);
        seen.raw(0, {0x8b, 0xc2, 0x83, 0xb3, 0x8c, 0xb3, 0xe5, 0xf4}).key(8, address);
        seen.number(40, oracle->opens_at, 8).number(48, oracle->filter, 2).number(50, oracle->decay, 2);
        seen.number(52, oracle->reduction, 2).number(54, oracle->control, 4);
        seen.number(58, oracle->volatility_most, 4).number(62, oracle->group, 2).number(64, 64, 2);
        seen.number(82, oracle->updated_at, 8).number(90, oracle->major_at, 8);
        seen.number(98, oracle->reference, 4);
        seen.number(102, static_cast<std::uint32_t>(oracle->group_reference), 4);
        seen.number(106, oracle->volatility, 4);
        const auto place = derive_address({bytes_of("oracle"), bytes_of(address)}, orca_program);
        accounts[place->key] = seen.owned_by(orca_program);
    }
    return accounts;
}

}  // namespace libexec::test
