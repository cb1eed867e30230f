#include "snapshot_shelf.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

bool is_listened_to(const PublicKey& account) { return account != well_known::clock_sysvar; }

bool holds(const SnapshotShelf::Set& set, const PublicKey& account) {
    return std::binary_search(set.begin(), set.end(), account);
}

/// A clock that was set back makes an age unknown.
bool is_within(Time since, Time now, std::chrono::milliseconds most) {
    return now >= since && now - since <= most;
}

bool is_gone(const AccountState& state) { return state.lamports == 0 && state.data.empty(); }

}  // namespace

// ---- what is asked for ----

SnapshotShelf::Changes SnapshotShelf::ask(const Set& set, Time now) {
    Changes changes = tidy(now);
    const auto known = sets_.find(set);
    if (known != sets_.end()) {
        known->second.asked_at = now;
        return changes;
    }
    const auto size = static_cast<std::size_t>(std::count_if(set.begin(), set.end(), is_listened_to));
    if (size > bounds_.accounts_most || bounds_.sets_most == 0) return changes;
    while (!has_room_for(set)) {
        const auto idle = idlest(now);
        if (idle == sets_.end()) return changes;
        drop(idle, changes);
    }
    Held held;
    held.asked_at = now;
    sets_.emplace(set, std::move(held));
    for (const PublicKey& account : set) {
        if (is_listened_to(account) && ++heard_[account].sets == 1) changes.begin.push_back(account);
    }
    return changes;
}

bool SnapshotShelf::has_room_for(const Set& set) const {
    const auto is_new = [this](const PublicKey& account) {
        return is_listened_to(account) && !heard_.contains(account);
    };
    const auto added = static_cast<std::size_t>(std::count_if(set.begin(), set.end(), is_new));
    return sets_.size() < bounds_.sets_most && heard_.size() + added <= bounds_.accounts_most;
}

/// The one that was not asked for for the longest, or nothing when all are in use.
SnapshotShelf::Sets::iterator SnapshotShelf::idlest(Time now) {
    const auto oldest = std::min_element(sets_.begin(), sets_.end(), [](const auto& a, const auto& b) {
        return a.second.asked_at < b.second.asked_at;
    });
    const bool is_idle =
        oldest != sets_.end() && !is_within(oldest->second.asked_at, now, bounds_.in_use_for);
    return is_idle ? oldest : sets_.end();
}

SnapshotShelf::Changes SnapshotShelf::tidy(Time now) {
    Changes changes;
    for (auto set = sets_.begin(); set != sets_.end();) {
        const auto next = std::next(set);
        if (!is_within(set->second.asked_at, now, bounds_.kept_for)) drop(set, changes);
        set = next;
    }
    return changes;
}

void SnapshotShelf::drop(Sets::iterator set, Changes& changes) {
    for (const PublicKey& account : set->first) {
        const auto heard = heard_.find(account);
        if (heard == heard_.end() || --heard->second.sets > 0) continue;
        heard_.erase(heard);
        changes.end.push_back(account);
    }
    sets_.erase(set);
}

std::optional<AccountsAtSlot> SnapshotShelf::find(const Set& set, Time now) const {
    const auto known = sets_.find(set);
    if (known == sets_.end() || !known->second.snapshot) return std::nullopt;
    const AccountsAtSlot& snapshot = *known->second.snapshot;
    if (!is_within(*snapshot.asked_at, now, bounds_.age_most)) return std::nullopt;
    return snapshot;
}

bool SnapshotShelf::is_wanted(const Set& set, Time now) const {
    const auto known = sets_.find(set);
    return known != sets_.end() && is_within(known->second.asked_at, now, bounds_.age_most);
}

bool SnapshotShelf::is_heard(const Set& set) const {
    return sets_.contains(set) && std::all_of(set.begin(), set.end(), [this](const PublicKey& account) {
               return !is_listened_to(account) || heard_.at(account).since.has_value();
           });
}

// ---- what is read ----

std::uint64_t SnapshotShelf::least_slot(const Set& set) const {
    const auto known = sets_.find(set);
    std::uint64_t least = 0;
    if (known == sets_.end() || known->second.unreached) return least;
    for (const PublicKey& account : set) {
        const auto heard = heard_.find(account);
        if (heard == heard_.end() || !heard->second.slot) continue;
        if (*heard->second.slot <= newest_read_ + ahead_most) least = std::max(least, *heard->second.slot);
    }
    return least;
}

void SnapshotShelf::unreached(const Set& set) {
    const auto known = sets_.find(set);
    if (known != sets_.end()) known->second.unreached = true;
}

bool SnapshotShelf::is_unreached(const Set& set) const {
    const auto known = sets_.find(set);
    return known != sets_.end() && known->second.unreached;
}

bool SnapshotShelf::is_outdated(const Set& set, const AccountsAtSlot& read) const {
    return std::any_of(set.begin(), set.end(), [&](const PublicKey& account) {
        const auto heard = heard_.find(account);
        return heard != heard_.end() && contradicts(account, heard->second, read);
    });
}

/// What was told of a slot after the snapshot's is a change since. Of the same slot it is one when it was
/// told otherwise than it was read: some nodes show a slot that is still under way.
bool SnapshotShelf::contradicts(const PublicKey& account, const Heard& heard, const AccountsAtSlot& read) {
    if (!heard.slot || *heard.slot < read.slot) return false;
    if (*heard.slot > read.slot) return true;
    const auto there = read.accounts.find(account);
    return there == read.accounts.end() ? !is_gone(heard.state) : there->second != heard.state;
}

bool SnapshotShelf::put(const Set& set, const Reading& reading, AccountsAtSlot read) {
    newest_read_ = std::max(newest_read_, read.slot);
    const auto known = sets_.find(set);
    if (known == sets_.end()) return false;
    if (is_outdated(set, read)) return false;
    known->second.unreached = false;
    const bool was_heard = is_heard(set) && std::all_of(set.begin(), set.end(), [&](const PublicKey& key) {
                               return !is_listened_to(key) || *heard_.at(key).since <= reading.hearings;
                           });
    if (!was_heard) return false;
    read.asked_at = reading.asked_at;
    known->second.snapshot = std::move(read);
    return true;
}

// ---- what is heard ----

std::vector<SnapshotShelf::Set> SnapshotShelf::changed(const PublicKey& account, std::uint64_t slot,
                                                       const AccountState& state) {
    std::vector<Set> broken;
    const auto found = heard_.find(account);
    if (found == heard_.end()) return broken;
    Heard& heard = found->second;
    // They need not come in their order.
    if (heard.slot && slot < *heard.slot) return broken;
    // A slot that cannot be is no reason to take nothing for new ever after; nor is it one to trust what is
    // there.
    const bool cannot_be = newest_read_ > 0 && slot > newest_read_ + ahead_most;
    if (!cannot_be) {
        heard.slot = slot;
        heard.state = state;
    }
    for (auto& [set, held] : sets_) {
        if (!held.snapshot || !holds(set, account)) continue;
        if (!cannot_be && !contradicts(account, heard, *held.snapshot)) continue;
        held.snapshot.reset();
        broken.push_back(set);
    }
    return broken;
}

std::vector<SnapshotShelf::Set> SnapshotShelf::listening(const PublicKey& account) {
    std::vector<Set> whole;
    const auto found = heard_.find(account);
    if (found == heard_.end()) return whole;
    found->second.since = ++hearings_;
    for (auto& [set, held] : sets_) {
        if (!holds(set, account)) continue;
        held.snapshot.reset();  // it was read before
        if (is_heard(set)) whole.push_back(set);
    }
    return whole;
}

void SnapshotShelf::silent(const PublicKey& account) {
    const auto found = heard_.find(account);
    if (found == heard_.end()) return;
    found->second.since.reset();
    for (auto& [set, held] : sets_) {
        if (holds(set, account)) held.snapshot.reset();
    }
}

}  // namespace libexec
