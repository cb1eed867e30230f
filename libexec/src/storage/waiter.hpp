#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "libexec/base/hand_over.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"

namespace libexec {

/// A suspended coroutine that waits for an answer, and keeps its io_context running meanwhile.
template <class Answer>
class StoreWaiter {
public:
    explicit StoreWaiter(const Executor& executor) : executor_(executor), work_(executor) {}
    virtual ~StoreWaiter() = default;
    StoreWaiter(const StoreWaiter&) = delete;
    StoreWaiter& operator=(const StoreWaiter&) = delete;

    const Executor& executor() const { return executor_; }
    /// Resumes the coroutine. Once, on a thread of its executor.
    virtual void resume(Result<Answer> answer) = 0;

private:
    Executor executor_;
    asio::executor_work_guard<Executor> work_;
};

/// Something a thread of the store does for a coroutine. Whoever does it fills `answer_`; then the coroutine
/// is resumed on its own executor, with the other operations that were answered together.
class StoreOperation {
public:
    virtual ~StoreOperation() = default;

    virtual void fail(const Rejection& why) = 0;
    /// Where to resume; null when nobody waits.
    virtual const Executor* executor() const = 0;
    /// Resumes whoever waits. On a thread of `executor`.
    virtual void deliver() = 0;
};

/// `Base` is what the thread that works asks for: StoreOperation, or more.
template <class Base, class Answer>
class AnsweredOperation : public Base {
public:
    void wait(std::unique_ptr<StoreWaiter<Answer>> waiter) { waiter_ = std::move(waiter); }

    void fail(const Rejection& why) override { answer_.emplace(why); }
    const Executor* executor() const override { return waiter_ ? &waiter_->executor() : nullptr; }
    void deliver() override {
        const std::unique_ptr<StoreWaiter<Answer>> waiter = std::move(waiter_);
        waiter->resume(std::move(*answer_));
    }

protected:
    std::optional<Result<Answer>> answer_;

private:
    std::unique_ptr<StoreWaiter<Answer>> waiter_;
};

template <class Answer, class Handler>
class SuspendedCoroutine final : public StoreWaiter<Answer> {
public:
    explicit SuspendedCoroutine(Handler handler)
        : StoreWaiter<Answer>(asio::get_associated_executor(handler)), handler_(std::move(handler)) {}
    void resume(Result<Answer> answer) override { std::move(handler_)(std::move(answer)); }

private:
    Handler handler_;
};

/// Starts an operation once the task that waits for it is awaited. A class with a constructor: an aggregate
/// inside an awaited expression would be destroyed twice by g++ 12.
template <class Answer, class Worker, class Op>
class StartOperation {
public:
    explicit StartOperation(Worker& worker) : worker_(&worker) {}

    template <class Handler>
    void operator()(Handler&& handler, std::unique_ptr<Op> operation) const {
        using Waiting = SuspendedCoroutine<Answer, std::decay_t<Handler>>;
        operation->wait(std::make_unique<Waiting>(std::forward<Handler>(handler)));
        worker_->push(std::move(operation));
    }

private:
    Worker* worker_;
};

/// Hands `operation` to `worker.push` when the returned task is awaited; the task ends with its answer.
template <class Answer, class Worker, class Op>
Task<Result<Answer>> await_operation(Worker& worker, std::unique_ptr<Op> operation) {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Result<Answer>)>(
        StartOperation<Answer, Worker, Op>(worker), use_task, std::move(operation));
}

/// Posts each answered operation to its executor: one wake-up an executor, however many operations.
template <class Op>
void deliver_all(std::vector<std::unique_ptr<Op>> operations) {
    struct Group {
        Executor executor;
        std::vector<std::unique_ptr<Op>> operations;
    };
    std::vector<Group> groups;
    for (std::unique_ptr<Op>& operation : operations) {
        const Executor* executor = operation->executor();
        if (executor == nullptr) continue;
        Group* home = nullptr;
        for (Group& group : groups) {
            if (group.executor == *executor) home = &group;
        }
        if (home == nullptr) {
            groups.push_back(Group{*executor, {}});
            home = &groups.back();
        }
        home->operations.push_back(std::move(operation));
    }
    for (Group& group : groups) {
        hand_over(group.executor, [answered = std::move(group.operations)]() mutable {
            for (std::unique_ptr<Op>& operation : answered) {
                const std::unique_ptr<Op> done = std::move(operation);
                done->deliver();
            }
        });
    }
}

}  // namespace libexec
