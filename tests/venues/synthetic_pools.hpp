#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "libexec/model/money.hpp"
#include "libexec/solana/account_state.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec::test {

__extension__ using SignedWide = __int128;

/// A key that stands for nothing; a higher number is a higher key.
PublicKey key_numbered(std::uint64_t number);

/// Writes little-endian fields into bytes that are zero elsewhere.
class AccountWriter {
public:
    explicit AccountWriter(std::size_t size) : bytes_(size) {}

    AccountWriter& number(std::size_t at, std::uint64_t value, std::size_t size);
    AccountWriter& wide(std::size_t at, Wide value);
    AccountWriter& key(std::size_t at, const PublicKey& key);
    AccountWriter& raw(std::size_t at, std::initializer_list<int> bytes);
    AccountState owned_by(const PublicKey& program) const { return {program, 1, bytes_, false}; }

private:
    Bytes bytes_;
};

/// One side of a pool: its mint, its vault and what is in it.
struct SyntheticToken {
    PublicKey mint;
    PublicKey vault;
    PublicKey program = well_known::token_program;
    std::uint64_t held = 0;
    std::uint64_t owed = 0;  ///< of it, fees and profits that are not the pool's
    std::uint8_t decimals = 6;
    std::uint16_t fee_points = 0;  ///< of Token-2022; 0: no extension
    std::uint64_t fee_most = 0;
    std::optional<PublicKey> hook;  ///< of Token-2022, a program
    bool starts_frozen = false;     ///< the same
    bool vault_frozen = false;

    void encode(const PublicKey& vault_owner, AccountStates& accounts) const;
};

struct SyntheticPool {
    PublicKey address = key_numbered(1);
    std::array<SyntheticToken, 2> tokens;

    SyntheticPool();
    const PublicKey& mint(int side) const { return tokens[static_cast<std::size_t>(side)].mint; }
};

/// A pool of Raydium CPMM.
struct SyntheticCpmm : SyntheticPool {
    std::uint64_t trade_rate = 2'500;
    std::uint64_t creator_rate = 0;
    bool has_creator_fee = false;
    std::uint8_t creator_fee_on = 0;
    std::uint8_t status = 0;
    std::uint64_t open_time = 0;
    PublicKey config = key_numbered(2);

    AccountStates encode() const;
};

/// A pool of Raydium AMM v4.
struct SyntheticAmm : SyntheticPool {
    std::uint64_t status = 6;
    std::uint64_t fee_numerator = 25;
    std::uint64_t fee_denominator = 10'000;
    std::uint64_t open_time = 0;

    AccountStates encode() const;
};

/// The oracle of an adaptive fee.
struct SyntheticOracle {
    std::uint64_t opens_at = 0;
    std::uint16_t filter = 30;
    std::uint16_t decay = 600;
    std::uint16_t reduction = 500;
    std::uint32_t control = 4'000;
    std::uint32_t volatility_most = 350'000;
    std::uint16_t group = 64;
    std::uint64_t updated_at = 0;
    std::uint64_t major_at = 0;
    std::uint32_t reference = 0;
    std::int32_t group_reference = 0;
    std::uint32_t volatility = 0;
};

/// A Whirlpool with the ticks around its price.
struct SyntheticWhirlpool : SyntheticPool {
    std::uint16_t spacing = 64;
    std::uint16_t fee_rate = 3'000;
    Wide liquidity = 0;
    Wide price = Wide(1) << 64;
    std::int32_t tick = 0;
    std::map<std::int32_t, SignedWide> ticks;  ///< what the liquidity gains when the price rises over each
    bool dynamic_arrays = false;
    std::optional<SyntheticOracle> oracle;

    AccountStates encode() const;
    /// The start of the array a tick is in.
    std::int32_t array_start(std::int32_t of_tick) const;
};

}  // namespace libexec::test
