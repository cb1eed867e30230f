#include "array_map.hpp"

#include <string_view>

#include "libexec/solana/address.hpp"
#include "tick_array.hpp"

namespace libexec::raydium_clmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr AccountShape extension_shape{"the bitmap extension", 1832, "\x3c\x96\x24\xdb\x61\x80\x8b\x99"sv};
/// The arrays -512 to 511 are in the bitmap of the pool, and 14 times 512 on either side in the extension.
constexpr std::int32_t near_reach = 512;
constexpr std::int32_t words = 14 * 8;
constexpr std::int32_t lowest = -near_reach - 64 * words;

}  // namespace

std::int32_t array_start_of(std::int32_t tick, std::uint16_t spacing) {
    const std::int32_t size = ticks_in_array * std::int32_t{spacing};
    return floor_div(tick, size) * size;
}

PublicKey extension_address(const PublicKey& pool) {
    constexpr std::string_view seed = "pool_tick_array_bitmap_extension";
    const auto derived = derive_address(
        {Bytes(seed.begin(), seed.end()), Bytes(pool.bytes().begin(), pool.bytes().end())}, program);
    return derived ? derived->key : PublicKey();  // of 256 bumps one is off the curve, for all that is known
}

Result<ArrayMap> ArrayMap::read(const PublicKey& pool, const State& state, const AccountStates& accounts) {
    ArrayMap map;
    map.near_ = state.arrays;
    map.spacing_ = state.spacing;
    const PublicKey address = extension_address(pool);
    const auto found = accounts.find(address);
    // Anybody can send lamports to an address that holds nothing.
    const bool none = found == accounts.end() ||
                      (found->second.owner == well_known::system_program && found->second.data.empty());
    if (!none) {
        const auto account = find_owned(accounts, address, program, extension_shape);
        if (!account) return account.error();
        AccountFields fields(account.value()->data);
        if (fields.key(8) != pool)
            return bad_account("the bitmap extension", address, "it is another pool's");
        for (std::size_t i = 0; i < words; ++i) map.above_.push_back(fields.u64(40 + 8 * i));
        // The bitmaps below zero are kept from the nearest one down, each of them upwards.
        for (std::size_t bitmap = 14; bitmap-- > 0;) {
            for (std::size_t i = 0; i < 8; ++i)
                map.below_.push_back(fields.u64(40 + 64 * (14 + bitmap) + 8 * i));
        }
        map.has_extension_ = true;
    }
    const std::int32_t size = ticks_in_array * std::int32_t{state.spacing};
    const std::int32_t first = floor_div(first_tick, size);
    const std::int32_t last = floor_div(last_tick, size);
    const bool beyond = map.next(first - 1, true) || map.next(last + 1, false);
    if (beyond) return bad_account("the pool", pool, "its bitmap shows ticks beyond all ticks");
    return map;
}

bool ArrayMap::reaches(std::int32_t array) const {
    const std::int32_t reach = has_extension_ ? -lowest : near_reach;
    return array >= -reach && array < reach;
}

std::uint64_t ArrayMap::word_of(std::int32_t array) const {
    if (array < -near_reach) return below_[static_cast<std::size_t>(array - lowest) / 64];
    if (array >= near_reach) return above_[static_cast<std::size_t>(array - near_reach) / 64];
    return near_[static_cast<std::size_t>(array + near_reach) / 64];
}

std::optional<std::int32_t> ArrayMap::next(std::int32_t array, bool a_to_b) const {
    while (reaches(array)) {
        const std::int32_t bit = floor_div(array, 64);
        const std::int32_t place = array - bit * 64;
        const std::uint64_t word = word_of(array);
        if ((word >> place & 1) != 0) return array;
        const bool rest_is_empty = a_to_b ? word << (63 - place) == 0 : word >> place == 0;
        if (a_to_b) array = rest_is_empty ? bit * 64 - 1 : array - 1;
        if (!a_to_b) array = rest_is_empty ? (bit + 1) * 64 : array + 1;
    }
    return std::nullopt;
}

ArrayMap::Way ArrayMap::way(std::int32_t tick, bool a_to_b) const {
    const std::int32_t size = ticks_in_array * std::int32_t{spacing_};
    const std::int32_t here = floor_div(tick, size);
    Way way;
    // Beyond the reach of the bitmaps the program cannot tell where it is.
    if (!reaches(here)) return way;
    std::optional<std::int32_t> array = next(here, a_to_b);
    way.begins_at_tick = array == here;
    while (array && way.starts.size() < arrays_most) {
        way.starts.push_back(*array * size);
        array = next(*array + (a_to_b ? -1 : 1), a_to_b);
    }
    return way;
}

}  // namespace libexec::raydium_clmm_pool
