#include "state.hpp"

#include <cassert>
#include <string_view>

#include "tick_price.hpp"

namespace libexec::orca_whirlpool_pool {

using namespace pools;

namespace {

constexpr AccountShape pool_shape = pool_shape_of(pool_layout);
constexpr std::uint16_t fee_rate_most = 60'000;

}  // namespace

Result<State> read_state(const PublicKey& pool, const AccountStates& accounts) {
    const auto account = find_owned(accounts, pool, program, pool_shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    State state;
    state.spacing = fields.u16(41);
    state.fee_tier = fields.u16(43);
    state.fee_rate = fields.u16(45);
    state.liquidity = fields.u128(49);
    state.price = fields.u128(65);
    state.tick = fields.i32(81);
    for (std::size_t i = 0; i < 2; ++i) {
        state.mints[i] = fields.key(pool_layout.mints[i]);
        state.vaults[i] = fields.key(pool_layout.vaults[i]);
    }
    state.rewards_updated_at = fields.u64(261);
    assert(fields.intact());  // of its shape
    if (state.spacing == 0) return bad_account("the pool", pool, "its ticks have no spacing");
    if (state.fee_rate > fee_rate_most) return bad_account("the pool", pool, "its fee is above 6 %");
    if (state.price < least_price || state.price > most_price)
        return bad_account("the pool", pool, "its price is beyond all ticks");
    if (!may_be_at(state.tick, state.price, price_of_tick))
        return bad_account("the pool", pool, "its tick is not that of its price");
    // The program orders the mints by their bytes when a pool is made.
    if (state.mints[0] >= state.mints[1]) return bad_account("the pool", pool, "its mints are out of order");
    if (state.vaults[0] == state.vaults[1])
        return bad_account("the pool", pool, "both its vaults are the same one");
    return state;
}

}  // namespace libexec::orca_whirlpool_pool
