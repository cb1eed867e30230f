#include "libexec/chain/sim/sim_chain.hpp"

#include <algorithm>
#include <optional>

#include "journal_writer.hpp"
#include "libexec/base/random.hpp"
#include "libexec/chain/sim/sim_journal.hpp"
#include "libexec/chain/sim/sim_signer.hpp"
#include "libexec/model/mint.hpp"
#include "libexec/model/sim_message.hpp"
#include "sim_draws.hpp"
#include "sim_ledger.hpp"
#include "sim_node.hpp"
#include "sim_slots.hpp"

namespace libexec {
namespace {

using Outcome = SimJournalLine::Outcome;
using Fate = SimJournalLine::Fate;
using State = SimTransaction::State;

constexpr std::uint64_t fee_lamports = 5'000;
constexpr std::uint8_t dead_at_observation = 3;
constexpr std::uint64_t node_lag_slots_below = 3;
constexpr std::chrono::milliseconds halted_pause{1};

std::string blockhash_of(std::uint64_t seed, std::uint64_t slot) {
    Random words(derive_seed(derive_seed(seed, "blockhash"), slot));
    Mint::Bytes bytes{};
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        std::uint64_t word = words.next();
        for (std::size_t k = 0; k < 8; ++k, word >>= 8) bytes[i + k] = static_cast<std::uint8_t>(word & 0xff);
    }
    return to_base58(bytes.data(), bytes.size());
}

/// The message inside the signed bytes, if they are what they claim to be.
Result<SimMessage> opened(const Attempt& attempt) {
    constexpr std::size_t head = 64;
    const Bytes& bytes = attempt.signed_bytes;
    if (bytes.size() <= head) return reject(Reason::chain_rejected, "these are not signed bytes");
    const auto signature = sim_signature(bytes.data() + head, bytes.size() - head);
    if (!std::equal(signature.begin(), signature.end(), bytes.begin())) {
        return reject(Reason::chain_rejected, "the signature does not belong to the message");
    }
    if (to_base58(signature.data(), signature.size()) != attempt.signature) {
        return reject(Reason::chain_rejected, "the attempt names another signature than its bytes carry");
    }
    return decode_sim_message(bytes.data() + head, bytes.size() - head);
}

Rejection journal_trouble() {
    return reject(Reason::service_unavailable, "the simulated chain cannot write its journal");
}

Rejection too_late() {
    return reject(Reason::stale_blockhash, "the blockhash has expired: this can never land");
}

}  // namespace

struct SimChain::Impl {
    Impl(SimChainConfig chain_config, asio::io_context& io, const Clock& chain_clock, Timers& chain_timers,
         Log& chain_log)
        : config(std::move(chain_config)),
          clock(chain_clock),
          timers(chain_timers),
          log(chain_log),
          slots(chain_clock, config.time_scale_ppm),
          journal(config.journal_path, config.journal_thread, io, chain_log),
          ledger(slots, journal) {
        troubles.nodes = config.nodes;
        for (std::size_t i = 0; i < troubles.nodes.size(); ++i) {
            sim_nodes.push_back(std::make_shared<SimNode>("node-" + std::to_string(i + 1), troubles.nodes[i],
                                                          lag_of(i), slots, ledger));
        }
        nodes.assign(sim_nodes.begin(), sim_nodes.end());
        heed_troubles();
    }

    std::uint64_t lag_of(std::size_t node) const {
        const std::uint64_t own =
            Random(derive_seed(derive_seed(config.seed, "lag"), node)).below(node_lag_slots_below);
        return std::min(own + troubles.nodes[node].lag_slots, SimSlots::first / 2);
    }

    void heed_troubles() {
        lag_most = 0;
        for (std::size_t i = 0; i < sim_nodes.size(); ++i) {
            sim_nodes[i]->become(troubles.nodes[i], lag_of(i));
            lag_most = std::max(lag_most, lag_of(i));
        }
        ledger.fork_blocks(config.seed, slots.waits() ? troubles.fork : 0);
    }

    ~Impl() {
        if (slots.waits()) {
            ledger.settle();
        } else {
            ledger.land_all();
        }
    }

    void open() {
        std::optional<SimJournalLine> last_start;
        std::uint64_t seen = 0;
        std::uint64_t number = 0;
        const auto replay = [&](const SimJournalLine& line) {
            ++number;
            seen = std::max(seen, line.slot);
            if (line.outcome == Outcome::start) last_start = line;
            if (!last_start || !ledger.replay(line)) {
                throw std::runtime_error("line " + std::to_string(number) +
                                         " of the simulated chain's journal " + config.journal_path +
                                         " contradicts the lines before it");
            }
        };
        SimJournalSize size;
        if (!config.journal_path.empty()) size = read_sim_journal(config.journal_path, replay);
        if (size.torn_bytes > 0) {
            log.warn("chain.journal_torn", "a crash cut the last line of the journal short; it is dropped",
                     {{"path", config.journal_path}, {"bytes", std::to_string(size.torn_bytes)}});
            journal.truncate(size.whole_bytes);
        }
        if (last_start) slots.carry_on(last_start->slot, last_start->at, last_start->time_scale_ppm, seen);

        SimJournalLine start;
        start.slot = slots.base_slot();
        start.height = SimSlots::height_of(start.slot);
        start.at = slots.base_at();
        start.time_scale_ppm = config.time_scale_ppm;
        journal.append(start.to_json());
        ledger.carry_on();
        log.info("chain.opened", "the simulated chain is open",
                 {{"slot", std::to_string(start.slot)}, {"transactions", std::to_string(ledger.size())}});
    }

    Task<void> call() {
        const auto latency =
            std::chrono::microseconds(config.call_latency).count() * config.time_scale_ppm / 1'000'000;
        if (latency > 0) co_await timers.sleep_for(std::chrono::microseconds(latency));
        heed_stall();
    }

    /// Halts the chain when it is to stall, and lets it go on from the moment the stall was over.
    void heed_stall() {
        std::optional<SimFault> fault;
        if (config.faults != nullptr) fault = config.faults->find(SimFaults::chain);
        const bool stalls = fault && fault->mode == SimFaultMode::stall;
        if (stalls || troubles.stall) {
            if (!slots.halted()) slots.halt();
            stalled_until.reset();
            if (!troubles.stall) stalled_until = fault->until;
        } else if (slots.halted()) {
            slots.go_on(stalled_until ? std::min(*stalled_until, clock.now()) : clock.now());
        }
    }

    /// Drawn from the seed, the purpose and what the transaction is, nothing else.
    std::uint64_t draw_for(std::string_view purpose, const SwapPlan& plan) const {
        const std::uint64_t order = derive_seed(derive_seed(config.seed, purpose), plan.chance_key);
        return derive_seed(derive_seed(order, plan.attempt), plan.quote.venue);
    }

    bool is_lost(const SwapPlan& plan) const {
        if (hits(troubles.drop, draw_for("drop", plan))) return true;
        if (config.faults == nullptr) return false;
        const std::optional<SimFault> fault = config.faults->find(SimFaults::chain);
        return fault && fault->mode == SimFaultMode::drop && libexec::hits(*fault, draw_for("fault", plan));
    }

    static bool hits(std::uint32_t rate_ppm, std::uint64_t seed) {
        return Random(seed).below(1'000'000) < rate_ppm;
    }

    /// Whether a line handed in now would get to the file; tries again when the last one did not.
    Task<bool> journal_works() {
        if (!journal.failing()) co_return true;
        co_return co_await journal.on_file(journal.end());
    }

    std::uint64_t finalized_height() { return SimSlots::height_of(slots.now() - SimSlots::finality_lag); }

    SimJournalLine sent_line(const SimMessage& message, const SimDraw& draw, const std::string& signature) {
        const SwapPlan& plan = message.plan;
        SimJournalLine line;
        line.outcome = Outcome::sent;
        line.slot = slots.now();
        line.height = SimSlots::height_of(line.slot);
        line.signature = signature;
        line.order = plan.order;
        line.attempt = plan.attempt;
        line.amount_in = plan.quote.amount_in;
        line.amount_out = plan.quote.amount_out;
        line.last_valid_height = message.anchor.last_valid_height;
        line.executed_in = draw.executed_in;
        line.executed_out = draw.executed_out;
        line.limit = plan.limit;
        line.fate = draw.fate == Fate::lands && !draw.within_limit ? Fate::slips : draw.fate;
        if (is_lost(plan)) line.fate = Fate::drops;

        const std::uint64_t last_slot = SimSlots::slot_of(line.last_valid_height);
        line.due_slot = draw.late ? last_slot - draw.blocks_to_spare
                                  : slots.after(draw.final_after_us) - SimSlots::finality_lag;
        line.due_slot = std::max(line.due_slot, line.slot + 1);
        if (slots.waits() && line.due_slot > last_slot) line.fate = Fate::drops;
        return line;
    }

    SimLedger::Entry& arrive(const SimMessage& message, const std::string& signature) {
        SimDraw draw = draw_outcome(message.plan, config.seed, config.failure_rate_ppm, config.drift_bps);
        if (hits(troubles.late, draw_for("late", message.plan))) draw.late = true;
        SimLedger::Entry& entry = ledger.arrive(sent_line(message, draw, signature));
        entry.second.final_at = draw.final_at;
        return entry;
    }

    /// Without waiting: one more observation of this transaction, and what it brings about.
    void observed(SimLedger::Entry& entry) {
        SimTransaction& transaction = entry.second;
        if (transaction.observations < UINT8_MAX) ++transaction.observations;
        const bool near = transaction.observations + 1 >= transaction.final_at;
        if (transaction.state == State::pending && transaction.fate != Fate::drops && near) {
            ledger.land(entry, slots.now());
        }
        if (transaction.landed() && transaction.observations >= transaction.final_at) {
            slots.leap_to(transaction.slot + SimSlots::finality_lag);
        }
    }

    Landed landed(const SimTransaction& transaction) {
        Landed landed;
        landed.ok = transaction.state == State::landed_ok;
        landed.slot = transaction.slot;
        landed.fee_lamports = fee_lamports;
        const std::uint64_t depth = slots.now() - transaction.slot;
        const bool final = slots.waits() ? depth >= SimSlots::finality_lag
                                         : transaction.observations >= transaction.final_at;
        if (final) {
            landed.commitment = Commitment::finalized;
        } else if (slots.waits() && depth > 0) {
            landed.commitment = Commitment::confirmed;
        }
        if (landed.ok) {
            landed.amount_in = transaction.executed_in;
            landed.amount_out = transaction.executed_out;
        } else if (transaction.fate == Fate::slips) {
            landed.error = reject(Reason::slippage_exceeded,
                                  "the swap would take " + transaction.executed_in.to_string() +
                                      " and give " + transaction.executed_out.to_string() +
                                      " base units, beyond the limit of " + transaction.limit.to_string());
        } else {
            landed.error =
                reject(Reason::account_in_use, "another transaction holds an account this one writes");
        }
        return landed;
    }

    /// Whether it is worth asking the nodes for a proof. Without waiting, the chain leaps to where one holds.
    bool may_be_dead(const Attempt& attempt, SimLedger::Entry* entry) {
        const std::uint64_t last = entry ? entry->second.last_valid_height : attempt.last_valid_height;
        if (slots.waits()) return finalized_height() > last;
        std::uint8_t& seen = entry ? entry->second.observations : absent[attempt.signature];
        if (!entry && seen < UINT8_MAX) ++seen;
        if (seen < dead_at_observation) return false;
        slots.leap_to(SimSlots::slot_of(last) + SimSlots::finality_lag + lag_most + 1);
        return true;
    }

    SimChainConfig config;
    SimTroubles troubles;
    const Clock& clock;
    Timers& timers;
    Log& log;
    SimSlots slots;
    JournalWriter journal;
    SimLedger ledger;
    std::vector<std::shared_ptr<SimNode>> sim_nodes;
    std::vector<std::shared_ptr<ChainNode>> nodes;  ///< the same
    std::uint64_t lag_most = 0;
    std::optional<Time> stalled_until;  ///< while the chain is halted: when that is over by itself
    /// Without waiting: how often a signature was asked for that never arrived.
    std::unordered_map<std::string, std::uint8_t> absent;
};

SimChain::SimChain(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SimChain::~SimChain() = default;

Task<Result<Anchor>> SimChain::anchor() {
    Impl& chain = *impl_;
    co_await chain.call();
    chain.ledger.settle();
    const bool works = co_await chain.journal_works();
    if (!works) co_return journal_trouble();
    Anchor anchor;
    anchor.slot = chain.slots.now();
    anchor.last_valid_height = SimSlots::height_of(anchor.slot) + chain.config.blockhash_validity_blocks;
    anchor.blockhash = blockhash_of(chain.config.seed, anchor.slot);
    co_return anchor;
}

Task<Result<Done>> SimChain::send(CommittedIntent intent) {
    Attempt attempt = intent.attempt();
    co_return co_await deliver(std::move(attempt));
}

Task<Result<Done>> SimChain::deliver(Attempt attempt) {
    Impl& chain = *impl_;
    co_await chain.call();
    chain.slots.tick();
    chain.ledger.settle();
    const bool works = co_await chain.journal_works();
    if (!works) co_return journal_trouble();

    SimLedger::Entry* entry = chain.ledger.find(attempt.signature);
    if (entry == nullptr) {
        const Result<SimMessage> message = opened(attempt);
        if (!message) co_return message.error();
        const std::uint64_t height = SimSlots::height_of(chain.slots.now());
        if (chain.slots.waits() && height > message.value().anchor.last_valid_height) co_return too_late();
        entry = &chain.arrive(message.value(), attempt.signature);
        chain.absent.erase(attempt.signature);
    } else if (entry->second.state == State::dropped) {
        co_return too_late();
    }
    const bool written = co_await chain.journal.on_file(entry->second.sent_mark);
    if (!written) co_return journal_trouble();
    co_return Done();
}

Task<Observation> SimChain::observe(Attempt attempt) {
    SimLook seen = co_await look(attempt);
    if (seen.landed) co_return std::move(*seen.landed);
    if (!seen.may_be_dead) co_return Unknown();
    ExpiryVerdict verdict = co_await prove_expiry(impl_->nodes, attempt.signature, seen.last_valid_height);
    if (!std::holds_alternative<ProvablyDead>(verdict)) co_return Unknown();
    attempt.last_valid_height = seen.last_valid_height;
    const bool recorded = co_await declare_dead(std::move(attempt));
    if (!recorded) co_return Unknown();
    co_return std::get<ProvablyDead>(std::move(verdict));
}

Task<SimLook> SimChain::look(Attempt attempt) {
    Impl& chain = *impl_;
    co_await chain.call();
    chain.slots.tick();
    chain.ledger.settle();
    SimLook seen;
    SimLedger::Entry* const entry = chain.ledger.find(attempt.signature);
    seen.last_valid_height = entry ? entry->second.last_valid_height : attempt.last_valid_height;
    if (chain.slots.halted() && !chain.slots.waits()) {
        // Nothing waits, nothing moves: whoever asks again at once would never let anybody else run.
        co_await chain.timers.sleep_for(halted_pause);
        if (entry == nullptr || !entry->second.landed()) co_return seen;
    }
    if (entry != nullptr && !chain.slots.waits()) chain.observed(*entry);
    if (entry != nullptr && entry->second.landed()) {
        const Landed landed = chain.landed(entry->second);
        const bool written = co_await chain.journal.on_file(entry->second.outcome_mark);
        if (written) seen.landed = landed;
        co_return seen;
    }
    seen.may_be_dead = chain.may_be_dead(attempt, entry);
    co_return seen;
}

Task<bool> SimChain::declare_dead(Attempt attempt) {
    Impl& chain = *impl_;
    chain.ledger.settle();
    SimLedger::Entry* buried = chain.ledger.find(attempt.signature);
    if (buried == nullptr) {
        if (chain.slots.waits() && chain.finalized_height() <= attempt.last_valid_height) co_return false;
        buried =
            &chain.ledger.bury(attempt.signature, attempt.order, attempt.number, attempt.last_valid_height);
        chain.absent.erase(attempt.signature);
    } else if (buried->second.state == State::pending) {
        if (chain.slots.waits() || buried->second.fate != Fate::drops) co_return false;
        chain.ledger.drop(*buried, chain.slots.now());
    }
    if (buried->second.state != State::dropped) co_return false;
    co_return co_await chain.journal.on_file(buried->second.outcome_mark);
}

void SimChain::set_troubles(const SimTroubles& troubles) {
    impl_->ledger.settle();
    impl_->troubles = troubles;
    impl_->heed_troubles();
    impl_->heed_stall();
}

const SimTroubles& SimChain::troubles() const { return impl_->troubles; }
std::uint64_t SimChain::slot() { return impl_->slots.now(); }
std::uint64_t SimChain::height() { return SimSlots::height_of(slot()); }
std::uint64_t SimChain::transactions() const { return impl_->ledger.size(); }
const std::vector<std::shared_ptr<ChainNode>>& SimChain::nodes() const { return impl_->nodes; }

std::unique_ptr<SimChain> open_sim_chain(SimChainConfig config, asio::io_context& io, const Clock& clock,
                                         Timers& timers, Log& log) {
    auto impl = std::make_unique<SimChain::Impl>(std::move(config), io, clock, timers, log);
    impl->open();
    return std::unique_ptr<SimChain>(new SimChain(std::move(impl)));
}

}  // namespace libexec
