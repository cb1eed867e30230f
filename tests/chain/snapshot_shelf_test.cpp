#include "chain/solana/snapshot_shelf.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "libexec/base/random.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace std::chrono_literals;

namespace {

using Set = SnapshotShelf::Set;

constexpr Time shelf_start = Time(1'800'000'000s);

PublicKey shelf_key(std::uint8_t number) {
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = number;
    return PublicKey(bytes);
}

AccountState holding(std::uint64_t lamports) {
    AccountState state;
    state.lamports = lamports;
    return state;
}

AccountsAtSlot read_at(std::uint64_t slot, std::vector<std::pair<PublicKey, std::uint64_t>> holds) {
    AccountsAtSlot read;
    read.slot = slot;
    for (const auto& [account, lamports] : holds) read.accounts[account] = holding(lamports);
    return read;
}

ShelfBounds small_bounds() {
    ShelfBounds bounds;
    bounds.sets_most = 3;
    bounds.accounts_most = 5;
    bounds.in_use_for = 0ms;
    return bounds;
}

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

// ---- any order of things
// -------------------------------------------------------------------------------------

namespace {

constexpr std::size_t key_count = 7;

/// A chain, a node that tells of it, reads that take their time, and what anybody could know of all that.
class ShelfSweep {
public:
    explicit ShelfSweep(std::uint64_t seed) : random_(seed) {
        for (std::uint8_t i = 0; i < key_count; ++i) chain_[shelf_key(i)] = i + 1;
        past_[slot_] = chain_;
        for (const std::vector<std::uint8_t>& numbers :
             {std::vector<std::uint8_t>{0, 1}, {1, 2, 3}, {4}, {0, 5, 6}, {2, 6}, {3, 4, 5}}) {
            Set set;
            for (const std::uint8_t number : numbers) set.push_back(shelf_key(number));
            sets_.push_back(set);
        }
    }

    void step() {
        ++step_;
        switch (random_.below(16)) {
            case 0:
            case 1:
                now_ += std::chrono::milliseconds(random_.below(250));
                if (random_.below(800) == 0) now_ += 61s;
                if (random_.below(300) == 0) now_ -= 5s;
                break;
            case 2:
                past_[slot_] = chain_;
                slot_ += 1 + random_.below(2);
                break;
            case 3:
                change();
                break;
            case 4:
            case 5:
            case 6:
                tell();
                break;
            case 7:
                if (random_.below(8) == 0) {
                    for (auto& [account, node] : nodes_) fall_silent(account, node);
                } else if (random_.below(8) == 0 && !nodes_.empty()) {
                    const auto any =
                        std::next(nodes_.begin(), static_cast<std::ptrdiff_t>(random_.below(nodes_.size())));
                    fall_silent(any->first, any->second);
                }
                break;
            case 8:
                for (auto& [account, node] : nodes_) {
                    if (!node.listening && random_.below(2) == 0) begin_listening(account, node);
                }
                break;
            case 9:
            case 10:
            case 11:
                finish_read();
                break;
            default:
                ask(sets_[random_.below(random_.below(12) == 0 ? sets_.size() : 2)]);
        }
    }

    int served = 0;
    int served_of_now = 0;  ///< with nothing on its way: it has to be what stands there
    int broken = 0;

private:
    using Chain = std::map<PublicKey, std::uint64_t>;
    struct Told {
        std::uint64_t slot = 0;
        std::uint64_t lamports = 0;
    };
    struct Node {
        bool listening = false;
        std::uint64_t since = 0;  ///< step
        std::deque<Told> under_way;
        std::vector<Told> heard;  ///< in the order it was
    };
    struct Read {
        Set set;
        SnapshotShelf::Reading reading;
        std::uint64_t begun = 0;  ///< step
        AccountsAtSlot answer;
        bool is_late = false;  ///< by a node that lagged
    };

    void change() {
        const PublicKey account = shelf_key(static_cast<std::uint8_t>(random_.below(key_count)));
        chain_[account] = random_.below(4) == 0 ? 0 : ++last_value_;
        past_[slot_] = chain_;
        const auto node = nodes_.find(account);
        if (node != nodes_.end() && node->second.listening)
            node->second.under_way.push_back({slot_, chain_[account]});
    }

    /// Notices of one account overtake each other, though not within a slot.
    void tell() {
        for (auto& [account, node] : nodes_) {
            if (node.under_way.empty() || random_.below(2) == 0) continue;
            const std::size_t place = random_.below(4) == 0 ? random_.below(node.under_way.size()) : 0;
            std::size_t first = place;
            while (first > 0 && node.under_way[first - 1].slot == node.under_way[place].slot) --first;
            const Told told = node.under_way[first];
            node.under_way.erase(node.under_way.begin() + static_cast<std::ptrdiff_t>(first));
            node.heard.push_back(told);
            broken += static_cast<int>(shelf_.changed(account, told.slot, holding(told.lamports)).size());
        }
    }

    void fall_silent(const PublicKey& account, Node& node) {
        node.listening = false;
        node.under_way.clear();
        shelf_.silent(account);
    }
    void begin_listening(const PublicKey& account, Node& node) {
        node.listening = true;
        node.since = step_;
        shelf_.listening(account);
    }

    void ask(const Set& set) {
        const SnapshotShelf::Changes changes = shelf_.ask(set, now_);
        for (const PublicKey& account : changes.end) REQUIRE(nodes_.erase(account) == 1);
        for (const PublicKey& account : changes.begin) REQUIRE(nodes_.emplace(account, Node()).second);
        if (const auto found = shelf_.find(set, now_)) return judge(set, *found);
        for (const Read& read : reads_) {
            if (read.set == set) return;
        }
        Read read;
        read.set = set;
        read.reading = shelf_.begin(now_);
        read.begun = step_;
        const std::uint64_t least = shelf_.least_slot(set);
        read.is_late = random_.below(5) == 0;
        auto then = std::prev(past_.end());
        for (auto back = random_.below(4); read.is_late && back > 0 && then != past_.begin(); --back) --then;
        if (then->first < least) then = past_.lower_bound(least);
        REQUIRE(then != past_.end());
        read.is_late = then->second != chain_;
        read.answer.slot = then->first;
        for (const PublicKey& account : set) {
            if (then->second.at(account) != 0)
                read.answer.accounts[account] = holding(then->second.at(account));
        }
        reads_.push_back(std::move(read));
    }

    void finish_read() {
        if (reads_.empty()) return;
        const auto place = static_cast<std::ptrdiff_t>(random_.below(reads_.size()));
        const Read read = reads_[static_cast<std::size_t>(place)];
        reads_.erase(reads_.begin() + place);
        if (random_.below(10) == 0) return shelf_.unreached(read.set);
        if (shelf_.put(read.set, read.reading, read.answer)) put_[read.set] = read;
    }

    void judge(const Set& set, const AccountsAtSlot& found) {
        ++served;
        const Read& read = put_.at(set);
        // Whole, of one slot, and young enough.
        REQUIRE(found.slot == read.answer.slot);
        REQUIRE(found.accounts == read.answer.accounts);
        REQUIRE(found.asked_at == read.reading.asked_at);
        REQUIRE(now_ >= read.reading.asked_at);
        REQUIRE(now_ - read.reading.asked_at <= 2s);
        bool all_told = !read.is_late;
        for (const PublicKey& account : set) {
            const Node& node = nodes_.at(account);
            REQUIRE(node.listening);
            REQUIRE(node.since < read.begun);
            const Told* last = nullptr;
            for (const Told& told : node.heard) {
                if (last == nullptr || told.slot >= last->slot) last = &told;
            }
            if (last != nullptr) REQUIRE(last->slot <= found.slot);
            if (last != nullptr && last->slot == found.slot) REQUIRE(last->lamports == value(found, account));
            all_told = all_told && node.under_way.empty();
        }
        if (!all_told) return;
        ++served_of_now;
        for (const PublicKey& account : set) REQUIRE(value(found, account) == chain_.at(account));
    }
    static std::uint64_t value(const AccountsAtSlot& found, const PublicKey& account) {
        const auto there = found.accounts.find(account);
        return there == found.accounts.end() ? 0 : there->second.lamports;
    }

    Random random_;
    SnapshotShelf shelf_{small_bounds()};
    Time now_ = shelf_start;
    std::uint64_t step_ = 0;
    std::uint64_t slot_ = 1'000;
    std::uint64_t last_value_ = key_count;
    Chain chain_;
    std::map<std::uint64_t, Chain> past_;  ///< as each slot stands, or stood at its end
    std::vector<Set> sets_;
    std::map<PublicKey, Node> nodes_;  ///< what is listened to
    std::vector<Read> reads_;
    std::map<Set, Read> put_;
};

}  // namespace

TEST_CASE("whatever happens in whatever order: what is used again was not contradicted by anything heard") {
    int served = 0;
    int served_of_now = 0;
    int broken = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        CAPTURE(seed);
        ShelfSweep sweep(seed);
        for (int i = 0; i < 6'000; ++i) sweep.step();
        served += sweep.served;
        served_of_now += sweep.served_of_now;
        broken += sweep.broken;
    }
    // The sweep would prove nothing if it rarely came so far.
    CHECK(served > 1'000);
    CHECK(served_of_now > 500);
    CHECK(broken > 300);
}
