#include "chain/solana/snapshot_shelf.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "chain/shelf_accounts.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

using Set = SnapshotShelf::Set;

/// A shelf with one pair of accounts that is listened to, and was read in slot 100.
struct ShelfPair {
    const PublicKey a = shelf_key(1);
    const PublicKey b = shelf_key(2);
    const Set set{a, b};
    Time now = shelf_start;
    SnapshotShelf shelf{ShelfBounds()};

    ShelfPair() {
        shelf.ask(set, now);
        shelf.listening(a);
        shelf.listening(b);
        REQUIRE(read(100));
    }
    bool read(std::uint64_t slot, std::uint64_t of_a = 10) {
        return shelf.put(set, shelf.begin(now), read_at(slot, {{a, of_a}, {b, 20}}));
    }
    bool has() const { return shelf.find(set, now).has_value(); }
};

}  // namespace

TEST_SUITE("chain/snapshot_shelf") {
    TEST_CASE("a snapshot is used again once each of its accounts is listened to since before it was read") {
        const Set set{shelf_key(1), shelf_key(2), well_known::clock_sysvar};
        SnapshotShelf shelf{ShelfBounds()};
        CHECK(shelf.is_empty());
        const auto changes = shelf.ask(set, shelf_start);
        // The chain's clock changes in every slot: nobody listens to it.
        CHECK(changes.begin == std::vector{set[0], set[1]});
        CHECK(changes.end.empty());
        CHECK(shelf.ask(set, shelf_start).begin.empty());

        const AccountsAtSlot seen = read_at(100, {{set[0], 10}, {set[2], 1}});
        CHECK_FALSE(shelf.put(set, shelf.begin(shelf_start), seen));
        CHECK(shelf.listening(set[0]).empty());
        CHECK_FALSE(shelf.put(set, shelf.begin(shelf_start), seen));
        const auto too_early = shelf.begin(shelf_start);
        CHECK(shelf.listening(set[1]) == std::vector<Set>{set});
        CHECK(shelf.is_heard(set));
        CHECK_FALSE(shelf.put(set, too_early, seen));
        CHECK_FALSE(shelf.find(set, shelf_start));

        CHECK(shelf.put(set, shelf.begin(shelf_start), seen));
        const auto found = shelf.find(set, shelf_start + 1s);
        REQUIRE(found);
        CHECK(found->slot == 100);
        CHECK(found->accounts == seen.accounts);
        CHECK(found->asked_at == shelf_start);
        // Another set of the same accounts is another snapshot.
        CHECK_FALSE(shelf.find({set[0], set[1]}, shelf_start));
    }

    TEST_CASE("a change of a later slot breaks it, and one of its own slot when it was told otherwise") {
        ShelfPair pair;
        CHECK(pair.shelf.changed(pair.a, 99, holding(9)).empty());
        CHECK(pair.shelf.changed(pair.a, 100, holding(10)).empty());
        CHECK(pair.shelf.changed(shelf_key(9), 200, holding(1)).empty());
        CHECK(pair.has());
        CHECK(pair.shelf.changed(pair.a, 100, holding(11)) == std::vector<Set>{pair.set});
        CHECK_FALSE(pair.has());
        CHECK(pair.shelf.changed(pair.a, 101, holding(12)).empty());  // it is broken already

        // What was heard while it was read counts as well, and so does what was heard long before.
        CHECK_FALSE(pair.read(100));
        CHECK_FALSE(pair.read(101, 11));
        CHECK(pair.read(101, 12));
        CHECK(pair.shelf.changed(pair.b, 102, holding(20)) == std::vector<Set>{pair.set});
        // Out of their order: the highest slot counts.
        CHECK(pair.shelf.changed(pair.b, 101, holding(20)).empty());
        CHECK_FALSE(pair.read(101, 12));
        CHECK(pair.read(102, 12));
    }

    TEST_CASE("an account that is gone and one that was never there are the same") {
        ShelfPair pair;
        const PublicKey absent = shelf_key(3);
        const Set set{pair.a, absent};
        pair.shelf.ask(set, pair.now);
        pair.shelf.listening(absent);
        CHECK(pair.shelf.changed(absent, 100, AccountState{}).empty());
        CHECK(pair.shelf.put(set, pair.shelf.begin(pair.now), read_at(100, {{pair.a, 10}})));
        CHECK(pair.shelf.changed(absent, 100, holding(5)) == std::vector<Set>{set});
        CHECK(pair.has());
    }

    TEST_CASE("two seconds are the longest life, and a clock that was set back ends it") {
        ShelfPair pair;
        pair.now += 2s;
        CHECK(pair.has());
        CHECK(pair.shelf.is_wanted(pair.set, pair.now));
        pair.now += 1us;
        CHECK_FALSE(pair.has());
        CHECK_FALSE(pair.shelf.is_wanted(pair.set, pair.now));
        pair.now = shelf_start - 1us;
        CHECK_FALSE(pair.has());
        CHECK_FALSE(pair.shelf.is_wanted(pair.set, pair.now));
    }

    TEST_CASE("silence breaks it, and it stays so until it was read after listening began again") {
        ShelfPair pair;
        pair.shelf.silent(pair.b);
        CHECK_FALSE(pair.has());
        CHECK_FALSE(pair.shelf.is_heard(pair.set));
        CHECK_FALSE(pair.read(101));
        const auto across = pair.shelf.begin(pair.now);
        CHECK(pair.shelf.listening(pair.b) == std::vector<Set>{pair.set});
        CHECK_FALSE(pair.shelf.put(pair.set, across, read_at(102, {{pair.a, 10}, {pair.b, 20}})));
        CHECK(pair.read(102));
        // A gap without a silence before it is one all the same.
        CHECK(pair.shelf.listening(pair.a) == std::vector<Set>{pair.set});
        CHECK_FALSE(pair.has());
    }

    TEST_CASE("what nobody asks for goes, and so does what is too much; shared accounts stay while needed") {
        SnapshotShelf shelf{small_bounds()};
        const Set one{shelf_key(1), shelf_key(2)};
        const Set two{shelf_key(2), shelf_key(3)};
        const Set three{shelf_key(4), shelf_key(5)};
        shelf.ask(one, shelf_start);
        CHECK(shelf.ask(two, shelf_start + 1s).begin == std::vector{shelf_key(3)});
        CHECK(shelf.ask(three, shelf_start + 2s).begin == three);
        // Too many accounts: the set goes that was asked for the longest ago.
        const auto wide = shelf.ask({shelf_key(6)}, shelf_start + 3s);
        CHECK(wide.begin == std::vector{shelf_key(6)});
        CHECK(wide.end == std::vector{shelf_key(1)});
        // Too many sets.
        shelf.ask(two, shelf_start + 4s);
        CHECK(shelf.ask({shelf_key(2)}, shelf_start + 5s).end == three);
        // One that is larger than everything is not kept at all.
        Set all;
        for (std::uint8_t i = 1; i <= 6; ++i) all.push_back(shelf_key(i));
        const auto refused = shelf.ask(all, shelf_start + 6s);
        CHECK(refused.begin.empty());
        CHECK(refused.end.empty());
        CHECK_FALSE(shelf.is_heard(all));
        CHECK_FALSE(shelf.put(all, shelf.begin(shelf_start), read_at(1, {})));

        CHECK(shelf.tidy(shelf_start + 63s).end.empty());
        CHECK(shelf.tidy(shelf_start + 64s + 1us).end == std::vector{shelf_key(3), shelf_key(6)});
        CHECK(shelf.tidy(shelf_start + 65s + 1us).end == std::vector{shelf_key(2)});
        CHECK(shelf.is_empty());
        // What is asked for again is listened to anew, though it has just been let go.
        shelf.ask(one, shelf_start + 100s);
        const auto both = shelf.ask(one, shelf_start + 200s);
        CHECK(both.end == one);
        CHECK(both.begin == one);
        shelf.ask(one, shelf_start);  // a clock that was set back
        CHECK(shelf.tidy(shelf_start - 1us).end == one);
    }

    TEST_CASE("sets in use make no room for another, which is not kept then") {
        ShelfBounds bounds = small_bounds();
        bounds.in_use_for = 10s;
        SnapshotShelf shelf{bounds};
        const Set one{shelf_key(1), shelf_key(2)};
        const Set two{shelf_key(3), shelf_key(4)};
        const Set three{shelf_key(5), shelf_key(6)};
        shelf.ask(one, shelf_start);
        shelf.ask(two, shelf_start + 1s);
        // All three in turn, as quotes of three pairs ask: the first two stay.
        for (int turn = 2; turn < 8; ++turn) {
            const Time now = shelf_start + std::chrono::seconds(turn);
            const auto changes = shelf.ask(three, now);
            CHECK(changes.begin.empty());
            CHECK(changes.end.empty());
            CHECK_FALSE(shelf.put(three, shelf.begin(now), read_at(1, {})));
            shelf.ask(two, now);
        }
        // The first was not asked for since.
        const auto changes = shelf.ask(three, shelf_start + 10s + 1us);
        CHECK(changes.end == one);
        CHECK(changes.begin == three);
    }

    TEST_CASE("a read is to be of a slot that shows all changes, unless nobody can be asked who has it") {
        ShelfPair pair;
        CHECK(pair.shelf.least_slot(pair.set) == 0);
        pair.shelf.changed(pair.a, 103, holding(11));
        pair.shelf.changed(pair.b, 102, holding(21));
        CHECK(pair.shelf.least_slot(pair.set) == 103);
        CHECK(pair.shelf.least_slot({pair.b}) == 0);  // nobody has asked for it
        pair.shelf.unreached(pair.set);
        CHECK(pair.shelf.least_slot(pair.set) == 0);
        CHECK_FALSE(pair.read(102));
        CHECK(pair.shelf.least_slot(pair.set) == 0);
        CHECK(pair.read(104));
        CHECK(pair.shelf.least_slot(pair.set) == 103);
        // A slot that nobody has ever come near is a lie, and breaks what is there all the same.
        pair.shelf.changed(pair.a, 104 + SnapshotShelf::ahead_most, holding(12));
        CHECK(pair.shelf.least_slot(pair.set) == 104 + SnapshotShelf::ahead_most);
        CHECK(pair.read(104 + SnapshotShelf::ahead_most, 12));
        const std::uint64_t beyond = 105 + 2 * SnapshotShelf::ahead_most;
        CHECK(pair.shelf.changed(pair.a, beyond, holding(13)) == std::vector<Set>{pair.set});
        CHECK_FALSE(pair.has());
        // But it does not keep the shelf from taking what is read afterwards.
        CHECK(pair.shelf.least_slot(pair.set) == 104 + SnapshotShelf::ahead_most);
        CHECK(pair.read(110 + SnapshotShelf::ahead_most, 12));
    }
}
