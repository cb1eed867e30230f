#include "tick_array.hpp"

#include <string_view>

#include "libexec/solana/address.hpp"
#include "../pools/wide.hpp"
#include "state.hpp"

namespace libexec::raydium_clmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr std::string_view what = "the tick array";
constexpr AccountShape shape{what, 10240, "\xc0\x9b\x55\xcd\x31\xf9\x81\x2a"sv};
constexpr std::size_t tick_bytes = 168;

}  // namespace

PublicKey array_address(const PublicKey& pool, std::int32_t start) {
    constexpr std::string_view seed = "tick_array";
    const auto number = static_cast<std::uint32_t>(start);
    Bytes big_endian;
    for (int shift = 24; shift >= 0; shift -= 8)
        big_endian.push_back(static_cast<std::uint8_t>(number >> shift));
    const auto derived = derive_address(
        {Bytes(seed.begin(), seed.end()), Bytes(pool.bytes().begin(), pool.bytes().end()), big_endian},
        program);
    return derived ? derived->key : PublicKey();  // of 256 bumps one is off the curve, for all that is known
}

Result<TickArray> read_tick_array(const ArrayPlace& place, const AccountStates& accounts) {
    const PublicKey& address = place.address;
    const auto account = find_owned(accounts, address, program, shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    TickArray array;
    array.start = fields.i32(40);
    if (fields.key(8) != place.pool) return bad_account(what, address, "it is another pool's");
    if (array.start != place.start) return bad_account(what, address, "it begins at another tick");
    for (std::int32_t i = 0; i < ticks_in_array; ++i) {
        const std::size_t at = 44 + tick_bytes * static_cast<std::size_t>(i);
        const Wide gross = fields.u128(at + 20);
        const Wide orders = Wide(fields.u64(at + 124)) + fields.u64(at + 132);
        if (gross == 0 && orders == 0) continue;
        Tick tick;
        tick.at = fields.i32(at);
        tick.net = fields.i128(at + 4);
        tick.has_liquidity = gross > 0;
        if (tick.at != array.start + i * std::int32_t{place.spacing})
            return bad_account(what, address, "a tick is not where it says");
        if (tick.at < first_tick || tick.at > last_tick)
            return bad_account(what, address, "it has liquidity beyond all ticks");
        const Wide change = tick.net < 0 ? -static_cast<Wide>(tick.net) : static_cast<Wide>(tick.net);
        if (change > gross) return bad_account(what, address, "a tick changes more liquidity than it has");
        const auto left = as_u64(orders);
        if (!left) return bad_account(what, address, "its orders are beyond any amount");
        tick.orders = *left;
        array.ticks.push_back(tick);
    }
    return array;
}

}  // namespace libexec::raydium_clmm_pool
