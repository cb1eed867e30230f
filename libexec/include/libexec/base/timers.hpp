#pragma once

#include <chrono>
#include <memory>

#include "libexec/base/task.hpp"

namespace libexec {

/// One waiter's alarm: it sleeps, and anyone on the same thread may wake it early.
class Alarm {
public:
    virtual ~Alarm() = default;

    /// Returns when `delay` has passed or `ring` was called. A ring while nobody waits is remembered
    /// and ends the next wait at once. At most one waiter at a time.
    virtual Task<void> wait(std::chrono::microseconds delay) = 0;
    /// Ends the wait under way, or the next one. From the thread of the io_context.
    virtual void ring() = 0;
};

/// The only way to wait. Belongs to one io_context and is used from its thread alone.
class Timers {
public:
    virtual ~Timers() = default;
    /// Returns when `delay` has passed.
    virtual Task<void> sleep_for(std::chrono::microseconds delay) = 0;
    /// An alarm on the same time; the timers outlive it.
    virtual std::unique_ptr<Alarm> make_alarm() = 0;
};

/// Real time on `io`. A sleep of zero or less only yields to whatever else is ready.
std::unique_ptr<Timers> make_timers(asio::io_context& io);

}  // namespace libexec
