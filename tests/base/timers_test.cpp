#include "libexec/base/timers.hpp"
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <doctest/doctest.h>

using namespace libexec;
using namespace std::chrono_literals;

namespace {

Task<void> wait_and_note(Alarm& alarm, std::chrono::microseconds delay, int& woken) {
    co_await alarm.wait(delay);
    ++woken;
}

Task<void> ring_after(Timers& timers, Alarm& alarm) {
    co_await timers.sleep_for(1ms);
    alarm.ring();
}

}  // namespace

TEST_SUITE("base/timers") {
    TEST_CASE("an alarm that rings ends the wait early") {
        asio::io_context io(1);
        const auto timers = make_timers(io);
        const auto alarm = timers->make_alarm();
        int woken = 0;
        asio::co_spawn(io, wait_and_note(*alarm, 1h, woken), asio::detached);
        asio::co_spawn(io, ring_after(*timers, *alarm), asio::detached);
        io.run();
        CHECK(woken == 1);
    }

    TEST_CASE("a ring while nobody waits is remembered once") {
        asio::io_context io(1);
        const auto timers = make_timers(io);
        const auto alarm = timers->make_alarm();
        alarm->ring();
        alarm->ring();
        int woken = 0;
        asio::co_spawn(io, wait_and_note(*alarm, 1h, woken), asio::detached);
        io.run();
        CHECK(woken == 1);
        io.restart();
        asio::co_spawn(io, wait_and_note(*alarm, 1h, woken), asio::detached);
        io.poll();
        CHECK(woken == 1);  // the second ring was not a second one: this wait goes on
        alarm->ring();
        io.restart();
        io.run();
        CHECK(woken == 2);
    }

    TEST_CASE("a wait ends by itself when the time has passed") {
        asio::io_context io(1);
        const auto timers = make_timers(io);
        const auto alarm = timers->make_alarm();
        int woken = 0;
        asio::co_spawn(io, wait_and_note(*alarm, 1ms, woken), asio::detached);
        io.run();
        CHECK(woken == 1);
    }
}
