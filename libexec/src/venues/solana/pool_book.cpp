#include "libexec/venues/solana/pool_book.hpp"

#include <algorithm>
#include <set>

#include "libexec/solana/clock_state.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

/// Enough for the longest chain of accounts that name each other, and for a price that moves meanwhile.
constexpr int rounds_most = 8;
/// Pools that are read together when they are read for the first time.
constexpr std::size_t batch = 8;

bool is_missing(const AccountStates& accounts, const PublicKey& key) {
    const auto found = accounts.find(key);
    return found == accounts.end() || (found->second.lamports == 0 && found->second.data.empty());
}

Rejection endless() { return reject(Reason::bad_account, "it names accounts that name others without end"); }

std::vector<PublicKey> listed(const std::set<PublicKey>& keys) { return {keys.begin(), keys.end()}; }

}  // namespace

bool is_said_of_pools(Reason reason) {
    switch (reason) {
        case Reason::no_route:
        case Reason::bad_account:
        case Reason::unsupported_token:
        case Reason::pool_closed:
        case Reason::insufficient_liquidity:
        case Reason::amount_too_small:
            return true;
        default:
            return false;
    }
}

PoolBook::PoolBook(std::vector<PublicKey> pools, ChainReader& reader, const Clock& clock, Log* log)
    : reader_(reader), clock_(clock), log_(log) {
    std::set<PublicKey> seen;
    for (const PublicKey& address : pools) {
        if (!seen.insert(address).second) continue;
        entries_.push_back(std::make_shared<Entry>());
        entries_.back()->known.address = address;
        entries_.back()->addresses = {address};
    }
}

Task<Result<Done>> PoolBook::learn() {
    Entries due;
    for (const auto& entry : entries_) {
        if (entry->was_open) continue;
        if (entry->tried_at && clock_.now() - *entry->tried_at < try_again &&
            clock_.now() >= *entry->tried_at)
            continue;
        // One that failed before is tried by whoever comes first; nobody else waits for it.
        if (entry->tried_at) entry->tried_at = clock_.now();
        due.push_back(entry);
    }
    for (std::size_t from = 0; from < due.size(); from += batch) {
        const std::size_t to = std::min(due.size(), from + batch);
        Entries some(due.begin() + static_cast<std::ptrdiff_t>(from),
                     due.begin() + static_cast<std::ptrdiff_t>(to));
        Result<Done> learned = co_await learn_some(std::move(some));
        if (!learned) co_return learned.error();
    }
    co_return Done{};
}

Task<Result<Done>> PoolBook::learn_some(Entries entries) {
    std::uint64_t least_slot = 0;
    for (int round = 0; round < rounds_most && !entries.empty(); ++round) {
        std::set<PublicKey> keys;
        for (const auto& entry : entries) keys.insert(entry->addresses.begin(), entry->addresses.end());
        Result<AccountsAtSlot> seen = co_await reader_.accounts(listed(keys), least_slot);
        if (!seen) co_return seen.error();
        const AccountStates& accounts = seen.value().accounts;
        least_slot = seen.value().slot;

        Entries growing;
        for (const auto& entry : entries) {
            const Result<bool> grown = learn_one(*entry, keys, accounts);
            if (!grown) {
                leave_out(*entry, grown.error());
            } else if (grown.value()) {
                growing.push_back(entry);
            }
        }
        entries = std::move(growing);
    }
    for (const auto& entry : entries) leave_out(*entry, endless());
    co_return Done{};
}

/// Whether the pool wants more accounts than were read.
Result<bool> PoolBook::learn_one(Entry& entry, const std::set<PublicKey>& read,
                                 const AccountStates& accounts) {
    if (is_missing(accounts, entry.known.address))
        return reject(Reason::bad_account, "there is no such account");
    const AccountState& account = accounts.at(entry.known.address);
    entry.known.family = family_of(account);
    if (entry.known.family == nullptr)
        return reject(Reason::bad_account, "it belongs to " + account.owner.to_string() +
                                               ", which is no program of pools known here");
    Result<bool> followed = follow(entry, accounts);
    if (!followed) return followed;
    // Another question may have named more of them meanwhile.
    for (const PublicKey& address : entry.addresses) {
        if (!read.contains(address)) return true;
    }
    const Result<std::unique_ptr<Pool>> opened = open(entry, accounts);
    if (!opened) return opened.error();
    return false;
}

Task<Result<PoolSnapshot>> PoolBook::read(PoolQuestion question) {
    Result<Done> learned = co_await learn();
    // Pools that were read before do not need those that could not be read now.
    Entries asked;
    for (const auto& entry : entries_) {
        if (is_asked(*entry, question)) asked.push_back(entry);
    }
    if (asked.empty() && !learned) co_return learned.error();
    if (asked.empty()) co_return no_pool(question);

    PoolSnapshot snapshot;
    std::vector<std::optional<Rejection>> refused(asked.size());
    std::uint64_t least_slot = question.least_slot;
    for (int round = 0; round < rounds_most; ++round) {
        std::set<PublicKey> keys(question.also.begin(), question.also.end());
        keys.insert(well_known::clock_sysvar);
        for (const auto& entry : asked) keys.insert(entry->addresses.begin(), entry->addresses.end());
        // What was read before is of one slot, and so is what is read now; which of two such is the later
        // nobody would know. So whatever follows the first look is read now.
        const bool recent = question.recent && round == 0;
        const Time asked_at = clock_.now();
        Result<AccountsAtSlot> seen;
        if (recent) {
            seen = co_await reader_.recent_accounts(listed(keys));
        } else {
            seen = co_await reader_.accounts(listed(keys), least_slot);
        }
        if (!seen) co_return seen.error();
        snapshot.slot = seen.value().slot;
        snapshot.asked_at = seen.value().asked_at.value_or(asked_at);
        snapshot.accounts = std::move(seen).value().accounts;
        // What was read stays a snapshot only if nothing is added from an earlier slot.
        least_slot = std::max(least_slot, snapshot.slot);

        bool grows = false;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            Entry& entry = *asked[i];
            refused[i].reset();
            const Result<bool> followed = follow(entry, snapshot.accounts);
            if (!followed) {
                refused[i] = followed.error();
                continue;
            }
            // Another question may have changed the list meanwhile: what counts is whether all of it is here.
            for (const PublicKey& key : entry.addresses) {
                if (!keys.contains(key)) refused[i] = endless();
            }
            grows = grows || refused[i];
        }
        if (!grows) break;
    }

    const auto clock = snapshot.accounts.find(well_known::clock_sysvar);
    if (clock == snapshot.accounts.end())
        co_return reject(Reason::service_unavailable, "the chain's clock is missing in what was read");
    const Result<ChainClock> told = read_clock(clock->second);
    if (!told) co_return reject(Reason::service_unavailable, told.error().detail);
    snapshot.clock = told.value();

    for (std::size_t i = 0; i < asked.size(); ++i) {
        Entry& entry = *asked[i];
        Result<std::unique_ptr<Pool>> opened =
            refused[i] ? Result<std::unique_ptr<Pool>>(*refused[i]) : open(entry, snapshot.accounts);
        if (opened) {
            snapshot.pools.push_back(OpenPool{std::move(opened).value(), entry.addresses});
        } else {
            snapshot.left_out.push_back(leave_out(entry, opened.error()));
        }
    }
    if (snapshot.pools.empty()) co_return snapshot.left_out.front();
    co_return snapshot;
}

/// Asks the family what it wants now, and whether that has grown.
Result<bool> PoolBook::follow(Entry& entry, const AccountStates& accounts) {
    Result<std::vector<PublicKey>> wanted = entry.known.family->wanted(entry.known.address, accounts);
    if (!wanted) return wanted.error();
    bool grown = false;
    for (const PublicKey& key : wanted.value()) {
        grown =
            grown || std::find(entry.addresses.begin(), entry.addresses.end(), key) == entry.addresses.end();
    }
    entry.addresses = std::move(wanted).value();
    return grown;
}

Result<std::unique_ptr<Pool>> PoolBook::open(Entry& entry, const AccountStates& accounts) {
    Result<std::unique_ptr<Pool>> opened = entry.known.family->open(entry.known.address, accounts);
    if (!opened) return opened;
    entry.known.mints = {opened.value()->mint_a(), opened.value()->mint_b()};
    for (const PublicKey& mint : entry.known.mints) {
        const auto account = accounts.find(mint);
        if (account == accounts.end())
            return reject(Reason::bad_account, "the mint " + mint.to_string() + " is not among its accounts");
        token_programs_[mint] = account->second.owner;
    }
    const bool is_back = !entry.told.empty();
    entry.tried_at.reset();
    entry.was_open = true;
    entry.known.is_open = true;
    entry.known.left_out.clear();
    entry.told.clear();
    if (is_back && log_ != nullptr)
        log_->info("pool.opened", "the pool is traded on again",
                   {LogField{"pool", entry.known.address.to_string()}});
    return opened;
}

Rejection PoolBook::leave_out(Entry& entry, Rejection why) {
    if (!entry.was_open) entry.tried_at = clock_.now();
    entry.known.is_open = false;
    entry.known.left_out = why.detail;
    const std::string address = entry.known.address.to_string();
    if (entry.told != why.detail && log_ != nullptr)
        log_->warn("pool.left_out", "the pool is not traded on: " + why.detail,
                   {LogField{"pool", address}, LogField{"reason", std::string(to_string(why.reason))}});
    entry.told = why.detail;
    return reject(why.reason, "the pool " + address + " is left out: " + why.detail);
}

bool PoolBook::is_asked(const Entry& entry, const PoolQuestion& question) const {
    if (!entry.was_open || entry.known.family != question.family) return false;
    if (question.only && *question.only != entry.known.address) return false;
    const auto& [a, b] = entry.known.mints;
    return (a == question.mint_in && b == question.mint_out) ||
           (a == question.mint_out && b == question.mint_in);
}

std::vector<KnownPool> PoolBook::pools() const {
    std::vector<KnownPool> known;
    for (const auto& entry : entries_) known.push_back(entry->known);
    return known;
}

std::optional<PublicKey> PoolBook::token_program(const PublicKey& mint) const {
    const auto found = token_programs_.find(mint);
    return found == token_programs_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace libexec
