#include "bitmap.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <string_view>

#include "bin_array.hpp"

namespace libexec::meteora_dlmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr std::int32_t reach = 13 * 512;    ///< arrays above zero, and below it
constexpr std::size_t words_each_way = 96;  ///< of the account
constexpr std::size_t words_between = 16;   ///< of the pair

constexpr AccountShape shape{"the bitmap", 8 + 32 + 2 * 8 * words_each_way,
                             "\x50\x6f\x7c\x71\x37\xed\x12\x05"sv};

}  // namespace

PublicKey bitmap_address(const PublicKey& pair) { return address_of("bitmap", pair); }

Bitmap::Bitmap(const State& state) : words_(2 * words_each_way + words_between), active_(state.active) {
    static_assert(64 * (2 * words_each_way + words_between) == 2 * reach);
    std::copy(state.bitmap.begin(), state.bitmap.end(), words_.begin() + words_each_way);
}

Result<Bitmap> Bitmap::read(const PublicKey& pair, const PublicKey& address, const State& state,
                            const AccountStates& accounts) {
    Bitmap bitmap(state);
    const auto found = accounts.find(address);
    // Anybody can send lamports to an address that holds nothing.
    if (found == accounts.end() ||
        (found->second.owner == well_known::system_program && found->second.data.empty()))
        return bitmap;
    const auto account = find_owned(accounts, address, program, shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    if (fields.key(8) != pair) return bad_account(shape.what, address, "it is another pool's");
    bitmap.extended_ = true;
    for (std::size_t i = 0; i < words_each_way; ++i) {
        bitmap.words_[words_each_way + words_between + i] = fields.u64(40 + 8 * i);
        // Below the middle they are counted downwards.
        const std::uint64_t below = fields.u64(40 + 8 * (words_each_way + i));
        std::uint64_t& turned = bitmap.words_[words_each_way - 1 - i];
        for (unsigned bit = 0; bit < 64 && below >> bit != 0; ++bit)
            turned |= (below >> bit & 1) << (63 - bit);
    }
    assert(fields.intact());  // of its shape
    return bitmap;
}

bool Bitmap::find(std::size_t& place, bool down) const {
    const std::size_t first = extended_ ? 0 : words_each_way;
    const std::size_t behind = words_.size() - first;
    std::size_t word = place / 64;
    if (word < first || word >= behind) return false;
    std::uint64_t bits = words_[word];
    bits = down ? bits << (63 - place % 64) : bits >> place % 64;
    while (bits == 0) {
        if (word == (down ? first : behind - 1)) return false;
        word = down ? word - 1 : word + 1;
        place = down ? 64 * word + 63 : 64 * word;
        bits = words_[word];
    }
    const auto empty = static_cast<std::size_t>(down ? std::countl_zero(bits) : std::countr_zero(bits));
    place = down ? place - empty : place + empty;
    return true;
}

std::vector<std::int32_t> Bitmap::on_the_way(bool down) const {
    std::vector<std::int32_t> arrays;
    // Every bin there can be is in an array there can be; so the first place is one.
    const std::int32_t first = array_of(active_) + reach;
    auto place = static_cast<std::size_t>(first);
    while (arrays.size() < arrays_most && find(place, down)) {
        arrays.push_back(static_cast<std::int32_t>(place) - reach);
        if (place == (down ? 0 : 64 * words_.size() - 1)) break;
        place = down ? place - 1 : place + 1;
    }
    return arrays;
}

}  // namespace libexec::meteora_dlmm_pool
