#include "state.hpp"

#include <cassert>

namespace libexec::raydium_amm_v4_pool {

using namespace pools;

namespace {

constexpr AccountShape pool_shape = pool_shape_of(pool_layout);
/// The bump of the authority, which is one for all pools.
constexpr std::uint64_t nonce = 254;
constexpr std::uint64_t last_status = 7;

}  // namespace

Result<State> read_state(const PublicKey& pool, const AccountStates& accounts) {
    const auto account = find_owned(accounts, pool, program, pool_shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    State state;
    state.status = fields.u64(0);
    for (std::size_t i = 0; i < 2; ++i) {
        state.decimals[i] = fields.u64(32 + 8 * i);
        state.owed[i] = fields.u64(192 + 8 * i);
        state.vaults[i] = fields.key(pool_layout.vaults[i]);
        state.mints[i] = fields.key(pool_layout.mints[i]);
    }
    state.fee_numerator = fields.u64(176);
    state.fee_denominator = fields.u64(184);
    state.open_time = fields.u64(224);
    state.open_orders = fields.key(496);
    state.market = fields.key(528);
    state.market_program = fields.key(560);
    const std::uint64_t bump = fields.u64(8);
    assert(fields.intact());  // of its shape
    if (bump != nonce) return bad_account("the pool", pool, "its authority is another one");
    if (state.status > last_status) return bad_account("the pool", pool, "its status is unknown");
    if (state.fee_numerator >= state.fee_denominator)
        return bad_account("the pool", pool, "its fee takes everything");
    if (state.mints[0] == state.mints[1] || state.vaults[0] == state.vaults[1])
        return bad_account("the pool", pool, "both its sides are the same one");
    return state;
}

}  // namespace libexec::raydium_amm_v4_pool
