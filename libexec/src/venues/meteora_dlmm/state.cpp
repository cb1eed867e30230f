#include "state.hpp"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "libexec/solana/address.hpp"
#include "../pools/wide.hpp"
#include "bin_price.hpp"

namespace libexec::meteora_dlmm_pool {

using namespace pools;

namespace {

constexpr AccountShape shape = pool_shape_of(pool_layout);
constexpr std::uint16_t step_most = 400;

/// What the program's enumerations know. It refuses every trade of a pool that has another one.
constexpr std::uint8_t pair_types = 4;
constexpr std::uint8_t permission = 1;
constexpr std::uint8_t customizable = 2;
constexpr std::uint8_t activations = 2;
constexpr std::uint8_t functions = 3;
constexpr std::uint8_t limit_orders = 2;
constexpr std::uint8_t fee_modes = 2;

/// base_factor * step * 10 * 10^power, at most `fee_most`. Nothing where the program's 128 bits do not hold
/// it.
std::optional<std::uint64_t> base_rate_of(std::uint16_t factor, std::uint16_t step, std::uint8_t power) {
    auto rate = std::optional(Wide(factor) * step * 10);
    auto scale = std::optional(Wide(1));
    for (std::uint8_t i = 0; i < power && scale; ++i) scale = checked_mul(*scale, 10);
    if (scale) rate = checked_mul(*rate, *scale);
    if (!scale || !rate) return std::nullopt;
    return static_cast<std::uint64_t>(std::min<Wide>(*rate, fee_most));
}

}  // namespace

PublicKey address_of(std::string_view word, const PublicKey& pair) {
    const auto derived = derive_address(
        {Bytes(word.begin(), word.end()), Bytes(pair.bytes().begin(), pair.bytes().end())}, program);
    return derived ? derived->key : PublicKey();
}

Result<State> read_state(const PublicKey& pair, const AccountStates& accounts) {
    const auto account = find_owned(accounts, pair, program, shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    const auto broken = [&](const char* trouble) { return bad_account(shape.what, pair, trouble); };

    State state;
    Volatility& volatility = state.volatility;
    volatility.filter_period = fields.u16(10);
    volatility.decay_period = fields.u16(12);
    volatility.reduction = fields.u16(14);
    volatility.control = fields.u32(16);
    volatility.most = fields.u32(20);
    state.lowest = fields.i32(24);
    state.highest = fields.i32(28);
    volatility.accumulated = fields.u32(40);
    volatility.reference = fields.u32(44);
    volatility.bin_reference = fields.i32(48);
    volatility.updated_at = static_cast<std::int64_t>(fields.u64(56));
    state.active = fields.i32(76);
    state.step = fields.u16(80);
    state.enabled = fields.u8(82) == 0;
    state.opens_at = fields.u64(816);
    for (std::size_t i = 0; i < 2; ++i) {
        state.mints[i] = fields.key(pool_layout.mints[i]);
        state.vaults[i] = fields.key(pool_layout.vaults[i]);
    }
    state.oracle = fields.key(552);
    for (std::size_t i = 0; i < state.bitmap.size(); ++i) state.bitmap[i] = fields.u64(584 + 8 * i);
    const std::uint8_t function = fields.u8(35);
    const std::uint8_t fee_mode = fields.u8(36);
    const std::uint8_t pair_type = fields.u8(75);
    const std::uint8_t activation = fields.u8(86);
    const bool has_rewards = fields.key(264) != PublicKey() || fields.key(408) != PublicKey();
    const auto base_rate = base_rate_of(fields.u16(8), state.step, fields.u8(34));
    assert(fields.intact());  // of its shape

    if (pair_type >= pair_types || activation >= activations || function >= functions ||
        fee_mode >= fee_modes)
        return broken("it is of a kind that its program does not know");
    if (state.step == 0 || state.step > step_most) return broken("its bins have no such step");
    const auto price = price_of_bin(state.active, state.step);
    if (!price) return broken("its active bin has no price");
    if (!base_rate) return broken("its fee is beyond what the program can compute");
    if (state.mints[0] == state.mints[1] || state.vaults[0] == state.vaults[1])
        return broken("both its sides are the same one");
    if (state.oracle != address_of("oracle", pair)) return broken("its oracle is another pool's");

    state.price = *price;
    state.base_rate = *base_rate;
    state.fee_in_y = fee_mode == 1;
    state.has_orders = function == limit_orders || (function == 0 && !has_rewards);
    state.waits = pair_type == permission || pair_type == customizable;
    state.opens_by_time = activation == 1;
    return state;
}

}  // namespace libexec::meteora_dlmm_pool
