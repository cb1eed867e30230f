#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <utility>

#include "libexec/base/task.hpp"

namespace libexec {

/// Runs `work` on the thread of `executor`, from a thread that is not it. `work` may be the last that the
/// io_context waits for, and its owner may destroy it as soon as `run` returns; asio::post would still be
/// waking that thread up, in memory that is gone.
template <class Work>
void hand_over(const Executor& executor, Work&& work) {
    const asio::executor_work_guard<Executor> until_woken(executor);
    asio::post(executor, std::forward<Work>(work));
}

}  // namespace libexec
