#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "write_ops.hpp"

namespace libexec {

/// How the database stands, as far as the start of a program asks.
struct StoreStanding {
    std::uint64_t last_number = 0;  ///< the highest order number seen
    std::uint64_t live = 0;         ///< orders that have not ended
    std::uint64_t other_nodes = 0;  ///< that gave a sign of life within one lease
};

/// What became of one transaction.
struct Trial {
    enum class Outcome : std::uint8_t {
        committed,
        constraint,  ///< one of the operations is not welcome; nothing was written
        refused,     ///< nothing was written; without some of the operations it might have been
        unable,      ///< the database cannot be reached or written; nothing was written
        uncertain,   ///< the commit failed in a way that does not say whether it landed
    };
    Outcome outcome = Outcome::committed;
    bool wrote = false;
    std::string why;
    StoreStanding standing;     ///< after it
    std::uint64_t commits = 0;  ///< this writer's count of commits, with this one
};

struct SqlTrouble;

/// How far a transaction had come when something went wrong.
enum class TrialStage : std::uint8_t { connecting, writing, committing };

/// What that means for it; `wrote`: whether the commit had anything to make durable.
Trial::Outcome outcome_of(const SqlTrouble& trouble, TrialStage stage, bool wrote, bool isolated);

/// The one connection that writes, as the writer's thread uses it. Nothing throws unless it says so.
class WriteBackend {
public:
    using Ops = std::span<std::unique_ptr<WriteOp>>;

    virtual ~WriteBackend() = default;

    /// Opens the connection if there is none. Throws what SOCI throws and std::runtime_error.
    virtual StoreStanding connect() = 0;
    /// One transaction with all of them, answered in it. When `isolated`, an unwelcome operation drops its
    /// own parts and nothing else; otherwise it ends the trial.
    virtual Trial attempt(Ops operations, bool isolated) = 0;
    /// Whether the trial of uncertain outcome has landed, for good; nothing while that cannot be found out.
    virtual std::optional<bool> landed(const Trial& trial) = 0;
    /// Writes something harmless, durably. Throws when it cannot.
    virtual void probe() = 0;

    /// How often `beat` wants to be called; zero: never.
    virtual std::chrono::milliseconds beat_interval() const { return std::chrono::milliseconds(0); }
    /// Keeps what this writer holds, and tells how the database stands. Throws when it cannot.
    virtual StoreStanding beat() { return connect(); }
    /// Nothing will be written any more.
    virtual void finish() {}
};

}  // namespace libexec
