#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libexec/chain/sim/sim_chain.hpp"
#include "libexec/chain/sim/sim_journal.hpp"
#include "support/intents.hpp"
#include "support/temp_dir.hpp"

namespace libexec::test {

/// The simulated chain in virtual time, and the few moves an engine makes.
struct SimWorld {
    explicit SimWorld(SimChainConfig chain_config) : config(std::move(chain_config)) { open(); }

    void open() {
        chain.reset();
        chain = open_sim_chain(config, time.io(), time, time, *log);
    }
    Anchor anchor() { return time.run(chain->anchor()).value(); }
    Attempt attempt(const SwapPlan& plan) { return signed_attempt(time, plan, anchor()); }
    Attempt attempt(std::uint64_t key, std::uint32_t number = 1) { return attempt(some_plan(key, number)); }
    Result<Done> send(const Attempt& attempt) { return time.run(chain->send(CommittingStore::of(attempt))); }
    Observation observe(const Attempt& attempt) { return time.run(chain->observe(attempt)); }

    /// Watches as an engine does until the chain has decided for good.
    Observation watch(const Attempt& attempt) {
        for (int looks = 0; looks < 200; ++looks) {
            Observation seen = observe(attempt);
            const Landed* const landed = std::get_if<Landed>(&seen);
            if (std::holds_alternative<ProvablyDead>(seen)) return seen;
            if (landed != nullptr && landed->commitment == Commitment::finalized) return seen;
            if (config.time_scale_ppm > 0)
                time.pass(std::chrono::milliseconds(400) * config.time_scale_ppm / 1'000'000);
        }
        return Unknown();
    }

    std::vector<SimJournalLine> journal() const {
        std::vector<SimJournalLine> lines;
        read_sim_journal(config.journal_path, [&](const SimJournalLine& line) { lines.push_back(line); });
        return lines;
    }

    SimTime time;
    std::unique_ptr<Log> log = make_silent_log();
    SimChainConfig config;
    std::unique_ptr<SimChain> chain;
};

/// A chain without trouble or drift, on one thread, in real time unless a scale is given.
inline SimChainConfig calm_chain(std::uint32_t time_scale_ppm = 1'000'000) {
    SimChainConfig config;
    config.time_scale_ppm = time_scale_ppm;
    config.failure_rate_ppm = 0;
    config.drift_bps = 0;
    config.journal_thread = false;
    return config;
}

/// An outcome in a few words, to compare two runs.
inline std::string outcome_text(const Observation& seen) {
    if (std::holds_alternative<ProvablyDead>(seen)) return "dead";
    const Landed* const landed = std::get_if<Landed>(&seen);
    if (landed == nullptr) return "unknown";
    if (!landed->ok) return std::string(to_string(landed->error.reason));
    return "ok " + landed->amount_in.to_string() + " " + landed->amount_out.to_string();
}

}  // namespace libexec::test
