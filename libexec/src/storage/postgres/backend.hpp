#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "../write_backend.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/telemetry/log.hpp"
#include "write_tables.hpp"

namespace libexec {

/// Writes whole batches. A connection that failed is thrown away with its statements and made anew.
class PgBackend final : public WriteBackend {
public:
    struct Identity {
        PgPlace place;
        PgNode who;
        bool count_on_injected_clock = false;
    };
    PgBackend(Identity identity, const Clock& clock, Log& log)
        : identity_(std::move(identity)), clock_(clock), log_(log) {}

    StoreStanding connect() override;
    Trial attempt(Ops operations, bool isolated) override;
    std::optional<bool> landed(const Trial& trial) override;
    void probe() override;
    std::chrono::milliseconds beat_interval() const override;
    /// Renews the leases of everything this node holds, when they have a third behind them, and looks what
    /// the others have alive.
    StoreStanding beat() override;
    /// Gives back what this node holds.
    void finish() override;

private:
    class BatchWriter;
    Trial attempt_once(Ops operations, bool isolated, bool& again);
    std::chrono::microseconds renew_interval() const;
    StoreStanding standing_after(const NodeCounts& counts) const;
    std::string write_isolated(WriteOp& operation, BatchWriter& writer);
    void undo();
    /// A transaction of its own.
    void transact(void (PgWriteTables::*work)());

    const Identity identity_;
    const Clock& clock_;
    Log& log_;
    std::unique_ptr<PgWriteTables> tables_;  ///< null while there is no connection
    /// A statement has failed: SOCI never frees what it had bound then, but for the end of the statement.
    bool statement_failed_ = false;
    NodeCounts counts_;     ///< of this node, as committed
    bool known_ = false;    ///< this node has a row
    StoreStanding others_;  ///< of all other nodes, a moment ago
    std::chrono::steady_clock::time_point renew_due_{};
};

}  // namespace libexec
