#pragma once

#include <map>
#include <string>
#include <vector>

#include "../write_ops.hpp"
#include "backend.hpp"

namespace libexec {

/// Two nodes wrote the same key at the same moment; this transaction lost and may try again.
class KeyRace : public std::runtime_error {
public:
    KeyRace() : std::runtime_error("another node wrote the same idempotency key") {}
};

/// Gathers the operations of a batch by kind, then writes each kind at once, in an order in which no two
/// nodes can wait for each other: keys, then the locks of jobs by order id, then what hangs on them.
/// Operations on one order keep the order in which they came.
class PgBackend::BatchWriter final : public WriteVisitor {
public:
    BatchWriter(PgWriteTables& tables, const Clock& clock, const NodeCounts& before)
        : counts(before), tables_(tables), clock_(clock) {}

    void visit(AcceptOp& op) override { accepts_.push_back(&op); }
    void visit(ClaimOp& op) override { claims_.push_back(&op); }
    void visit(ClaimOrderOp& op) override { order_claims_.push_back(&op); }
    void visit(StepOp& op) override { steps_.push_back(&op); }
    void visit(CancelOp& op) override { cancels_.push_back(&op); }

    /// Writes and answers all that was gathered. Throws what the tables throw, KeyRace and Unwelcome.
    void write();

    NodeCounts counts;   ///< as they will stand after the commit
    bool wrote = false;  ///< anything at all

private:
    using Key = PgWriteTables::Key;

    void write_accepts();
    void lock_jobs();
    void write_steps();
    void write_wave(const std::vector<StepOp*>& wave);
    void write_cancels();
    void write_order_claims();
    void write_claims();
    std::vector<Claimed> load(const std::vector<PgWriteTables::Held>& held);

    PgWriteTables& tables_;
    const Clock& clock_;
    std::vector<AcceptOp*> accepts_;
    std::vector<ClaimOp*> claims_;
    std::vector<ClaimOrderOp*> order_claims_;
    std::vector<StepOp*> steps_;
    std::vector<CancelOp*> cancels_;
};

}  // namespace libexec
