#pragma once

#include <atomic>

#include "flight.hpp"
#include "libexec/engine/engine.hpp"

namespace libexec {

/// The attempt as it is stored once the chain has decided about it; the signed bytes are let go.
Attempt closed_by(const Landed& landed, Attempt attempt, Time at);
Attempt closed_by(const ProvablyDead& dead, Attempt attempt, Time at);

/// Sends the bytes of an open attempt and watches until the chain has decided. Never ends an attempt itself.
class AttemptWatcher {
public:
    AttemptWatcher(const EngineConfig& config, EngineParts& parts, const std::atomic<bool>& draining)
        : config_(config), parts_(parts), draining_(draining) {}

    /// What decided: a success at the configured commitment, a failure at finality, or a proof of death.
    /// `Unknown` when the engine drains before that; the attempt is then still open.
    Task<Observation> until_decided(Flight& flight);
    /// Goes on after a success that was announced below finality, and raises the alarm if it is undone.
    Task<void> to_finality(Order order, Attempt attempt);

private:
    bool decides(const Observation& seen) const;
    Task<void> send(Flight& flight);
    void note_while_open(Flight& flight);
    Time now() const { return parts_.clock.now(); }

    const EngineConfig& config_;
    EngineParts& parts_;
    const std::atomic<bool>& draining_;
};

}  // namespace libexec
