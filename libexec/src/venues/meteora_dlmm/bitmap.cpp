#include "bitmap.hpp"

#include <cassert>
#include <string_view>

#include "bin_array.hpp"

namespace libexec::meteora_dlmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr std::int32_t middle = 512;        ///< arrays above zero, and below it
constexpr std::int32_t reach = 13 * 512;    ///< the same with the account
constexpr std::size_t words_each_way = 96;  ///< of the account

constexpr AccountShape shape{"the bitmap", 8 + 32 + 2 * 8 * words_each_way,
                             "\x50\x6f\x7c\x71\x37\xed\x12\x05"sv};

bool bit(std::uint64_t word, std::size_t at) { return (word >> at % 64 & 1) != 0; }

}  // namespace

PublicKey bitmap_address(const PublicKey& pair) { return address_of("bitmap", pair); }

Result<Bitmap> Bitmap::read(const PublicKey& pair, const State& state, const AccountStates& accounts) {
    Bitmap bitmap(state);
    const PublicKey address = bitmap_address(pair);
    const auto found = accounts.find(address);
    // Anybody can send lamports to an address that holds nothing.
    if (found == accounts.end() ||
        (found->second.owner == well_known::system_program && found->second.data.empty()))
        return bitmap;
    const auto account = find_owned(accounts, address, program, shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    if (fields.key(8) != pair) return bad_account(shape.what, address, "it is another pool's");
    for (std::size_t i = 0; i < 2 * words_each_way; ++i) bitmap.outside_.push_back(fields.u64(40 + 8 * i));
    assert(fields.intact());  // of its shape
    return bitmap;
}

std::optional<bool> Bitmap::holds(std::int32_t array) const {
    if (array >= -middle && array < middle) {
        const auto at = static_cast<std::size_t>(array + middle);
        return bit(middle_[at / 64], at);
    }
    if (outside_.empty() || array < -reach || array >= reach) return std::nullopt;
    const auto at = static_cast<std::size_t>(array < 0 ? -1 - array - middle : array - middle);
    return bit(outside_[(array < 0 ? words_each_way : 0) + at / 64], at);
}

std::vector<std::int32_t> Bitmap::on_the_way(bool down) const {
    std::vector<std::int32_t> arrays;
    for (std::int32_t array = array_of(active_); arrays.size() < arrays_most; array += down ? -1 : 1) {
        const auto held = holds(array);
        if (!held) break;
        if (*held) arrays.push_back(array);
    }
    return arrays;
}

}  // namespace libexec::meteora_dlmm_pool
