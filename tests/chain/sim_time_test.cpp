#include "support/sim_time.hpp"

#include <doctest/doctest.h>

using namespace libexec;
using namespace std::chrono_literals;

namespace {

Task<void> note_after(test::SimTime& time, std::chrono::microseconds delay, int name,
                      std::vector<int>& order) {
    co_await time.sleep_for(delay);
    order.push_back(name);
}

Task<int> wait_and_answer(test::SimTime& time, Alarm& alarm) {
    co_await alarm.wait(1h);
    co_await time.sleep_for(5ms);
    co_return 42;
}

Task<void> ring_after(test::SimTime& time, Alarm& alarm, std::chrono::microseconds delay) {
    co_await time.sleep_for(delay);
    alarm.ring();
}

Task<void> wait_on(Alarm& alarm, std::chrono::microseconds delay) { co_await alarm.wait(delay); }

Task<void> fall_over() {
    throw std::runtime_error("fell over");
    co_return;
}

}  // namespace

TEST_SUITE("support/sim_time") {
    TEST_CASE("sleepers wake in the order of their alarms, and the clock shows the moment") {
        test::SimTime time;
        const Time start = time.now();
        std::vector<int> order;
        time.spawn(note_after(time, 30ms, 3, order));
        time.spawn(note_after(time, 10ms, 1, order));
        time.spawn(note_after(time, 10ms, 2, order));
        time.pass(20ms);
        CHECK(order == std::vector{1, 2});
        CHECK(time.now() == start + 20ms);
        time.pass(20ms);
        CHECK(order == std::vector{1, 2, 3});
        CHECK(time.slept() == std::vector<std::chrono::microseconds>{30ms, 10ms, 10ms});
    }

    TEST_CASE("a rung alarm ends the wait early, and a ring before the wait is remembered") {
        test::SimTime time;
        const Time start = time.now();
        const auto alarm = time.make_alarm();
        time.spawn(ring_after(time, *alarm, 7ms));
        CHECK(time.run(wait_and_answer(time, *alarm)) == 42);
        CHECK(time.now() == start + 12ms);

        alarm->ring();
        time.run(wait_on(*alarm, 1h));
        CHECK(time.now() == start + 12ms);
        time.run(wait_on(*alarm, 1h));
        CHECK(time.now() == start + 12ms + 1h);
    }

    TEST_CASE("what a coroutine throws reaches the test") {
        test::SimTime time;
        CHECK_THROWS_WITH(time.run(fall_over()), "fell over");
        time.spawn(fall_over());
        CHECK_THROWS_WITH(time.pass(1ms), "fell over");
    }
}
