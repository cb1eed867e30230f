#pragma once

#include <asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"

namespace libexec {

/// What to say of an exception that came out of a coroutine: `internal`, with its words.
Rejection rejected_by(std::exception_ptr thrown);

/// Runs `task` on an io_context of its own and blocks the calling thread until it has ended: for programs
/// that have no event loop. Not for the engine's own thread (a venue, a chain), which would wait for itself,
/// and not with `Parts::io`, which nobody would run: that is for the one below.
///
/// Errors: what the task answers; an exception out of it, or on the way to it, is `internal`.
template <class T>
Result<T> wait(Task<Result<T>> task) try {
    asio::io_context io(1);
    Result<T> answer;
    asio::co_spawn(io, std::move(task), [&answer](std::exception_ptr thrown, Result<T> value) {
        answer = thrown ? Result<T>(rejected_by(thrown)) : std::move(value);
    });
    io.run();
    return answer;
} catch (...) {  // the process has no descriptor left for an io_context
    return rejected_by(std::current_exception());
}

/// The same on `io`, which the calling thread runs until the task has ended, with everything else on it. What
/// something else there throws comes out of here.
template <class T>
Result<T> wait(asio::io_context& io, Task<Result<T>> task) {
    const auto answer = std::make_shared<std::optional<Result<T>>>();  // the task may outlive this call
    asio::co_spawn(io, std::move(task), [answer](std::exception_ptr thrown, Result<T> value) {
        answer->emplace(thrown ? Result<T>(rejected_by(thrown)) : std::move(value));
    });
    io.restart();
    while (!*answer && io.run_one() > 0) {
    }
    return *answer ? std::move(**answer) : Result<T>();
}

}  // namespace libexec
