#include "tick_array.hpp"

#include <algorithm>
#include <string_view>

#include "libexec/solana/address.hpp"
#include "state.hpp"
#include "tick_price.hpp"

namespace libexec::orca_whirlpool_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr std::string_view what = "the tick array";
constexpr std::string_view fixed_discriminator = "\x45\x61\xbd\xbe\x6e\x07\x42\xbb"sv;
constexpr std::string_view dynamic_discriminator = "\x11\xd8\xf6\x8e\xe1\xc7\xda\x38"sv;
constexpr std::size_t fixed_bytes = 9988;
constexpr std::size_t dynamic_head_bytes = 60;
constexpr std::size_t tick_bytes = 113;  ///< with the byte that says whether there is one

std::int32_t ticks_of_array(std::uint16_t spacing) { return ticks_in_array * std::int32_t{spacing}; }

bool starts_with(const Bytes& data, std::string_view discriminator) {
    return data.size() >= discriminator.size() &&
           std::equal(discriminator.begin(), discriminator.end(), data.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

struct Read {
    TickArray array;
    PublicKey pool;
    const char* trouble = nullptr;
};

Read read_fixed(const Bytes& data) {
    Read read;
    if (data.size() != fixed_bytes) {
        read.trouble = "it does not have 9988 bytes";
        return read;
    }
    AccountFields fields(data);
    read.array.start = fields.i32(8);
    read.pool = fields.key(9956);
    for (std::size_t i = 0; i < ticks_in_array; ++i) {
        const std::size_t at = 12 + tick_bytes * i;
        const std::uint8_t is_there = fields.u8(at);
        if (is_there > 1) read.trouble = "a tick neither is nor is not";
        if (is_there != 1) continue;
        read.array.initialized |= Wide(1) << i;
        read.array.net[i] = fields.i128(at + 1);
    }
    return read;
}

Read read_dynamic(const Bytes& data) {
    Read read;
    AccountFields fields(data);
    read.array.start = fields.i32(8);
    read.pool = fields.key(12);
    const Wide bitmap = fields.u128(44);
    std::size_t at = dynamic_head_bytes;
    for (std::size_t i = 0; i < ticks_in_array; ++i) {
        const std::uint8_t is_there = fields.u8(at);
        if (is_there > 1) read.trouble = "a tick neither is nor is not";
        if (is_there == 1) {
            read.array.initialized |= Wide(1) << i;
            read.array.net[i] = fields.i128(at + 1);
        }
        at += is_there == 1 ? tick_bytes : 1;
    }
    if (at != data.size()) read.trouble = "its length is not that of its ticks";
    if (bitmap != read.array.initialized) read.trouble = "its bitmap shows other ticks than it has";
    return read;
}

}  // namespace

std::int32_t array_start_of(std::int32_t tick, std::uint16_t spacing) {
    const std::int32_t size = ticks_of_array(spacing);
    return floor_div(tick, size) * size;
}

bool is_array_start(std::int32_t start, std::uint16_t spacing) {
    const std::int32_t size = ticks_of_array(spacing);
    if (start > last_tick) return false;
    // The lowest array reaches below the lowest tick, also when it would not have to.
    if (start < first_tick) return start == first_tick - (first_tick % size + size);
    return start % size == 0;
}

std::vector<std::int32_t> arrays_on_the_way(std::int32_t tick, std::uint16_t spacing, bool a_to_b) {
    const std::int32_t size = ticks_of_array(spacing);
    // Going up, a tick at the end of its array finds nothing more in it.
    std::int32_t start = array_start_of(a_to_b ? tick : tick + spacing, spacing);
    std::vector<std::int32_t> starts;
    for (int i = 0; i < 3; ++i, start += a_to_b ? -size : size) {
        if (is_array_start(start, spacing)) starts.push_back(start);
    }
    return starts;
}

PublicKey array_address(const PublicKey& pool, std::int32_t start) {
    const std::string digits = std::to_string(start);
    const auto derived =
        derive_address({Bytes{'t', 'i', 'c', 'k', '_', 'a', 'r', 'r', 'a', 'y'},
                        Bytes(pool.bytes().begin(), pool.bytes().end()), Bytes(digits.begin(), digits.end())},
                       program);
    return derived ? derived->key : PublicKey();  // of 256 bumps one is off the curve, for all that is known
}

Result<TickArray> read_tick_array(const ArrayPlace& place, const AccountStates& accounts) {
    const PublicKey& address = place.address;
    TickArray none;
    none.start = place.start;
    const auto found = accounts.find(address);
    if (found == accounts.end()) return none;
    // Anybody can send lamports to an address that holds nothing.
    if (found->second.owner == well_known::system_program && found->second.data.empty()) return none;
    const auto owned = find_owned(accounts, address, program, {what});
    if (!owned) return owned.error();
    const AccountState& account = *owned.value();
    const bool fixed = starts_with(account.data, fixed_discriminator);
    if (!fixed && !starts_with(account.data, dynamic_discriminator))
        return bad_account(what, address, "its discriminator is another one's");
    const Read read = fixed ? read_fixed(account.data) : read_dynamic(account.data);
    if (read.trouble != nullptr) return bad_account(what, address, read.trouble);
    if (read.pool != place.pool) return bad_account(what, address, "it is another pool's");
    if (read.array.start != place.start) return bad_account(what, address, "it begins at another tick");
    for (std::int32_t i = 0; i < ticks_in_array; ++i) {
        const std::int32_t tick = place.start + i * std::int32_t{place.spacing};
        if ((read.array.initialized >> i & 1) != 0 && (tick < first_tick || tick > last_tick))
            return bad_account(what, address, "it has liquidity beyond all ticks");
    }
    return read.array;
}

}  // namespace libexec::orca_whirlpool_pool
