#include "state.hpp"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "tick_price.hpp"

namespace libexec::raydium_clmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr AccountShape pool_shape = pool_shape_of(pool_layout);
constexpr AccountShape config_shape{"the config", 117, "\xda\xf4\x21\x68\xcb\xcb\x2b\x6f"sv};
constexpr std::uint16_t spacing_most = 1'000;
constexpr std::size_t dynamic_fee_at = 1096;
constexpr std::size_t dynamic_fee_bytes = 80;

DynamicFee read_dynamic_fee(AccountFields& fields) {
    constexpr std::size_t at = dynamic_fee_at;
    DynamicFee fee;
    fee.filter_period = fields.u16(at);
    fee.decay_period = fields.u16(at + 2);
    fee.reduction = fields.u16(at + 4);
    fee.control = fields.u32(at + 6);
    fee.volatility_most = fields.u32(at + 10);
    fee.group_reference = fields.i32(at + 14);
    fee.volatility_reference = fields.u32(at + 18);
    fee.volatility = fields.u32(at + 22);
    fee.updated_at = fields.u64(at + 26);
    return fee;
}

/// What the program demands of the settings, and what the figures it keeps then stay within.
bool is_sound(const DynamicFee& fee, std::uint16_t spacing) {
    const bool settings = fee.filter_period > 0 && fee.decay_period > fee.filter_period &&
                          fee.reduction > 0 && fee.reduction < 10'000 && fee.control > 0 &&
                          fee.control < 100'000 &&
                          std::uint64_t{fee.volatility_most} * spacing <= ~std::uint32_t{0};
    // At most the outermost ticks, and the group below the lowest.
    const bool reached = std::int64_t{fee.group_reference} * spacing <= last_tick &&
                         std::int64_t{fee.group_reference} * spacing >= first_tick - 2 * spacing;
    return settings && reached && fee.volatility <= fee.volatility_most &&
           fee.volatility_reference <= fee.volatility_most;
}

}  // namespace

Result<State> read_state(const PublicKey& pool, const AccountStates& accounts) {
    const auto account = find_owned(accounts, pool, program, pool_shape);
    if (!account) return account.error();
    const Bytes& data = account.value()->data;
    AccountFields fields(data);
    State state;
    state.config = fields.key(9);
    for (std::size_t i = 0; i < 2; ++i) {
        state.mints[i] = fields.key(pool_layout.mints[i]);
        state.vaults[i] = fields.key(pool_layout.vaults[i]);
        state.decimals[i] = fields.u8(233 + i);
    }
    state.observation = fields.key(201);
    state.spacing = fields.u16(235);
    state.liquidity = fields.u128(237);
    state.price = fields.u128(253);
    state.tick = fields.i32(269);
    state.status = fields.u8(389);
    const std::uint8_t fee_on = fields.u8(390);
    for (std::size_t i = 0; i < state.arrays.size(); ++i) state.arrays[i] = fields.u64(904 + 8 * i);
    state.open_time = fields.u64(1080);
    assert(fields.intact());  // of its shape

    if (state.spacing == 0 || state.spacing > spacing_most)
        return bad_account("the pool", pool, "its ticks have a spacing that no pool has");
    if (fee_on > 2) return bad_account("the pool", pool, "its fee is of no kind that is known");
    state.fee_on = static_cast<FeeOn>(fee_on);
    if (state.price < least_price || state.price >= most_price)
        return bad_account("the pool", pool, "its price is beyond all ticks");
    if (!may_be_at(state.tick, state.price, price_of_tick))
        return bad_account("the pool", pool, "its tick is not that of its price");
    // The program orders the mints by their bytes when a pool is made.
    if (state.mints[0] >= state.mints[1]) return bad_account("the pool", pool, "its mints are out of order");
    if (state.vaults[0] == state.vaults[1])
        return bad_account("the pool", pool, "both its vaults are the same one");
    const auto* const dynamic = data.data() + dynamic_fee_at;
    if (std::any_of(dynamic, dynamic + dynamic_fee_bytes, [](std::uint8_t byte) { return byte != 0; })) {
        state.dynamic_fee = read_dynamic_fee(fields);
        if (!is_sound(*state.dynamic_fee, state.spacing))
            return bad_account("the pool", pool, "its dynamic fee is beyond what the program lets one be");
    }
    return state;
}

Result<std::uint32_t> read_fee_rate(const State& state, const AccountStates& accounts) {
    const auto account = find_owned(accounts, state.config, program, config_shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    const std::uint32_t rate = fields.u32(47);
    const std::uint16_t spacing = fields.u16(51);
    assert(fields.intact());  // of its shape
    if (rate >= whole) return bad_account("the config", state.config, "its fee takes everything");
    if (spacing != state.spacing)
        return bad_account("the config", state.config, "it is for ticks of another spacing");
    return rate;
}

}  // namespace libexec::raydium_clmm_pool
