#include "sim_ledger.hpp"

#include <algorithm>

#include "libexec/base/random.hpp"

namespace libexec {

using Outcome = SimJournalLine::Outcome;
using Fate = SimJournalLine::Fate;
using State = SimTransaction::State;

namespace {

/// The first slot at which the chain itself, at finality, is beyond the height.
std::uint64_t dead_slot(std::uint64_t last_valid_height) {
    return SimSlots::slot_of(last_valid_height) + SimSlots::finality_lag + 1;
}

SimTransaction transaction_of(const SimJournalLine& sent) {
    SimTransaction transaction;
    transaction.fate = sent.fate;
    transaction.attempt = sent.attempt;
    transaction.order = sent.order;
    transaction.due_slot = sent.due_slot;
    transaction.last_valid_height = sent.last_valid_height;
    transaction.executed_in = sent.executed_in;
    transaction.executed_out = sent.executed_out;
    transaction.limit = sent.limit;
    return transaction;
}

}  // namespace

bool SimLedger::replay(const SimJournalLine& line) {
    if (line.outcome == Outcome::start) return true;
    const auto known = transactions_.find(line.signature);
    if (line.outcome == Outcome::sent) {
        if (known != transactions_.end()) return false;
        const auto placed = transactions_.emplace(line.signature, transaction_of(line)).first;
        arrivals_.push_back(&*placed);
        return true;
    }
    if (known == transactions_.end()) {
        if (line.outcome != Outcome::dropped) return false;
        SimTransaction buried;
        buried.state = State::dropped;
        buried.attempt = line.attempt;
        buried.order = line.order;
        transactions_.emplace(line.signature, buried);
        return true;
    }
    SimTransaction& transaction = known->second;
    if (line.outcome == Outcome::forked) {
        if (!transaction.landed()) return false;
        transaction.state = State::pending;
        transaction.fate = line.fate;
        transaction.due_slot = line.due_slot;
        return true;
    }
    if (transaction.state != State::pending) return false;
    transaction.slot = line.slot;
    transaction.state = line.outcome == Outcome::landed_ok    ? State::landed_ok
                        : line.outcome == Outcome::landed_err ? State::landed_err
                                                              : State::dropped;
    return true;
}

void SimLedger::carry_on() {
    std::erase_if(arrivals_, [](const Entry* entry) { return entry->second.state != State::pending; });
    if (!slots_.waits()) return land_all();
    for (Entry* entry : arrivals_) schedule(*entry);
    arrivals_.clear();
    settle();
}

SimLedger::Entry* SimLedger::find(const std::string& signature) {
    const auto known = transactions_.find(signature);
    return known == transactions_.end() ? nullptr : &*known;
}

SimLedger::Entry& SimLedger::arrive(const SimJournalLine& sent) {
    Entry& entry = *transactions_.emplace(sent.signature, transaction_of(sent)).first;
    entry.second.sent_mark = journal_.append(sent.to_json());
    if (slots_.waits()) {
        schedule(entry);
    } else {
        arrivals_.push_back(&entry);
        // Most have ended by the time the list has doubled; forgetting those keeps it short.
        if (arrivals_.size() == arrivals_.capacity()) {
            std::erase_if(arrivals_, [](const Entry* one) { return one->second.state != State::pending; });
        }
    }
    return entry;
}

void SimLedger::schedule(Entry& entry) {
    const SimTransaction& transaction = entry.second;
    const bool lost = transaction.fate == Fate::drops;
    due_.push({lost ? dead_slot(transaction.last_valid_height) : transaction.due_slot, ++arrived_, &entry});
}

void SimLedger::settle() {
    if (due_.empty()) return;
    const std::uint64_t now = slots_.now();
    while (!due_.empty() && due_.top().slot <= now) {
        const Due next = due_.top();
        due_.pop();
        if (next.fork) {
            take_back(*next.entry, next.slot);
        } else if (next.entry->second.fate == Fate::drops) {
            drop(*next.entry, next.slot);
        } else {
            land(*next.entry, next.slot);
        }
    }
}

void SimLedger::land(Entry& entry, std::uint64_t slot) {
    SimTransaction& transaction = entry.second;
    const bool ok = transaction.fate == Fate::lands;
    transaction.state = ok ? State::landed_ok : State::landed_err;
    transaction.slot = slot;
    SimJournalLine line = outcome_line(entry, ok ? Outcome::landed_ok : Outcome::landed_err, slot);
    if (ok) {
        line.amount_in = transaction.executed_in;
        line.amount_out = transaction.executed_out;
    } else {
        line.error = std::string(
            to_string(transaction.fate == Fate::slips ? Reason::slippage_exceeded : Reason::account_in_use));
    }
    transaction.outcome_mark = journal_.append(line.to_json());
    if (const auto later = forks_after(slot)) due_.push({slot + *later, ++arrived_, &entry, true});
}

std::optional<std::uint64_t> SimLedger::forks_after(std::uint64_t slot) const {
    if (fork_ppm_ == 0) return std::nullopt;
    Random block(derive_seed(derive_seed(seed_, "fork"), slot));
    if (block.below(1'000'000) >= fork_ppm_) return std::nullopt;
    return 1 + block.below(SimSlots::finality_lag - 1);
}

void SimLedger::take_back(Entry& entry, std::uint64_t slot) {
    constexpr std::uint64_t again_within_slots = 4;
    SimTransaction& transaction = entry.second;
    const std::uint64_t block = derive_seed(derive_seed(seed_, "again"), transaction.slot);
    Random chance(derive_seed(block, std::string_view(entry.first)));
    const bool again = chance.below(2) == 0;
    const std::uint64_t due = slot + 1 + chance.below(again_within_slots);
    transaction.state = State::pending;
    if (again && due <= SimSlots::slot_of(transaction.last_valid_height)) {
        transaction.due_slot = due;
    } else {
        transaction.fate = Fate::drops;
    }
    SimJournalLine line = outcome_line(entry, Outcome::forked, slot);
    line.fate = transaction.fate;
    line.due_slot = transaction.due_slot;
    transaction.outcome_mark = journal_.append(line.to_json());
    schedule(entry);
}

void SimLedger::drop(Entry& entry, std::uint64_t slot) {
    entry.second.state = State::dropped;
    entry.second.slot = slot;
    entry.second.outcome_mark = journal_.append(outcome_line(entry, Outcome::dropped, slot).to_json());
}

SimLedger::Entry& SimLedger::bury(const std::string& signature, OrderId order, std::uint32_t attempt,
                                  std::uint64_t last_valid_height) {
    SimTransaction buried;
    buried.order = order;
    buried.attempt = attempt;
    buried.last_valid_height = last_valid_height;
    Entry& entry = *transactions_.emplace(signature, buried).first;
    drop(entry, slots_.now());
    return entry;
}

void SimLedger::land_all() {
    for (Entry* entry : arrivals_) {
        const SimTransaction& transaction = entry->second;
        if (transaction.state == State::pending && transaction.fate != Fate::drops) {
            slots_.tick();
            land(*entry, slots_.now());
        }
    }
    std::erase_if(arrivals_, [](const Entry* entry) { return entry->second.state != State::pending; });
}

SimJournalLine SimLedger::outcome_line(const Entry& entry, Outcome outcome, std::uint64_t slot) const {
    SimJournalLine line;
    line.outcome = outcome;
    line.slot = slot;
    line.height = SimSlots::height_of(slot);
    line.signature = entry.first;
    line.order = entry.second.order;
    line.attempt = entry.second.attempt;
    return line;
}

}  // namespace libexec
