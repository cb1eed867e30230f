#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/executor_work_guard.hpp>

#include "libexec/base/hand_over.hpp"
#include "libexec/chain/rpc/transport.hpp"

namespace libexec {

/// Where the askers leave their questions and wait, and where the thread that asks finds them. Shared with
/// answers that are on their way when everything ends.
class TransportDesk : public std::enable_shared_from_this<TransportDesk> {
public:
    /// A suspended asker, whatever its handler's type. Keeps its io_context running.
    class Waiter {
    public:
        explicit Waiter(const Executor& executor) : executor_(executor), work_(executor) {}
        virtual ~Waiter() = default;
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        const Executor& executor() const { return executor_; }
        /// Once, on a thread of its executor.
        virtual void resume(Result<RpcReply> answer) = 0;

    private:
        Executor executor_;
        asio::executor_work_guard<Executor> work_;
    };
    struct Question {
        std::uint64_t id = 0;
        RpcPost post;
    };
    /// What is new for the thread that asks.
    struct News {
        std::vector<Question> questions;
        std::vector<std::uint64_t> cancelled;
        bool closed = false;
    };

    explicit TransportDesk(std::size_t calls_most) : calls_most_(calls_most) {}

    /// The asker's side. True when the thread has something to do.
    bool ask(std::uint64_t id, RpcPost post, std::unique_ptr<Waiter> waiter) {
        std::optional<Rejection> refused;
        const Executor executor = waiter->executor();
        {
            const std::lock_guard lock(mutex_);
            if (closed_) refused = reject(Reason::service_unavailable, "the way to the RPC nodes is closed");
            if (!refused && waiting_.size() >= calls_most_) {
                refused = reject(Reason::queue_full, "more than " + std::to_string(calls_most_) +
                                                         " calls to RPC nodes are under way");
            }
            waiting_.emplace(id, std::move(waiter));
            if (!refused) news_.questions.push_back(Question{id, std::move(post)});
        }
        const bool is_taken = !refused;
        if (!is_taken) deliver(id, executor, *std::move(refused));
        return is_taken;
    }
    std::uint64_t next_id() { return ++last_id_; }

    void cancel(std::uint64_t id) {
        std::optional<Executor> executor;
        {
            const std::lock_guard lock(mutex_);
            const auto entry = waiting_.find(id);
            if (entry == waiting_.end()) return;
            executor = entry->second->executor();
            news_.cancelled.push_back(id);
        }
        deliver(id, *executor, reject(Reason::cancelled, "the call was cancelled"));
    }

    /// The thread's side.
    News take_news() {
        const std::lock_guard lock(mutex_);
        News news = std::exchange(news_, News());
        news.closed = closed_;
        return news;
    }
    void answer(std::uint64_t id, Result<RpcReply> answer) {
        std::optional<Executor> executor;
        {
            const std::lock_guard lock(mutex_);
            const auto entry = waiting_.find(id);
            if (entry == waiting_.end()) return;  // cancelled, or everything ends
            executor = entry->second->executor();
        }
        deliver(id, *executor, std::move(answer));
    }

    /// The end: nobody is answered any more. Gives out those who wait, to be destroyed without the lock.
    std::map<std::uint64_t, std::unique_ptr<Waiter>> close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        return std::exchange(waiting_, {});
    }

private:
    /// The waiter stays here until its own thread comes for it, so that it has one owner at any time.
    void deliver(std::uint64_t id, const Executor& executor, Result<RpcReply> answer) {
        hand_over(executor, [desk = shared_from_this(), id, answer = std::move(answer)]() mutable {
            std::unique_ptr<Waiter> waiter;
            {
                const std::lock_guard lock(desk->mutex_);
                const auto entry = desk->waiting_.find(id);
                if (entry == desk->waiting_.end()) return;
                waiter = std::move(entry->second);
                desk->waiting_.erase(entry);
            }
            waiter->resume(std::move(answer));
        });
    }

    const std::size_t calls_most_;
    std::atomic<std::uint64_t> last_id_{0};
    std::mutex mutex_;
    std::map<std::uint64_t, std::unique_ptr<Waiter>> waiting_;
    News news_;
    bool closed_ = false;
};

}  // namespace libexec
