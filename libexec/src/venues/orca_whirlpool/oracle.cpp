#include "oracle.hpp"

#include <cassert>
#include <limits>
#include <string_view>

#include "libexec/solana/address.hpp"
#include "state.hpp"
#include "tick_array.hpp"
#include "tick_price.hpp"

namespace libexec::orca_whirlpool_pool {

using namespace std::string_view_literals;
using namespace pools;

namespace {

constexpr AccountShape shape{"the oracle", 254, "\x8b\xc2\x83\xb3\x8c\xb3\xe5\xf4"sv};

/// The rules the program keeps when it writes these. Without them its arithmetic, and ours, would overflow.
bool is_sound(const Oracle& oracle, std::uint16_t spacing) {
    const bool constants = oracle.filter_period > 0 && oracle.decay_period > oracle.filter_period &&
                           oracle.control < 100'000 && oracle.reduction < 10'000 && oracle.group_size > 0 &&
                           oracle.group_size <= spacing && spacing % oracle.group_size == 0 &&
                           std::uint64_t{oracle.volatility_most} * oracle.group_size <=
                               std::numeric_limits<std::uint32_t>::max();
    if (!constants) return false;
    const std::int32_t groups = last_tick / oracle.group_size + 1;
    return oracle.volatility_reference <= oracle.volatility_most &&
           oracle.volatility <= oracle.volatility_most && oracle.group_reference <= groups &&
           oracle.group_reference >= -groups - 1;
}

}  // namespace

PublicKey oracle_address(const PublicKey& pool) {
    const auto derived = derive_address(
        {Bytes{'o', 'r', 'a', 'c', 'l', 'e'}, Bytes(pool.bytes().begin(), pool.bytes().end())}, program);
    return derived ? derived->key : PublicKey();
}

Result<std::optional<Oracle>> read_oracle(const PublicKey& pool, std::uint16_t spacing,
                                          const PublicKey& address, const AccountStates& accounts) {
    const auto found = accounts.find(address);
    if (found == accounts.end() ||
        (found->second.owner == well_known::system_program && found->second.data.empty()))
        return std::optional<Oracle>();
    const auto account = find_owned(accounts, address, program, shape);
    if (!account) return account.error();
    AccountFields fields(account.value()->data);
    if (fields.key(8) != pool) return bad_account(shape.what, address, "it is another pool's");
    Oracle oracle;
    oracle.opens_at = fields.u64(40);
    oracle.filter_period = fields.u16(48);
    oracle.decay_period = fields.u16(50);
    oracle.reduction = fields.u16(52);
    oracle.control = fields.u32(54);
    oracle.volatility_most = fields.u32(58);
    oracle.group_size = fields.u16(62);
    oracle.reference_updated_at = fields.u64(82);
    oracle.major_swap_at = fields.u64(90);
    oracle.volatility_reference = fields.u32(98);
    oracle.group_reference = fields.i32(102);
    oracle.volatility = fields.u32(106);
    assert(fields.intact());  // of its shape
    if (!is_sound(oracle, spacing))
        return bad_account(shape.what, address, "its figures are not such as the program writes");
    return std::optional(oracle);
}

}  // namespace libexec::orca_whirlpool_pool
