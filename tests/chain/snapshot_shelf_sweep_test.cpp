// The shelf, and any order of things.

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "chain/shelf_accounts.hpp"
#include "libexec/base/random.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

using Set = SnapshotShelf::Set;

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
