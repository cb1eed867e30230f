#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>

#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"
#include "libexec/base/task.hpp"
#include "sim/plan.hpp"

namespace libexec::simulation {

using Span = std::chrono::microseconds;

/// What happened, counted over any number of seeds.
struct Totals {
    std::uint64_t seeds = 0, events = 0, orders = 0, crashes = 0, drains = 0, takeovers = 0, pauses = 0,
                  ambiguous = 0, late_writes = 0, fenced = 0, sends = 0, resends = 0, attempts = 0,
                  expiries = 0, forks = 0, landed_err = 0, replays = 0, conflicts = 0, cancels = 0,
                  streams = 0, confirmed = 0, failed = 0, cancelled = 0, expired = 0;
    void add(const Totals& other);
};

/// A rule was broken: the name of the checker that saw it, and what it saw.
struct Violation : std::runtime_error {
    Violation(std::string_view checker_name, const std::string& what_it_saw)
        : std::runtime_error(what_it_saw), checker(checker_name) {}
    std::string checker;
};

/// A handler that waits for somebody to wake it.
class Waiter {
public:
    virtual ~Waiter() = default;
    virtual void wake() = 0;
};

/// One process: its io_context and everybody in it who waits. When it dies, its coroutines go with it.
class Host {
public:
    Host(std::uint64_t number_of_node, std::uint64_t number_of_start, Span clock_skew)
        : number(number_of_node), start(number_of_start), skew(clock_skew) {}
    ~Host() { die(); }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    const std::uint64_t number;
    const std::uint64_t start;  ///< told apart from every other start of any node
    Span skew;                  ///< how wrong its clock is
    bool alive = true;
    Time paused_until{};

    asio::io_context& io() { return *io_; }
    std::uint64_t new_wait() { return ++last_wait_; }
    /// Waits until `wake` is called for this number.
    Task<void> park(std::uint64_t wait);
    void wake(std::uint64_t wait);
    /// Runs whatever is ready.
    void settle();
    /// Nothing of it runs any more. What its coroutines refer to must still be there.
    void die();

private:
    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>(1);
    std::map<std::uint64_t, std::unique_ptr<Waiter>> waits_;
    std::uint64_t last_wait_ = 0;
};

/// Virtual time, chance, and the list of what happens next. Whatever is due at one moment happens in an order
/// that the seed decides.
class World {
public:
    World(std::uint64_t seed, const Plan& what_is_planned, bool show_trace);

    const Plan plan;
    Totals totals;
    bool faults = true;

    Time now() const { return now_; }
    Time start() const { return start_; }
    /// Whether something of this rate (in thousandths) happens now; never once the faults are over.
    bool strikes(std::uint64_t rate) { return rate > 0 && faults && dice_.below(1'000) < rate; }
    /// As likely in the calm.
    bool likely(std::uint64_t rate) { return dice_.below(1'000) < rate; }
    std::uint64_t below(std::uint64_t bound) { return dice_.below(bound); }
    /// Between both, in microseconds.
    Span between(Span least, Span most) {
        return least + Span(static_cast<std::int64_t>(
                           dice_.below(static_cast<std::uint64_t>((most - least).count()) + 1)));
    }

    void in(Span delay, std::function<void()> what);
    /// On that process: later when it is paused, never when it is dead.
    void on(const std::shared_ptr<Host>& host, Span delay, std::function<void()> what);
    /// The next thing happens; false when there is none before `until`, which it then is.
    bool step(Time until);

    /// One line of the trace.
    void note(std::string_view what, std::uint64_t node, std::string_view about, std::uint64_t a = 0,
              std::uint64_t b = 0);
    std::uint64_t trace_hash() const { return hash_; }

private:
    struct Due {
        Time at;
        std::uint64_t tie;
        std::uint64_t number;
        std::function<void()> what;
    };
    static bool later(const Due& a, const Due& b) {
        if (a.at != b.at) return a.at > b.at;
        return a.tie != b.tie ? a.tie > b.tie : a.number > b.number;
    }
    void run_on(const std::shared_ptr<Host>& host, std::function<void()> what);

    const Time start_;
    Time now_;
    Random dice_;
    std::vector<Due> due_;
    std::uint64_t last_number_ = 0;
    std::uint64_t hash_;
    const bool show_;
};

/// What somebody on a host waits for.
template <class T>
struct Reply {
    std::uint64_t wait = 0;
    std::optional<T> value;
};

/// Waits for it. Whoever answers sets the value first, then wakes.
template <class T>
Task<T> receive(Host& host, std::shared_ptr<Reply<T>> reply) {
    if (!reply->value) co_await host.park(reply->wait);
    co_return std::move(*reply->value);
}

template <class T>
std::shared_ptr<Reply<T>> expect(Host& host) {
    auto reply = std::make_shared<Reply<T>>();
    reply->wait = host.new_wait();
    return reply;
}

}  // namespace libexec::simulation
