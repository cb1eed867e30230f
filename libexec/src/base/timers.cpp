#include "libexec/base/timers.hpp"

#include <asio/basic_waitable_timer.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/wait_traits.hpp>

namespace libexec {
namespace {

using Monotonic = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Monotonic, asio::wait_traits<Monotonic>, Executor>;

class IoAlarm final : public Alarm {
public:
    explicit IoAlarm(asio::io_context& io) : timer_(io) {}

    Task<void> wait(std::chrono::microseconds delay) override {
        if (rung_) {
            rung_ = false;
            co_return;
        }
        timer_.expires_after(delay);
        asio::error_code cancelled;
        co_await timer_.async_wait(asio::redirect_error(use_task, cancelled));
        rung_ = false;
    }

    void ring() override {
        rung_ = true;
        timer_.cancel();
    }

private:
    Timer timer_;
    bool rung_ = false;
};

class IoTimers final : public Timers {
public:
    explicit IoTimers(asio::io_context& io) : io_(io) {}

    Task<void> sleep_for(std::chrono::microseconds delay) override {
        if (delay.count() <= 0) {
            co_await asio::post(io_, use_task);
            co_return;
        }
        Timer timer(io_, delay);
        asio::error_code cancelled;
        co_await timer.async_wait(asio::redirect_error(use_task, cancelled));
    }

    std::unique_ptr<Alarm> make_alarm() override { return std::make_unique<IoAlarm>(io_); }

private:
    asio::io_context& io_;
};

}  // namespace

std::unique_ptr<Timers> make_timers(asio::io_context& io) { return std::make_unique<IoTimers>(io); }

}  // namespace libexec
