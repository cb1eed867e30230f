#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "journal_writer.hpp"
#include "libexec/chain/sim/sim_journal.hpp"
#include "sim_slots.hpp"

namespace libexec {

/// One signature and what becomes of it.
struct SimTransaction {
    enum class State : std::uint8_t { pending, landed_ok, landed_err, dropped };

    State state = State::pending;
    SimJournalLine::Fate fate = SimJournalLine::Fate::lands;
    std::uint8_t observations = 0;  ///< without waiting: how often it was asked for
    std::uint8_t final_at = 1;      ///< without waiting: the observation that finds it final
    std::uint32_t attempt = 0;
    OrderId order;
    std::uint64_t due_slot = 0;
    std::uint64_t slot = 0;  ///< where it landed
    std::uint64_t last_valid_height = 0;
    Amount executed_in;
    Amount executed_out;
    Amount limit;
    std::uint64_t sent_mark = 0;     ///< the journal's end after its sent line
    std::uint64_t outcome_mark = 0;  ///< and after its outcome

    bool landed() const { return state == State::landed_ok || state == State::landed_err; }
};

/// Every transaction the chain knows, and what is due next. Decides nothing: it writes down what the draw
/// said.
class SimLedger {
public:
    using Entry = std::pair<const std::string, SimTransaction>;

    explicit SimLedger(SimSlots& slots, JournalWriter& journal) : slots_(slots), journal_(journal) {}

    /// Takes one line of an earlier run. False when it contradicts the lines before.
    bool replay(const SimJournalLine& line);
    /// After the last line: what is still pending gets its place in the queue, or lands when nothing waits.
    void carry_on();

    Entry* find(const std::string& signature);
    /// A transaction that arrived just now.
    Entry& arrive(const SimJournalLine& sent);
    /// Everything due by now happens.
    void settle();
    void land(Entry& entry, std::uint64_t slot);
    /// From now on so many blocks of a million are taken back before they are final. What has landed stays.
    void fork_blocks(std::uint64_t seed, std::uint32_t rate_ppm) {
        seed_ = seed;
        fork_ppm_ = rate_ppm;
    }
    void drop(Entry& entry, std::uint64_t slot);
    /// A signature that never arrived and never may: it is dropped.
    Entry& bury(const std::string& signature, OrderId order, std::uint32_t attempt,
                std::uint64_t last_valid_height);
    /// Without waiting nobody's time comes: whatever may land does.
    void land_all();

    std::uint64_t size() const { return transactions_.size(); }

private:
    struct Due {
        std::uint64_t slot;
        std::uint64_t arrival;  ///< breaks ties, so that two runs write the same lines
        Entry* entry;
        bool fork = false;  ///< the block it landed in disappears
        bool operator<(const Due& other) const {
            return std::pair(slot, arrival) > std::pair(other.slot, other.arrival);
        }
    };
    void schedule(Entry& entry);
    /// How many slots after its own the block of that slot disappears; nothing: it stays.
    std::optional<std::uint64_t> forks_after(std::uint64_t slot) const;
    /// What landed in that block is pending again, or will never land.
    void take_back(Entry& entry, std::uint64_t slot);
    SimJournalLine outcome_line(const Entry& entry, SimJournalLine::Outcome outcome,
                                std::uint64_t slot) const;

    SimSlots& slots_;
    JournalWriter& journal_;
    std::unordered_map<std::string, SimTransaction> transactions_;  // its nodes stay where they are
    std::vector<Entry*>
        arrivals_;  ///< pending ones in the order they came, while nothing waits or until replay ends
    std::priority_queue<Due> due_;
    std::uint64_t arrived_ = 0;
    std::uint64_t seed_ = 0;
    std::uint32_t fork_ppm_ = 0;
};

}  // namespace libexec
