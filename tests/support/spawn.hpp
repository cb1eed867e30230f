#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include <asio/io_context.hpp>

#include "libexec/base/task.hpp"

namespace libexec::test {

/// Starts `work` and tells `ended` what it threw, or null. Compiled once: what asio::co_spawn is made of
/// takes a compiler seconds, for each kind of coroutine and each lambda anew.
void spawn(asio::io_context& io, Task<void> work, std::function<void(std::exception_ptr)> ended);
/// The same; what it throws comes out of the context's run.
void spawn(asio::io_context& io, Task<void> work);

/// Work whose answer is kept where it can be looked at, as work that has none.
template <class T>
Task<void> keep_answer(Task<T> work, std::optional<T>& answer) {
    answer.emplace(co_await std::move(work));
}

}  // namespace libexec::test
