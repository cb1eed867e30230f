#include "state.hpp"

#include <cassert>
#include <string_view>

#include "../pools/wide.hpp"
#include "curve.hpp"

namespace libexec::meteora_damm_v2_pool {

using namespace pools;

namespace {

constexpr AccountShape pool_shape = pool_shape_of(pool_layout);

/// The outermost prices a range of this program may reach.
constexpr Wide price_floor = 4'295'048'016;
constexpr Wide price_ceiling = Wide(0xfffe'c4b1) << 64 | Wide(0x845c'1aa9'4e69'579b);

BaseFee read_base_fee(AccountFields& fields) {
    BaseFee fee;
    fee.cliff = fields.u64(8);
    fee.mode = static_cast<FeeMode>(fields.u8(16));
    fee.first_price = fields.u128(152);
    switch (fee.mode) {
        case FeeMode::linear_in_time:
        case FeeMode::exponential_in_time:
            fee.periods = fields.u16(22);
            fee.frequency = fields.u64(24);
            fee.reduction = fields.u64(32);
            break;
        case FeeMode::rate_limiter:
            fee.increment = fields.u16(22);
            fee.duration = fields.u32(24);
            fee.most = fields.u32(28);
            fee.reference = fields.u64(32);
            break;
        case FeeMode::linear_in_price:
        case FeeMode::exponential_in_price:
            fee.periods = fields.u16(22);
            fee.price_step = fields.u32(24);
            fee.duration = fields.u32(28);
            fee.reduction = fields.u64(32);
            break;
    }
    return fee;
}

/// ceil(control * (volatility * step)^2 / 10^11), as the last trade left the volatility: this one is paid by
/// the next. Nothing for figures that the program does not write.
std::optional<std::uint64_t> read_dynamic_fee(AccountFields& fields) {
    const std::uint32_t volatility_most = fields.u32(64);
    const std::uint32_t control = fields.u32(68);
    const std::uint16_t step = fields.u16(72);
    const Wide step_scaled = fields.u128(88);
    const Wide volatility = fields.u128(120);
    const Wide reference = fields.u128(104);
    const bool has_begun = fields.u64(80) != 0;
    if (fields.u8(56) == 0) return 0;
    constexpr std::uint32_t most = 0xff'ffff;
    if (step_scaled == 0 || volatility_most > most || control > most || volatility > volatility_most)
        return std::nullopt;
    // A trade measures how far it went from there, which no price is too far away for.
    if (has_begun && (reference >> 32 == 0 || reference >> 96 != 0)) return std::nullopt;
    const Wide crossed = volatility * step;  // 40 bits
    return as_u64(div_up(crossed * crossed * control, 100'000'000'000));
}

}  // namespace

Result<State> read_state(const PublicKey& pool, const AccountStates& accounts) {
    const auto account = find_owned(accounts, pool, program, pool_shape);
    if (!account) return account.error();
    const auto bad = [&](std::string_view trouble) { return bad_account("the pool", pool, trouble); };
    AccountFields fields(account.value()->data);
    State state;
    for (std::size_t i = 0; i < 2; ++i) {
        state.mints[i] = fields.key(pool_layout.mints[i]);
        state.vaults[i] = fields.key(pool_layout.vaults[i]);
        state.token_programs[i] = fields.u8(482 + i);
        state.reserves[i] = fields.u64(680 + 8 * i);
    }
    state.liquidity = fields.u128(360);
    state.least_price = fields.u128(424);
    state.most_price = fields.u128(440);
    state.price = fields.u128(456);
    state.opens_at = fields.u64(472);
    const std::uint8_t activation = fields.u8(480);
    state.counts_slots = activation == 0;
    state.is_enabled = fields.u8(481) == 0;
    const std::uint8_t collects = fields.u8(484);
    const std::uint8_t fee_version = fields.u8(486);
    const std::uint8_t layout = fields.u8(696);
    if (fields.u8(16) > 4) return bad("its base fee is of no kind that is known");
    state.base_fee = read_base_fee(fields);
    const auto dynamic_fee = read_dynamic_fee(fields);
    const bool shares = fields.u8(48) <= 100 && fields.u8(50) <= 100 && fields.u16(54) <= 10'000;
    assert(fields.intact());  // of its shape

    if (activation > 1 || collects > 2 || fee_version > 1 || layout > 1)
        return bad("it is of a kind that is not known");
    state.collects = static_cast<Collects>(collects);
    state.fee_most = fee_version == 0 ? whole / 2 : whole / 100 * 99;
    if (!state.base_fee.is_sound() || !shares) return bad("its fees are such as no pool has");
    if (state.base_fee.mode == FeeMode::rate_limiter && state.collects != Collects::only_second)
        return bad("its fees are such as no pool has");
    if (!dynamic_fee) return bad("its dynamic fee is beyond what the program lets one be");
    state.dynamic_fee = *dynamic_fee;
    if (state.token_programs[0] > 1 || state.token_programs[1] > 1)
        return bad("a token of it is run by a program that is not known");
    if (state.mints[0] == state.mints[1]) return bad("both its mints are the same one");
    if (state.vaults[0] == state.vaults[1]) return bad("both its vaults are the same one");
    if (state.collects == Collects::compounding) {
        if (state.price == 0 || state.reserves[0] == 0 || state.reserves[1] == 0)
            return bad("it has no reserves");
        return state;
    }
    if (state.least_price < price_floor || state.least_price > state.price ||
        state.price > state.most_price || state.most_price > price_ceiling)
        return bad("its price is not in its range");
    // Pools from before the reserves were counted get them from their liquidity with the next trade.
    if (layout == 0) {
        const Range range{state.liquidity, state.least_price, state.most_price, state.price};
        const auto first = first_between(range, state.price, state.most_price, true);
        const auto second = second_between(range, state.least_price, state.price, true);
        if (!first || !second) return bad("its liquidity is worth more than there can be");
        state.reserves[0] = *first;
        state.reserves[1] = *second;
    }
    return state;
}

}  // namespace libexec::meteora_damm_v2_pool
