#include "state.hpp"

#include <cassert>
#include <string_view>

#include "../pools/wide.hpp"

namespace libexec::raydium_cpmm_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr AccountShape pool_shape = pool_shape_of(pool_layout);
constexpr AccountShape config_shape{"the config", 236, "\xda\xf4\x21\x68\xcb\xcb\x2b\x6f"sv};

/// What the vault holds for others: the parts of past fees of the protocol, the fund and the creator.
std::optional<std::uint64_t> sum_of(std::uint64_t protocol, std::uint64_t fund, std::uint64_t creator) {
    return as_u64(Wide(protocol) + fund + creator);
}

}  // namespace

Result<State> read_state(const PublicKey& pool, const AccountStates& accounts) {
    const auto account = find_owned(accounts, pool, program, pool_shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    State state;
    state.config = fields.key(8);
    for (std::size_t i = 0; i < 2; ++i) {
        state.vaults[i] = fields.key(pool_layout.vaults[i]);
        state.mints[i] = fields.key(pool_layout.mints[i]);
        state.token_programs[i] = fields.key(232 + 32 * i);
        state.decimals[i] = fields.u8(331 + i);
        const auto owed = sum_of(fields.u64(341 + 8 * i), fields.u64(357 + 8 * i), fields.u64(397 + 8 * i));
        if (!owed) return bad_account("the pool", pool, "it owes more than any vault can hold");
        state.owed[i] = *owed;
    }
    state.observation = fields.key(296);
    state.status = fields.u8(329);
    state.open_time = fields.u64(373);
    const std::uint8_t creator_fee_on = fields.u8(389);
    const std::uint8_t has_creator_fee = fields.u8(390);
    assert(fields.intact());  // of its shape
    if (creator_fee_on > 2 || has_creator_fee > 1)
        return bad_account("the pool", pool, "its creator's fee is of no kind that is known");
    state.creator_fee_on = static_cast<CreatorFeeOn>(creator_fee_on);
    state.has_creator_fee = has_creator_fee == 1;
    // The program orders the mints by their bytes when a pool is made.
    if (state.mints[0] >= state.mints[1]) return bad_account("the pool", pool, "its mints are out of order");
    if (state.vaults[0] == state.vaults[1])
        return bad_account("the pool", pool, "both its vaults are the same one");
    return state;
}

Result<Rates> read_rates(const State& state, const AccountStates& accounts) {
    const auto account = find_owned(accounts, state.config, program, config_shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    Rates rates;
    rates.trade = fields.u64(12);
    rates.creator = state.has_creator_fee ? fields.u64(108) : 0;
    assert(fields.intact());  // of its shape
    if (rates.trade >= whole || rates.creator >= whole - rates.trade)
        return bad_account("the config", state.config, "its fees take everything");
    return rates;
}

}  // namespace libexec::raydium_cpmm_pool
