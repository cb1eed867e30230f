#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "../waiter.hpp"
#include "libexec/telemetry/log.hpp"
#include "limit_tables.hpp"

namespace libexec {

/// The thread and the connection behind the limits that all nodes keep together. What has gathered while the
/// last questions were answered is asked together.
class PgLimitLink final : public SharedLimits {
public:
    /// Connects when it is first asked.
    PgLimitLink(PgPlace place, PgNode node, Log& log);
    /// Answers who still waits, and gives up what this node holds.
    ~PgLimitLink() override;
    PgLimitLink(const PgLimitLink&) = delete;
    PgLimitLink& operator=(const PgLimitLink&) = delete;

    Task<Result<Verdict>> take(std::string key, std::uint32_t per_minute) override;
    Task<Result<Verdict>> join(OrderId order, std::string address, std::uint32_t most) override;
    void leave(const OrderId& order, const std::string& address) override;

    /// Answers those who have waited too long because the database hangs. From any thread.
    void refuse_stalled();

    struct Question {
        enum class Kind : std::uint8_t { take, join, leave };
        Kind kind = Kind::take;
        std::string key;                   ///< of the bucket
        PgLimitTables::Follower follower;  ///< who joins or leaves
        std::uint32_t limit = 0;
    };
    /// A question somebody waits for.
    class Ask final : public AnsweredOperation<StoreOperation, Verdict> {
    public:
        explicit Ask(Question asked) : question(std::move(asked)) {}
        void answer(const Result<Verdict>& verdict) { answer_.emplace(verdict); }
        Question question;
    };
    /// From any thread.
    void push(std::unique_ptr<Ask> ask);

private:
    using Moment = std::chrono::steady_clock::time_point;
    using Questions = std::map<std::uint64_t, Question>;
    using Answers = std::map<std::uint64_t, Result<Verdict>>;
    struct Waiting {
        std::unique_ptr<Ask> ask;
        Moment since;
    };

    void run();
    void answer(const Questions& questions);
    void connect();
    void take_all(const Questions& questions, Answers& answers);
    void change_followers(const Questions& questions, Answers& answers);
    void give_up(const Questions& questions, Answers& answers, const std::string& why);
    bool awaited(std::uint64_t number);
    /// Those that are answered; once more changes nothing for takes.
    void deliver(const Questions& questions, const Answers& answers);
    std::uint32_t forget_one(const PgLimitTables::Follower& follower);
    void tidy();

    const PgPlace place_;
    const PgNode node_;
    Log& log_;

    std::mutex mutex_;
    std::condition_variable wake_;
    Questions pending_;                         ///< nobody waits for those who leave
    std::map<std::uint64_t, Waiting> waiting_;  ///< by the numbers of their questions, asked already or not
    std::uint64_t last_number_ = 0;
    bool stopping_ = false;

    // The thread's own.
    std::unique_ptr<PgLimitTables> tables_;
    std::map<PgLimitTables::Follower, std::uint32_t> held_;  ///< by this node
    Moment connect_at_{};                                    ///< not before: not too often
    Moment tidy_at_{};
    bool complained_ = false;
    std::thread thread_;
};

}  // namespace libexec
