#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/engine/order_store.hpp"
#include "waiter.hpp"
#include "write_tables.hpp"

namespace libexec {

/// The transaction an operation runs in.
struct WriteContext {
    WriteTables& tables;
    const Clock& clock;
    const std::string& owner;
    Totals totals;       ///< as they will stand after the commit
    bool wrote = false;  ///< anything at all
};

/// One writing call of the store. `run` may be called again when its transaction was rolled back.
class WriteOp : public StoreOperation {
public:
    /// Writes its part and prepares the answer. Throws what the tables throw.
    virtual void run(WriteContext& context) = 0;
    /// The database does not accept what it wanted to write; nothing of it is left there.
    virtual void refuse() = 0;
    /// Its transaction is durable: hands over what subscribers are to hear.
    virtual void take_events(std::vector<CommittedEvent>&) {}
    /// Whether a full queue turns it away: new work is, work in flight never.
    virtual bool is_admission() const { return false; }
};

class AcceptOp final : public AnsweredOperation<WriteOp, AcceptAnswer> {
public:
    explicit AcceptOp(Acceptance acceptance) : acceptance_(std::move(acceptance)) {}
    void run(WriteContext& context) override;
    void refuse() override;
    void take_events(std::vector<CommittedEvent>& events) override;
    bool is_admission() const override { return true; }

private:
    bool answer_repetition(WriteContext& context);
    Acceptance acceptance_;
};

class ClaimOp final : public AnsweredOperation<WriteOp, ClaimBatch> {
public:
    explicit ClaimOp(std::size_t limit) : limit_(limit) {}
    void run(WriteContext& context) override;
    void refuse() override;

private:
    std::size_t limit_;
};

class ClaimOrderOp final : public AnsweredOperation<WriteOp, std::optional<Claimed>> {
public:
    explicit ClaimOrderOp(OrderId order) : order_(order) {}
    void run(WriteContext& context) override;
    void refuse() override;

private:
    OrderId order_;
};

class StepOp final : public AnsweredOperation<WriteOp, StepAnswer> {
public:
    explicit StepOp(Step step) : step_(std::move(step)) {}
    void run(WriteContext& context) override;
    void refuse() override;
    void take_events(std::vector<CommittedEvent>& events) override;

private:
    Step step_;
};

class CancelOp final : public AnsweredOperation<WriteOp, std::optional<OrderStatus>> {
public:
    explicit CancelOp(OrderId order) : order_(order) {}
    void run(WriteContext& context) override;
    void refuse() override;
    bool is_admission() const override { return true; }

private:
    OrderId order_;
};

}  // namespace libexec
