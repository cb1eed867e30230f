#include "libexec/solana/clock_state.hpp"

#include <string>

#include "libexec/solana/well_known.hpp"
#include "little_endian.hpp"

namespace libexec {
namespace {

constexpr PublicKey sysvar_owner = "Sysvar1111111111111111111111111111111111111"_key;
constexpr std::size_t size_bytes = 40;

// Where the fields lie: slot, start of the epoch, epoch, epoch of the leaders' schedule, time.
constexpr std::size_t slot_at = 0;
constexpr std::size_t epoch_at = 16;
constexpr std::size_t unix_timestamp_at = 32;

}  // namespace

Result<ChainClock> read_clock(const AccountState& account) {
    if (account.owner != sysvar_owner)
        return reject(Reason::bad_account, "the chain's clock belongs to " + account.owner.to_string());
    if (account.data.size() != size_bytes)
        return reject(Reason::bad_account, "the chain's clock has " + std::to_string(account.data.size()) +
                                               " bytes instead of " + std::to_string(size_bytes));
    ChainClock clock;
    clock.slot = little_endian::read<std::uint64_t>(account.data, slot_at);
    clock.epoch = little_endian::read<std::uint64_t>(account.data, epoch_at);
    clock.unix_timestamp =
        static_cast<std::int64_t>(little_endian::read<std::uint64_t>(account.data, unix_timestamp_at));
    return clock;
}

}  // namespace libexec
