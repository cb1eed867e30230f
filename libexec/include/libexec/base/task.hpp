#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

namespace libexec {

/// Every coroutine of the project runs on an io_context; naming its executor type instead of
/// any_io_executor makes a suspended order about a third smaller.
using Executor = asio::io_context::executor_type;

/// A lazy coroutine. Parameters are taken by value, collaborators by reference and outlive the call.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_task{};

}  // namespace libexec
