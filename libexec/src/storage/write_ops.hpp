#pragma once

#include <utility>
#include <vector>

#include "libexec/engine/order_store.hpp"
#include "waiter.hpp"

namespace libexec {

class AcceptOp;
class ClaimOp;
class ClaimOrderOp;
class StepOp;
class CancelOp;

/// What a database does with each kind of write.
class WriteVisitor {
public:
    virtual ~WriteVisitor() = default;
    virtual void visit(AcceptOp& op) = 0;
    virtual void visit(ClaimOp& op) = 0;
    virtual void visit(ClaimOrderOp& op) = 0;
    virtual void visit(StepOp& op) = 0;
    virtual void visit(CancelOp& op) = 0;
};

/// One writing call of the store. It may be written again, and answered again, when its transaction was
/// rolled back.
class WriteOp : public StoreOperation {
public:
    virtual void meet(WriteVisitor& visitor) = 0;
    /// The database does not accept what it wanted to write; nothing of it is left there.
    virtual void refuse() = 0;
    /// Its transaction is durable: hands over what subscribers are to hear.
    virtual void take_events(std::vector<CommittedEvent>&) {}
    /// What it handed out to somebody who will not hear of it, as steps that let go of it.
    virtual std::vector<Step> give_back() const { return {}; }
    /// Whether a full queue turns it away: new work is, work in flight never.
    virtual bool is_admission() const { return false; }
};

class AcceptOp final : public AnsweredOperation<WriteOp, AcceptAnswer> {
public:
    explicit AcceptOp(Acceptance acceptance) : acceptance_(std::move(acceptance)) {}
    void meet(WriteVisitor& visitor) override { visitor.visit(*this); }
    void refuse() override;
    void take_events(std::vector<CommittedEvent>& events) override;
    bool is_admission() const override { return true; }

    const Acceptance& asked() const { return acceptance_; }
    void answer(AcceptAnswer::Kind kind, const OrderId& order);

private:
    Acceptance acceptance_;
};

class ClaimOp final : public AnsweredOperation<WriteOp, ClaimBatch> {
public:
    explicit ClaimOp(std::size_t limit) : limit_(limit) {}
    void meet(WriteVisitor& visitor) override { visitor.visit(*this); }
    void refuse() override;
    std::vector<Step> give_back() const override;

    std::size_t limit() const { return limit_; }
    void answer(ClaimBatch batch) { answer_.emplace(std::move(batch)); }

private:
    std::size_t limit_;
};

class ClaimOrderOp final : public AnsweredOperation<WriteOp, std::optional<Claimed>> {
public:
    explicit ClaimOrderOp(OrderId order) : order_(order) {}
    void meet(WriteVisitor& visitor) override { visitor.visit(*this); }
    void refuse() override;
    std::vector<Step> give_back() const override;

    const OrderId& order() const { return order_; }
    void answer(std::optional<Claimed> claimed) { answer_.emplace(std::move(claimed)); }

private:
    OrderId order_;
};

class StepOp final : public AnsweredOperation<WriteOp, StepAnswer> {
public:
    /// Asserts that the step's events follow each other.
    explicit StepOp(Step step);
    void meet(WriteVisitor& visitor) override { visitor.visit(*this); }
    void refuse() override;
    void take_events(std::vector<CommittedEvent>& events) override;

    const Step& step() const { return step_; }
    void answer(StepAnswer answer) { answer_.emplace(answer); }
    /// Whether it is known what became of it.
    bool settled() const { return answer_ && *answer_; }

private:
    Step step_;
};

class CancelOp final : public AnsweredOperation<WriteOp, std::optional<OrderStatus>> {
public:
    CancelOp(OrderId order, Viewer viewer) : order_(order), viewer_(std::move(viewer)) {}
    void meet(WriteVisitor& visitor) override { visitor.visit(*this); }
    void refuse() override;
    bool is_admission() const override { return true; }

    const OrderId& order() const { return order_; }
    const Viewer& viewer() const { return viewer_; }
    void answer(std::optional<OrderStatus> status) { answer_.emplace(status); }

private:
    OrderId order_;
    Viewer viewer_;
};

/// An order as whoever claimed it gets it: attempts without a resolution are intents to go on with.
Claimed make_claimed(Order order, std::uint64_t epoch, std::vector<Attempt> attempts);

}  // namespace libexec
