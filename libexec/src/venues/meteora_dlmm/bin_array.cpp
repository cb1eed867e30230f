#include "bin_array.hpp"

#include <cassert>
#include <string_view>

#include "libexec/solana/address.hpp"
#include "bin_price.hpp"

namespace libexec::meteora_dlmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr std::size_t head_size = 56;
constexpr std::size_t bin_size = 144;
constexpr AccountShape shape{"the bin array", head_size + bin_size* bins_in_array,
                             "\x5c\x8e\x5c\xdc\x05\x94\x46\xb5"sv};

/// The bin whose bytes begin at `at`.
Bin read_bin(AccountFields& fields, std::size_t at, bool has_orders) {
    Bin bin;
    bin.price = fields.u128(at + 16);
    bin.layers[0][0] = fields.u64(at);
    bin.layers[1][0] = fields.u64(at + 8);
    if (!has_orders) return bin;
    // Orders stand on one side alone: those that ask are paid in X, those that bid in Y.
    const bool asks = fields.u8(at + 140) != 0;
    auto& orders = bin.layers[asks ? 0 : 1];
    orders[1] = fields.u64(at + 128);
    orders[2] = fields.u64(at + 112);
    return bin;
}

}  // namespace

std::int32_t array_of(std::int32_t bin) { return bin / bins_in_array - (bin % bins_in_array < 0 ? 1 : 0); }

PublicKey array_address(const PublicKey& pair, std::int32_t index) {
    constexpr auto word = "bin_array"sv;
    auto place = static_cast<std::uint64_t>(std::int64_t{index});
    Bytes number;
    for (int i = 0; i < 8; ++i, place >>= 8) number.push_back(static_cast<std::uint8_t>(place));
    const auto derived = derive_address(
        {Bytes(word.begin(), word.end()), Bytes(pair.bytes().begin(), pair.bytes().end()), number}, program);
    return derived ? derived->key : PublicKey();
}

Result<std::optional<BinArray>> read_bin_array(const ArrayPlace& place, const State& state,
                                               const AccountStates& accounts) {
    if (!accounts.contains(place.address)) return std::optional<BinArray>();
    const auto account = find_owned(accounts, place.address, program, shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    if (fields.u64(8) != static_cast<std::uint64_t>(std::int64_t{place.index}))
        return bad_account(shape.what, place.address, "it is of other bins");
    if (fields.key(24) != place.pair) return bad_account(shape.what, place.address, "it is another pool's");

    BinArray array;
    array.index = place.index;
    for (std::int32_t i = 0; i < bins_in_array; ++i) {
        const auto offset = static_cast<std::size_t>(i);
        Bin bin = read_bin(fields, head_size + bin_size * offset, state.has_orders);
        if (!bin.pays(false) && !bin.pays(true)) continue;
        // A bin gets its price written with the first liquidity, and the program trades at what is written.
        const auto price = price_of_bin(array.first() + i, state.step);
        if (!price || bin.price != *price)
            return bad_account(shape.what, place.address,
                               "bin " + std::to_string(array.first() + i) + " has another one's price");
        array.bins[offset] = bin;
    }
    assert(fields.intact());  // of its shape
    return std::optional(array);
}

}  // namespace libexec::meteora_dlmm_pool
