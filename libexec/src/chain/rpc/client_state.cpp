#include "client_state.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "envelope.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Between two tries of one call at the same endpoint, whatever it said.
constexpr milliseconds pause_again{200};
constexpr milliseconds try_least{50};
}  // namespace

RpcClient::State::State(RpcConfig configured, RpcTransport& way, const Clock& now, Timers& waiting,
                        Random& chance, Log& to)
    : config(std::move(configured)),
      transport(way),
      clock(now),
      timers(waiting),
      log(to),
      board(config.endpoints, config.health, chance, to) {}

/// With who said it and to what, and without what only the two of us know.
Rejection RpcClient::State::told(const RpcQuestion& question, std::size_t place, const Rejection& why) const {
    return reject(why.reason,
                  name_of(place) + " " + question.method + ": " + config.endpoints[place].redact(why.detail));
}

Rejection RpcClient::State::nobody(const RpcQuestion& question, Time now) const {
    std::string words = "no RPC endpoint can be asked for " + question.method + ":";
    bool only_limited = true;
    std::size_t place = 0;
    for (const RpcEndpointReport& report : board.report(now)) {
        const Time no_search_until = board.search_free_at(place++);
        const bool rests = question.is_search && no_search_until > now;
        only_limited = only_limited && (rests || report.standing == RpcStanding::rate_limited);
        words += " " + report.name + " is " + std::string(to_string(report.standing));
        if (report.until > now) {
            words += " for another " +
                     std::to_string(std::chrono::ceil<milliseconds>(report.until - now).count()) + " ms";
        }
        if (!report.trouble.empty()) words += " (" + report.trouble + ")";
        if (rests) {
            words += " and is to be asked for no search for another " +
                     std::to_string(std::chrono::ceil<milliseconds>(no_search_until - now).count()) + " ms";
        }
        words += ";";
    }
    words.pop_back();
    return reject(only_limited ? Reason::rate_limited : Reason::service_unavailable, std::move(words));
}

RpcClient::State::Turn RpcClient::State::next_turn(const RpcQuestion& question, Time now,
                                                   const std::vector<Time>& not_before) const {
    Turn turn;
    for (const std::size_t place : board.choose(now, question.fresh)) {
        if (not_before[place] > now || (question.is_search && board.search_free_at(place) > now)) continue;
        if (turn.place) {
            turn.others = true;
        } else {
            turn.place = place;
        }
    }
    if (turn.place) return turn;
    for (std::size_t place = 0; place < board.size(); ++place) {
        Time free_at = std::max(board.free_at(place, question.fresh), not_before[place]);
        if (question.is_search) free_at = std::max(free_at, board.search_free_at(place));
        if (!turn.free_at || free_at < *turn.free_at) turn.free_at = free_at;
    }
    return turn;
}

Task<RpcClient::State::Tried> RpcClient::State::try_one(std::shared_ptr<State> state, RpcQuestion question,
                                                        std::size_t place, std::shared_ptr<RpcTaker> taker,
                                                        milliseconds timeout) {
    const std::uint64_t id = ++state->last_id;
    RpcPost post(state->config.endpoints[place].http_url(),
                 encode_rpc_call(id, question.method, question.params));
    post.timeout = timeout;
    post.answer_bytes_most =
        question.answer_bytes_most > 0 ? question.answer_bytes_most : state->config.answer_bytes_most;
    const Time asked = state->clock.now();
    Result<RpcReply> reply = co_await state->transport.post(std::move(post));
    if (state->closed) {
        Tried tried;
        tried.outcome = closed_words();
        tried.final = true;
        co_return tried;
    }
    taker->place = place;
    if (question.is_search) co_return state->judge_search(question, place, *taker, id, reply);
    co_return state->judge(question, place, *taker, id, asked, std::move(reply));
}

Task<Result<Done>> RpcClient::State::ask(std::shared_ptr<State> state, RpcQuestion question,
                                         std::shared_ptr<RpcTaker> taker) {
    if (state->closed) co_return closed_words();
    const Time until = state->clock.now() + question.deadline;
    std::vector<Time> not_before(state->board.size(), Time{});
    std::optional<Rejection> last;
    // Most endpoints refuse to search, and none is asked twice: the one that does may be the last of many.
    const std::size_t tries_most = question.is_search
                                       ? std::max(state->config.tries_most, state->board.size())
                                       : state->config.tries_most;
    for (std::size_t tries = 0; tries < tries_most;) {
        const Time now = state->clock.now();
        if (now >= until) break;
        const Turn turn = state->next_turn(question, now, not_before);
        if (!turn.place) {
            if (!turn.free_at || *turn.free_at >= until) break;
            co_await state->timers.sleep_for(std::max<std::chrono::microseconds>(*turn.free_at - now, 1ms));
            if (state->closed) co_return closed_words();
            continue;
        }
        ++tries;
        const auto left = std::chrono::ceil<milliseconds>(until - now);
        // Whoever is silent may not use up the time of the next.
        const milliseconds timeout = turn.others ? std::max(left * 3 / 5, std::min(left, try_least)) : left;
        Tried tried = co_await try_one(state, question, *turn.place, taker, timeout);
        if (tried.outcome) co_return Done();
        last = tried.outcome.error();
        if (tried.final || state->closed) co_return *last;
        // A search that failed fails again; others may do better.
        not_before[*turn.place] = question.is_search ? until : state->clock.now() + pause_again;
    }
    if (last) co_return *last;
    co_return state->nobody(question, state->clock.now());
}

Task<Result<Done>> RpcClient::State::ask_only(std::shared_ptr<State> state, RpcQuestion question,
                                              std::size_t place, std::shared_ptr<RpcTaker> taker) {
    if (state->closed) co_return closed_words();
    if (state->board.is_limited(place, state->clock.now())) {
        const Rejection resting = reject(Reason::rate_limited, "not asked, because it asked for a rest");
        co_return state->told(question, place, resting);
    }
    const milliseconds timeout = question.deadline;
    Tried tried = co_await try_one(state, std::move(question), place, std::move(taker), timeout);
    co_return std::move(tried.outcome);
}

// ---- side by side ----

struct Together::Join {
    std::size_t missing = 0;
    std::unique_ptr<Alarm> alarm;
    std::exception_ptr thrown;
};

Together::Together(Timers& timers) : join_(std::make_shared<Join>()) { join_->alarm = timers.make_alarm(); }

/// Those that are still under way must not ring a bell whose timers may be gone by then.
Together::~Together() { join_->alarm.reset(); }

Task<void> Together::run(std::shared_ptr<Join> join, Task<void> work) {
    try {
        co_await std::move(work);
    } catch (...) {
        join->thrown = std::current_exception();
    }
    if (--join->missing == 0 && join->alarm) join->alarm->ring();
}

void Together::start(const Executor& executor, Task<void> work) {
    ++join_->missing;
    asio::co_spawn(executor, run(join_, std::move(work)), asio::detached);
}

Task<void> Together::all() {
    // Each task has a deadline of its own; this one only has to be long.
    while (join_->missing > 0) co_await join_->alarm->wait(24h);
    if (join_->thrown) std::rethrow_exception(join_->thrown);
}

}  // namespace libexec
