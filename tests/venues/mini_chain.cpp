#include "mini_chain.hpp"

#include <algorithm>
#include <stdexcept>

#include "libexec/solana/address.hpp"
#include "libexec/solana/token_state.hpp"
#include "message_run.hpp"
#include "synthetic_pools.hpp"

namespace libexec::test {
namespace {

constexpr PublicKey sysvar_owner = "Sysvar1111111111111111111111111111111111111"_key;
constexpr std::uint64_t never = ~std::uint64_t{0};

}  // namespace

MiniChain::MiniChain(SimTime& time) : time_(time) { state[well_known::wrapped_sol] = mint_account(9); }

AccountState mint_account(std::uint8_t decimals, const PublicKey& program) {
    AccountWriter out(82);
    out.number(36, never, 8).number(44, decimals, 1).number(45, 1, 1);
    return out.owned_by(program);
}

AccountState MiniChain::clock_account() const {
    AccountWriter out(40);
    out.number(0, slot, 8).number(16, epoch, 8);
    out.number(32, static_cast<std::uint64_t>(unix_timestamp), 8);
    return out.owned_by(sysvar_owner);
}

Task<Result<AccountsAtSlot>> MiniChain::accounts(std::vector<PublicKey> addresses, std::uint64_t least_slot) {
    if (latency.count() > 0) co_await time_.sleep_for(latency);
    reads.push_back(addresses);
    least_slots.push_back(least_slot);
    if (reads_fail) co_return *reads_fail;
    const std::optional<Rejection> trouble = before_read(addresses);
    if (trouble) co_return *trouble;
    if (slot < least_slot) throw std::logic_error("a slot that is not there yet");
    AccountsAtSlot seen;
    seen.slot = slot;
    for (const PublicKey& address : addresses) {
        const auto found = state.find(address);
        if (found != state.end()) seen.accounts.insert(*found);
    }
    const bool wants_clock =
        std::find(addresses.begin(), addresses.end(), well_known::clock_sysvar) != addresses.end();
    // A test may put a broken one there.
    if (wants_clock) seen.accounts.emplace(well_known::clock_sysvar, clock_account());
    co_return seen;
}

Task<Result<AccountsAtSlot>> MiniChain::search(AccountSearch search) {
    if (latency.count() > 0) co_await time_.sleep_for(latency);
    searches.push_back(search);
    if (search.having.size() > 3 || search.slice_bytes == 0)
        throw std::logic_error("no node takes such a search");
    const std::optional<Rejection> failure = searches_fail(search.program);
    if (failure) co_return *failure;
    AccountsAtSlot found;
    found.slot = slot;
    for (const auto& [key, account] : state) {
        const Bytes& data = account.data;
        const auto has = [&data](const BytesAt& part) {
            return part.at + part.bytes.size() <= data.size() &&
                   std::equal(part.bytes.begin(), part.bytes.end(),
                              data.begin() + static_cast<std::ptrdiff_t>(part.at));
        };
        if (account.owner != search.program || data.size() != search.size_bytes) continue;
        if (not_indexed.contains(key)) continue;
        if (!std::all_of(search.having.begin(), search.having.end(), has)) continue;
        AccountState slice = account;
        const auto begin = data.begin() + static_cast<std::ptrdiff_t>(search.slice_at);
        slice.data.assign(begin, begin + static_cast<std::ptrdiff_t>(search.slice_bytes));
        found.accounts.emplace(key, std::move(slice));
    }
    co_return found;
}

Task<Result<AccountsAtSlot>> MiniChain::recent_accounts(std::vector<PublicKey> addresses) {
    ++recent_reads;
    if (!remembered) co_return co_await accounts(std::move(addresses), 0);
    AccountsAtSlot seen;
    seen.slot = remembered->slot;
    seen.asked_at = remembered->asked_at;
    for (const PublicKey& address : addresses) {
        const auto found = remembered->accounts.find(address);
        if (found != remembered->accounts.end()) seen.accounts.insert(*found);
    }
    co_return seen;
}

Task<Result<SimulatedRun>> MiniChain::simulate(Bytes bytes, std::vector<PublicKey> watched,
                                               std::uint64_t least_slot) {
    if (latency.count() > 0) co_await time_.sleep_for(latency);
    simulated.push_back(bytes);
    before_simulation();
    if (simulations_fail) co_return *simulations_fail;
    const Transaction transaction = decode_transaction(bytes).value();
    for (const Signature& signature : transaction.signatures) {
        if (signature != Signature{}) throw std::logic_error("a signed transaction was shown");
    }
    if (slot < least_slot) throw std::logic_error("a slot that is not there yet");
    SimulatedRun seen;
    seen.slot = slot;
    seen.compute_units = units;
    AccountStates world = state;
    try {
        run_message(world, transaction.message, *this);
        for (const PublicKey& key : watched) {
            const auto found = world.find(key);
            if (found != world.end()) seen.after.insert(*found);
        }
    } catch (const FailedRun& failed) {
        seen.failure = reject(failed.reason, "custom program error");
        seen.log = {"Program 1 invoke [1]", failed.line, "Program 1 failed: custom program error"};
    }
    twist(seen);
    after_simulation();
    co_return seen;
}

Task<Result<std::vector<std::uint64_t>>> MiniChain::recent_fees(std::vector<PublicKey> written) {
    if (written.empty()) throw std::logic_error("fees of nothing");
    ++fee_questions;
    if (fees_fail) co_return *fees_fail;
    co_return fees;
}

Task<Result<std::uint64_t>> MiniChain::rent_exemption(std::uint64_t size_bytes) {
    co_return rent(size_bytes);
}

std::optional<Rejection> MiniChain::land(const Transaction& transaction) {
    if (!is_signed(transaction)) throw std::logic_error("a signature is missing or wrong");
    AccountStates world = state;
    try {
        run_message(world, transaction.message, *this);
    } catch (const FailedRun& failed) {
        return reject(failed.reason, failed.line);
    }
    state = std::move(world);
    return std::nullopt;
}

void MiniChain::add(const AccountStates& accounts) {
    for (const auto& [key, account] : accounts) state[key] = account;
}

void MiniChain::set_lamports(const PublicKey& wallet, std::uint64_t lamports) {
    state[wallet].lamports = lamports;
    state[wallet].owner = well_known::system_program;
}

PublicKey MiniChain::give(const PublicKey& owner, const PublicKey& mint, std::uint64_t amount) {
    const PublicKey program = state.at(mint).owner;
    const PublicKey at = associated_token_address(owner, program, mint);
    AccountState& account = state[at];
    if (account.data.empty()) {
        const bool native = mint == well_known::wrapped_sol;
        AccountWriter out(165);
        out.key(0, mint).key(32, owner).number(108, 1, 1);
        if (native) out.number(109, 1, 1).number(113, rent(165), 8);
        account = out.owned_by(program);
        account.lamports = rent(165);
    }
    put_number(account.data, 64, number_at(account.data, 64) + amount);
    if (holds_native(account.data)) account.lamports += amount;
    return at;
}

std::uint64_t MiniChain::lamports(const PublicKey& key) const {
    const auto found = state.find(key);
    return found == state.end() ? 0 : found->second.lamports;
}

std::uint64_t MiniChain::tokens(const PublicKey& key) const {
    const auto found = state.find(key);
    return found == state.end() ? 0 : read_token_account(found->second).value().amount;
}

}  // namespace libexec::test
