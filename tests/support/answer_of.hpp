#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <utility>

#include "support/spawn.hpp"

namespace libexec::test {

/// The answer of `work`, for which the loop runs, as long as something happens within half a minute.
template <class T>
T answer_of(asio::io_context& io, Task<T> work) {
    std::optional<T> answer;
    spawn(io, keep_answer(std::move(work), answer));
    io.restart();
    while (!answer && io.run_one_for(std::chrono::seconds(30)) > 0) {
    }
    REQUIRE(answer);
    return std::move(*answer);
}

}  // namespace libexec::test
