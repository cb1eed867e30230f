#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/solana/chain_reader.hpp"

namespace libexec {

/// How much a shelf holds, and for how long.
struct ShelfBounds {
    std::size_t sets_most = 128;
    std::size_t accounts_most = 600;  ///< of all sets together, that are to be listened to
    /// A snapshot is used no longer than this after the chain was asked for it, whatever was heard: a node
    /// that has fallen silent without a word does no more harm than that.
    std::chrono::milliseconds age_most{2'000};
    std::chrono::milliseconds kept_for{60'000};  ///< since a set was asked for
    /// Since then it does not make room for another: more sets than there is room for, asked for in turn,
    /// would push each other out each time, and be listened to for nothing.
    std::chrono::milliseconds in_use_for{10'000};
};

/// Snapshots of the chain's accounts that were read, each for as long as it can be used again. A snapshot is
/// of one slot and stays whole: nothing is ever put into it that was read or heard later. It is of use while
/// every one of its accounts has been listened to without a break since before it was read, and nothing that
/// was heard contradicts it. The chain's clock, which changes in every slot, is not listened to.
///
/// Knows neither sockets nor time: it says what to listen to, and is told what was heard. Times may jump.
class SnapshotShelf {
public:
    /// What is read together: addresses in their order, each once.
    using Set = std::vector<PublicKey>;
    /// What is to be listened to from now on, and what no longer. End first: one may be in both.
    struct Changes {
        std::vector<PublicKey> end;
        std::vector<PublicKey> begin;
    };
    /// A read that is under way.
    struct Reading {
        Time asked_at;
        std::uint64_t hearings = 0;  ///< so often had it begun to be listened to anything
    };

    explicit SnapshotShelf(ShelfBounds bounds) : bounds_(bounds) {}

    /// Somebody asks for a set. Sets that are not in use make room for it, those that were not asked for for
    /// the longest first; when that is not enough it is not kept.
    Changes ask(const Set& set, Time now);
    /// The sets that nobody has asked for lately go.
    Changes tidy(Time now);
    bool is_empty() const { return sets_.empty(); }

    /// Its snapshot, when there is one that can be used now.
    std::optional<AccountsAtSlot> find(const Set& set, Time now) const;
    /// Somebody has asked for it so lately that a snapshot would be used.
    bool is_wanted(const Set& set, Time now) const;
    /// Each of its accounts is listened to.
    bool is_heard(const Set& set) const;

    /// A read begins.
    Reading begin(Time now) const { return Reading{now, hearings_}; }
    /// The least slot that a read of the set has to be of to show all changes that were heard of.
    std::uint64_t least_slot(const Set& set) const;
    /// Nobody who can be asked has reached it: the node that told of the change is ahead of all others, or
    /// lies. It is 0 from now on, until a read shows all that was heard of.
    void unreached(const Set& set);
    bool is_unreached(const Set& set) const;
    /// Whether something that was heard contradicts what was read.
    bool is_outdated(const Set& set, const AccountsAtSlot& read) const;
    /// The read has come to its end. Whether the snapshot can be used again.
    bool put(const Set& set, const Reading& reading, AccountsAtSlot read);

    /// An account changed. Which sets have no snapshot any more, and had one.
    std::vector<Set> changed(const PublicKey& account, std::uint64_t slot, const AccountState& state);
    /// Changes of the account are told from now on. Which sets are listened to as a whole since.
    std::vector<Set> listening(const PublicKey& account);
    /// They no longer are.
    void silent(const PublicKey& account);

    /// A slot so far beyond all that was ever read is no slot to wait for: a minute.
    static constexpr std::uint64_t ahead_most = 150;

private:
    struct Held {
        Time asked_at;
        std::optional<AccountsAtSlot> snapshot;
        bool unreached = false;
    };
    struct Heard {
        std::size_t sets = 0;
        std::optional<std::uint64_t> since;  ///< which hearing it is; nothing while it is not listened to
        std::optional<std::uint64_t> slot;   ///< of the last change that was told
        AccountState state;                  ///< as it was told
    };
    using Sets = std::map<Set, Held>;

    void drop(Sets::iterator set, Changes& changes);
    bool has_room_for(const Set& set) const;
    Sets::iterator idlest(Time now);
    static bool contradicts(const PublicKey& account, const Heard& heard, const AccountsAtSlot& read);

    const ShelfBounds bounds_;
    Sets sets_;
    std::map<PublicKey, Heard> heard_;
    std::uint64_t hearings_ = 0;
    std::uint64_t newest_read_ = 0;  ///< slot
};

}  // namespace libexec
