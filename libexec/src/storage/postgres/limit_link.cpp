#include "limit_link.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace libexec {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t waiting_most = 10'000;
constexpr auto patience = 500ms;  ///< of somebody who waits, before this node's own counts have to do
constexpr auto connect_pause = 500ms;
constexpr auto tidy_interval = 60s;

Rejection alone(const std::string& why) {
    return reject(Reason::service_unavailable, "the limits of all nodes cannot be read: " + why);
}

}  // namespace

PgLimitLink::PgLimitLink(PgPlace place, PgNode node, Log& log)
    : place_(std::move(place)),
      node_(std::move(node)),
      log_(log),
      tidy_at_(steady_clock::now() + tidy_interval),
      thread_([this] { run(); }) {}

PgLimitLink::~PgLimitLink() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

Task<Result<SharedLimits::Verdict>> PgLimitLink::take(std::string key, std::uint32_t per_minute) {
    Question question;
    question.key = std::move(key);
    question.limit = per_minute;
    return await_operation<Verdict>(*this, std::make_unique<Ask>(std::move(question)));
}

Task<Result<SharedLimits::Verdict>> PgLimitLink::join(OrderId order, std::string address,
                                                      std::uint32_t most) {
    Question question;
    question.kind = Question::Kind::join;
    question.follower = {order, std::move(address)};
    question.limit = most;
    return await_operation<Verdict>(*this, std::make_unique<Ask>(std::move(question)));
}

void PgLimitLink::leave(const OrderId& order, const std::string& address) {
    Question question;
    question.kind = Question::Kind::leave;
    question.follower = {order, address};
    {
        const std::lock_guard lock(mutex_);
        pending_.emplace(++last_number_, std::move(question));
    }
    wake_.notify_one();
}

void PgLimitLink::push(std::unique_ptr<Ask> ask) {
    std::vector<std::unique_ptr<Ask>> turned_away;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || waiting_.size() >= waiting_most) {
            turned_away.push_back(std::move(ask));
        } else {
            const std::uint64_t number = ++last_number_;
            pending_.emplace(number, ask->question);
            waiting_.emplace(number, Waiting{std::move(ask), steady_clock::now()});
        }
    }
    wake_.notify_one();
    if (turned_away.empty()) return;
    turned_away.front()->fail(reject(Reason::queue_full, "too many questions about limits at once"));
    deliver_all(std::move(turned_away));
}

void PgLimitLink::refuse_stalled() {
    std::vector<std::unique_ptr<Ask>> tired;
    {
        const std::lock_guard lock(mutex_);
        const Moment latest = steady_clock::now() - patience;
        for (auto at = waiting_.begin(); at != waiting_.end();) {
            if (at->second.since > latest) {
                ++at;
                continue;
            }
            pending_.erase(at->first);
            tired.push_back(std::move(at->second.ask));
            at = waiting_.erase(at);
        }
    }
    for (std::unique_ptr<Ask>& ask : tired) ask->fail(alone("the database does not answer"));
    deliver_all(std::move(tired));
}

void PgLimitLink::run() {
    for (;;) {
        Questions questions;
        bool last = false;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, tidy_at_, [this] { return stopping_ || !pending_.empty(); });
            questions = std::exchange(pending_, {});
            last = stopping_;
        }
        if (!questions.empty()) answer(questions);
        if (last) break;
        if (steady_clock::now() >= tidy_at_) tidy();
    }
    try {
        if (tables_) tables_->hold_exactly({});
    } catch (...) {
        // Nothing is kept from anybody for long: followers of a node that is gone do not count.
        log_.warn("limits.release", "the followers of this node could not be taken out",
                  {{"why", current_trouble().what}});
    }
}

void PgLimitLink::answer(const Questions& questions) {
    Answers answers;
    // A connection that lay idle may have been lost long ago: what is unanswered is asked once more, on a new
    // one.
    for (bool again = tables_ != nullptr;; again = false) {
        try {
            connect();
            take_all(questions, answers);
            deliver(questions, answers);
            change_followers(questions, answers);
            break;
        } catch (...) {
            const SqlTrouble trouble = current_trouble();
            tables_.reset();
            if (again && trouble.kind == SqlTrouble::Kind::gone) continue;
            give_up(questions, answers, trouble.what);
            break;
        }
    }
    deliver(questions, answers);
}

void PgLimitLink::connect() {
    if (tables_) return;
    if (steady_clock::now() < connect_at_) throw std::runtime_error("the database is away");
    connect_at_ = steady_clock::now() + connect_pause;
    tables_ = std::make_unique<PgLimitTables>(place_, node_);
    tables_->hold_exactly(held_);
    if (std::exchange(complained_, false))
        log_.info("limits.recovered", "limits count at all nodes together again");
}

void PgLimitLink::take_all(const Questions& questions, Answers& answers) {
    std::map<std::string, PgLimitTables::Demand> demands;
    for (const auto& [number, question] : questions) {
        if (question.kind != Question::Kind::take || answers.contains(number)) continue;
        PgLimitTables::Demand& demand = demands[question.key];
        demand.per_minute = question.limit;
        ++demand.tokens;
    }
    if (demands.empty()) return;
    std::map<std::string, PgLimitTables::Grant> grants = tables_->take(demands);
    for (const auto& [number, question] : questions) {
        if (question.kind != Question::Kind::take || answers.contains(number)) continue;
        PgLimitTables::Grant& grant = grants[question.key];
        answers.emplace(number, Verdict{grant.tokens > 0, grant.missing});
        if (grant.tokens > 0) --grant.tokens;
    }
}

void PgLimitLink::change_followers(const Questions& questions, Answers& answers) {
    for (const auto& [number, question] : questions) {
        if (question.kind == Question::Kind::take || answers.contains(number)) continue;
        const PgLimitTables::Follower& follower = question.follower;
        if (question.kind == Question::Kind::leave) {
            const std::uint32_t left = forget_one(follower);
            answers.emplace(number, Verdict());  // if this fails, a new connection sets the table right
            tables_->hold(follower, left, std::numeric_limits<std::uint32_t>::max());
            continue;
        }
        if (!awaited(number)) continue;
        const auto found = held_.find(follower);
        const std::uint32_t wanted = (found == held_.end() ? 0 : found->second) + 1;
        const bool held = tables_->hold(follower, wanted, question.limit);
        if (held) held_[follower] = wanted;
        answers.emplace(number, Verdict{held, {}});
    }
}

bool PgLimitLink::awaited(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(number);
}

/// Whoever leaves has left all the same: the next connection tells the table so.
void PgLimitLink::give_up(const Questions& questions, Answers& answers, const std::string& why) {
    if (!std::exchange(complained_, true))
        log_.warn("limits.lost", "limits count at this node alone", {{"why", why}});
    for (const auto& [number, question] : questions) {
        if (answers.contains(number)) continue;
        if (question.kind == Question::Kind::leave) forget_one(question.follower);
        answers.emplace(number, alone(why));
    }
}

std::uint32_t PgLimitLink::forget_one(const PgLimitTables::Follower& follower) {
    const auto found = held_.find(follower);
    if (found == held_.end()) return 0;
    if (--found->second > 0) return found->second;
    held_.erase(found);
    return 0;
}

void PgLimitLink::deliver(const Questions& questions, const Answers& answers) {
    std::vector<std::unique_ptr<Ask>> answered;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [number, question] : questions) {
            const auto known = answers.find(number);
            if (question.kind == Question::Kind::leave || known == answers.end()) continue;
            const Result<Verdict>& answer = known->second;
            const auto found = waiting_.find(number);
            if (found != waiting_.end()) {
                found->second.ask->answer(answer);
                answered.push_back(std::move(found->second.ask));
                waiting_.erase(found);
            } else if (question.kind == Question::Kind::join && answer && answer.value().allowed) {
                // Whoever asked has gone on without the answer, and will not say that it leaves.
                Question gone = question;
                gone.kind = Question::Kind::leave;
                pending_.emplace(++last_number_, std::move(gone));
            }
        }
    }
    deliver_all(std::move(answered));
}

void PgLimitLink::tidy() {
    tidy_at_ = steady_clock::now() + tidy_interval;
    try {
        if (tables_) tables_->tidy();
    } catch (...) {
        log_.warn("limits.tidy", "old counts could not be removed", {{"why", current_trouble().what}});
        tables_.reset();
    }
}

}  // namespace libexec
