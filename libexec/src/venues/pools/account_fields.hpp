#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"
#include "libexec/venues/pools/pool_layout.hpp"

namespace libexec::pools {

__extension__ using SignedWide = __int128;

/// Little-endian fields of an account's bytes, by their offset. Whatever would lie beyond the end reads as
/// zero and is remembered, so that a decoder asks once, at its end, whether all of it was there.
class AccountFields {
public:
    explicit AccountFields(const Bytes& data) : data_(data) {}

    std::uint8_t u8(std::size_t at) { return static_cast<std::uint8_t>(number(at, 1)); }
    std::uint16_t u16(std::size_t at) { return static_cast<std::uint16_t>(number(at, 2)); }
    std::uint32_t u32(std::size_t at) { return static_cast<std::uint32_t>(number(at, 4)); }
    std::int32_t i32(std::size_t at) { return static_cast<std::int32_t>(u32(at)); }
    std::uint64_t u64(std::size_t at) { return number(at, 8); }
    Wide u128(std::size_t at) {
        const Wide low = u64(at);
        return Wide(u64(at + 8)) << 64 | low;
    }
    SignedWide i128(std::size_t at) { return static_cast<SignedWide>(u128(at)); }
    PublicKey key(std::size_t at);

    /// Whether everything that was read was there.
    bool intact() const { return intact_; }

private:
    bool reaches(std::size_t at, std::size_t size) {
        if (at <= data_.size() && size <= data_.size() - at) return true;
        intact_ = false;
        return false;
    }
    std::uint64_t number(std::size_t at, std::size_t size) {
        if (!reaches(at, size)) return 0;
        std::uint64_t value = 0;
        for (std::size_t i = size; i-- > 0;) value = value << 8 | data_[at + i];
        return value;
    }

    const Bytes& data_;
    bool intact_ = true;
};

/// "the pool 9x…: its status is 9": what every refusal of an account's bytes looks like.
Rejection bad_account(std::string_view what, const PublicKey& key, std::string_view trouble);

/// The account at that address. Errors: bad_account when there is none.
Result<const AccountState*> find_account(const AccountStates& accounts, const PublicKey& key,
                                         std::string_view what);

/// How an account of a program is told from its others.
struct AccountShape {
    std::string_view what;                ///< for people: "the pool"
    std::size_t size_bytes = 0;           ///< 0: the decoder looks itself
    std::string_view discriminator = {};  ///< its first bytes; empty where the program has none
};

/// A pool's own account, told apart as a search tells it.
constexpr AccountShape pool_shape_of(const PoolLayout& layout) {
    return AccountShape{"the pool", layout.size_bytes, layout.discriminator};
}

/// The account at that address, owned by `program` and of that shape. Errors: bad_account.
Result<const AccountState*> find_owned(const AccountStates& accounts, const PublicKey& key,
                                       const PublicKey& program, const AccountShape& shape);

}  // namespace libexec::pools
