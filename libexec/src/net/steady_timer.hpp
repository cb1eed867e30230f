#pragma once

#include <chrono>
#include <memory>

// After the standard library: Asio asks it about aligned allocation, and all files must get the same answer.
#include <asio/basic_waitable_timer.hpp>

#include "libexec/base/task.hpp"

namespace libexec {

/// Deadlines of connections: real time, whatever the clock on the wall does.
using SteadyTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace libexec
