#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/chain/expiry_proof.hpp"
#include "libexec/chain/sim/sim_troubles.hpp"
#include "libexec/model/sim_faults.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Unit: parts per million for the time scale and the failure rate, as in SimMarketConfig.
struct SimChainConfig {
    std::uint64_t seed = 1;
    std::uint32_t time_scale_ppm = 1'000'000;
    std::uint32_t failure_rate_ppm = 50'000;
    std::string journal_path;    ///< empty: none is kept, the chain dies with the process
    bool journal_thread = true;  ///< false: written in place, for simulations on one thread
    std::uint64_t blockhash_validity_blocks = 20;
    std::uint32_t drift_bps = 50;  ///< how far the executed price may be from the quote, either way
    std::chrono::milliseconds call_latency{20};                  ///< of each call to a node, times the scale
    std::array<SimNodeFaults, SimTroubles::node_count> nodes{};  ///< from the start on
    const SimFaults* faults = nullptr;  ///< set from outside while it runs; outlives the chain
};

/// What the chain itself knows of a transaction, before anybody has proved anything.
struct SimLook {
    std::optional<Landed> landed;
    bool may_be_dead = false;             ///< worth asking the nodes for a proof
    std::uint64_t last_valid_height = 0;  ///< of the transaction
};

/// A chain that lives in this process and in its journal.
///
/// Slots take 400 ms times the scale, whether anybody looks or not; a transaction sent before a crash may
/// have landed when the chain is opened again. Heights are below slots by a constant. What becomes of a
/// transaction is drawn once from (seed, chance_key, attempt, venue) when it first arrives. Of the failure
/// rate, four tenths never land, four tenths land with account_in_use, two tenths land near the end of their
/// validity; everything else is final 2-3 s after `send`. The executed price drifts from the quote, and
/// beyond the limit of the message it lands with slippage_exceeded. Every landing costs 5000 lamports. The
/// same signature is one transaction, however often it is sent. Nothing here knows that two transactions
/// belong to one order: both land, so that an engine which sends two is caught.
///
/// The fault `drop` loses transactions as they arrive, by a draw from (seed, chance_key, attempt, venue). The
/// fault `stall` halts the chain: no slot passes, so nothing lands and nothing expires, until it is over; it
/// is noticed at the next call.
///
/// `set_troubles` switches more of them while it runs. A fork takes a block with all that landed in it back
/// one or two slots later, by a draw from (seed, slot), and writes `forked`; by a draw from (seed, slot,
/// signature) half of those transactions land again within four slots, the others never. Without waiting
/// there are no forks.
///
/// Without waiting (scale 0) slots advance by one with each send and observation, and what arrived never goes
/// stale: a landing transaction is final at its own 1st to 3rd observation, a lost one is proven dead at its
/// own 3rd, for which the chain leaps ahead to where the proof holds. A signature once declared dead is
/// refused for good. So the draw alone decides, never how many orders run beside. Transactions that nobody
/// observes land when the chain is closed or opened.
class SimChain final : public Chain {
public:
    ~SimChain() override;

    /// Errors: service_unavailable while the journal cannot be written.
    Task<Result<Anchor>> anchor() override;
    /// `sent` is on file when it returns. Errors: service_unavailable while the journal cannot be written,
    /// stale_blockhash when it arrived too late or was declared dead, chain_rejected for bytes that are not a
    /// signed message of ours.
    Task<Result<Done>> send(CommittedIntent intent) override;
    /// What it reports is on file; while that cannot be, Unknown.
    Task<Observation> observe(Attempt attempt) override;

    // The network's side of the three above, for whoever serves this chain to engines elsewhere.

    /// What `send` does with the bytes that arrive, whoever brings them.
    Task<Result<Done>> deliver(Attempt attempt);
    /// What `observe` sees before it asks the nodes. Counts as an observation.
    Task<SimLook> look(Attempt attempt);
    /// Somebody has proved that it can never land: writes it down. False when the chain knows better; with
    /// waiting that changes nothing about the proof, without waiting the proof does not hold then.
    Task<bool> declare_dead(Attempt attempt);

    /// What goes wrong from now on, from the thread of the chain.
    void set_troubles(const SimTroubles& troubles);
    /// What goes wrong now.
    const SimTroubles& troubles() const;

    /// The slot that is open now.
    std::uint64_t slot();
    /// The height of the block in that slot.
    std::uint64_t height();
    /// Signatures it knows: about 300 bytes of memory each, for as long as it is open.
    std::uint64_t transactions() const;
    /// The nodes that a proof of expiry asks.
    const std::vector<std::shared_ptr<ChainNode>>& nodes() const;

private:
    struct Impl;
    explicit SimChain(std::unique_ptr<Impl> impl);
    friend std::unique_ptr<SimChain> open_sim_chain(SimChainConfig config, asio::io_context& io,
                                                    const Clock& clock, Timers& timers, Log& log);
    std::unique_ptr<Impl> impl_;
};

/// Reads the journal, cuts a torn last line off, settles what became due meanwhile and writes a start line.
/// Blocks. Throws std::runtime_error with one sentence when the journal cannot be read or written, is not one
/// of ours or belongs to another process. Everything handed in outlives the chain.
std::unique_ptr<SimChain> open_sim_chain(SimChainConfig config, asio::io_context& io, const Clock& clock,
                                         Timers& timers, Log& log);

}  // namespace libexec
