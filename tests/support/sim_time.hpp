#pragma once

// The standard library first: Asio 1.22 looks at its macros to choose an allocator, and every file must
// choose the same one.
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "support/spawn.hpp"

namespace libexec::test {

/// Time that stands still until every coroutine waits, then jumps to the next alarm. Alarms of one moment go
/// off in the order they were set, one at a time, so that two runs of the same work are identical.
class SimTime final : public Clock, public Timers {
public:
    explicit SimTime(Time start = Time(std::chrono::seconds(1'800'000'000)))
        : now_us_(start.time_since_epoch().count()) {}

    Time now() const override { return Time(std::chrono::microseconds(now_us_.load())); }
    asio::io_context& io() { return io_; }
    /// Every sleep that was asked for, in order. Waits on alarms are not among them.
    const std::vector<std::chrono::microseconds>& slept() const { return slept_; }

    Task<void> sleep_for(std::chrono::microseconds delay) override {
        slept_.push_back(delay);
        if (delay.count() <= 0) {
            co_await asio::post(io_, use_task);
            co_return;
        }
        Wait wait(*this, delay);
        co_await wait.until_due();
    }

    std::unique_ptr<Alarm> make_alarm() override { return std::make_unique<SimAlarm>(*this); }

    /// Runs `work` to its end and whatever else happens meanwhile; other coroutines may go on waiting.
    /// Throws what `work` throws, and std::logic_error when nothing can happen any more.
    template <class T>
    T run(Task<T> work) {
        if constexpr (std::is_void_v<T>) {
            run_to_end(std::move(work));
        } else {
            std::optional<T> outcome;
            run_to_end(keep_answer(std::move(work), outcome));
            return std::move(outcome).value();
        }
    }

    /// Starts `work` beside everything else. What it throws comes out of the next `run` or `pass`.
    void spawn(Task<void> work) {
        test::spawn(io_, std::move(work), [this](std::exception_ptr error) {
            if (error && !spawned_threw_) spawned_threw_ = error;
        });
    }

    /// Lets `span` go by, with all that is due in it.
    void pass(std::chrono::microseconds span) {
        const Time end = now() + span;
        settle();
        while (!alarms_.empty() && alarms_.begin()->first <= end) {
            fire_next();
            settle();
        }
        set(end);
    }

    /// Runs what is ready now; time stands still. Never returns when coroutines keep each other busy.
    void settle() {
        io_.restart();
        while (io_.poll_one() > 0) {
        }
        rethrow();
    }

private:
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>, Executor>;
    using Alarms = std::multimap<Time, Timer*>;

    /// One place in the list of alarms, left when the waiter goes away for whatever reason.
    class Wait {
    public:
        Wait(SimTime& time, std::chrono::microseconds delay)
            : time_(time), timer_(time.io_, Timer::time_point::max()) {
            place_ = time_.alarms_.emplace(time_.now() + delay, &timer_);
        }
        ~Wait() {
            if (due()) return;
            time_.alarms_.erase(place_);
        }
        Wait(const Wait&) = delete;
        Wait& operator=(const Wait&) = delete;

        Task<void> until_due() {
            asio::error_code cancelled;
            co_await timer_.async_wait(asio::redirect_error(use_task, cancelled));
        }
        void wake() { timer_.cancel(); }

    private:
        bool due() const { return timer_.expiry() != Timer::time_point::max(); }

        SimTime& time_;
        Timer timer_;
        Alarms::iterator place_;
    };

    class SimAlarm final : public Alarm {
    public:
        explicit SimAlarm(SimTime& time) : time_(time) {}

        Task<void> wait(std::chrono::microseconds delay) override {
            if (!rung_) {
                Wait wait(time_, delay);
                waiting_ = &wait;
                co_await wait.until_due();
                waiting_ = nullptr;
            }
            rung_ = false;
        }
        void ring() override {
            rung_ = true;
            if (waiting_ != nullptr) waiting_->wake();
        }

    private:
        SimTime& time_;
        Wait* waiting_ = nullptr;
        bool rung_ = false;
    };

    void run_to_end(Task<void> work) {
        bool done = false;
        std::exception_ptr thrown;
        test::spawn(io_, std::move(work), [&](std::exception_ptr error) {
            thrown = error;
            done = true;
        });
        until(done);
        if (thrown) std::rethrow_exception(thrown);
    }

    void until(const bool& done) {
        io_.restart();
        while (!done) {
            rethrow();
            if (io_.poll_one() > 0) continue;
            if (!alarms_.empty()) {
                fire_next();
                continue;
            }
            // No alarm is set: only another thread, a writer of some file, can still move things.
            io_.restart();
            if (io_.run_one_for(std::chrono::seconds(60)) == 0) {
                throw std::logic_error("everything waits, and nothing is left that could happen");
            }
        }
        rethrow();
    }

    void fire_next() {
        const auto next = alarms_.begin();
        set(next->first);
        Timer* const timer = next->second;
        alarms_.erase(next);
        timer->expires_at(Timer::time_point::min());  // says "due", and wakes the waiter
        io_.restart();
    }

    void set(Time time) {
        if (time > now()) now_us_ = time.time_since_epoch().count();
    }

    void rethrow() {
        if (spawned_threw_) std::rethrow_exception(std::exchange(spawned_threw_, nullptr));
    }

    std::atomic<std::int64_t> now_us_;
    Alarms alarms_;  // outlives the coroutines that io_ holds
    std::vector<std::chrono::microseconds> slept_;
    std::exception_ptr spawned_threw_;
    asio::io_context io_{1};
};

}  // namespace libexec::test
