#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// After the standard library: Asio asks it about aligned allocation, and all files must get the same answer.
#include <asio/io_context.hpp>

#include "libexec/base/clock.hpp"
#include "libexec/base/task.hpp"
#include "libexec/net/http_server.hpp"
#include "request_reader.hpp"
#include "steady_timer.hpp"
#include "transport.hpp"

namespace libexec {

/// A point in the life of a worker, counted in its ticks: deadlines cost no look at any clock.
using Tick = std::uint64_t;
inline constexpr Tick no_tick = ~Tick{0};

class HttpConnection;

/// Has bytes to write once the loop has done everything else it was woken for.
class Flushable {
public:
    virtual ~Flushable() = default;
    virtual void flush() = 0;
};

/// What all workers of a server share. Written by one thread before the workers run, but for the counters.
struct ServerShared {
    ServerShared(HttpServerConfig settings, HttpHandler& answers, Log& lines, const Clock& time)
        : config(std::move(settings)),
          request_limits{config.header_bytes_max, config.header_fields_max, config.body_bytes_max},
          handler(answers),
          log(lines),
          clock(time) {}

    const HttpServerConfig config;
    const RequestLimits request_limits;
    HttpHandler& handler;
    Log& log;
    const Clock& clock;

    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> websockets{0};
    std::atomic<std::uint64_t> refused{0};
};

/// One thread of a server and everything that belongs to it alone.
class Worker {
public:
    explicit Worker(ServerShared& shared);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The thread's whole life: returns after `finish`.
    void run();
    /// From any thread.
    Executor executor() { return io_.get_executor(); }
    void finish() { io_.stop(); }
    std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

    // From here on: the worker's own thread.

    void add(HttpConnection& connection);
    void remove(HttpConnection& connection);
    /// Lets every connection come to its end; those that join later do so at once.
    void stop(std::string reason);
    /// Cuts every connection.
    void abort();
    bool stopping() const { return stopping_; }
    const std::string& stop_reason() const { return stop_reason_; }

    /// The tick by which `delay` has passed for certain.
    Tick due_in(std::chrono::milliseconds delay) const;
    /// The Date line of an answer.
    std::string_view date_line();
    /// Where all connections read: good until the next suspension.
    std::span<char> buffer() { return buffer_; }
    /// Where small writes are gathered into one record of TLS.
    std::span<char> gathering_room();
    /// Calls `flush` when this turn of the loop is over: what was queued in it leaves in one write.
    void flush_later(std::shared_ptr<Flushable> writer);
    void count_request() { requests_.fetch_add(1, std::memory_order_relaxed); }

    ServerShared& shared;

private:
    static Task<void> tick_for_ever(Worker& worker);
    void tick();
    void flush_dirty();

    std::vector<char> buffer_;
    std::vector<char> gathering_room_;  // none without TLS
    std::vector<HttpConnection*> connections_;
    std::vector<std::shared_ptr<Flushable>> dirty_;
    std::string stop_reason_;
    std::string date_line_;
    std::chrono::milliseconds tick_length_;
    Tick now_ = 0;
    Tick date_due_ = 0;
    bool stopping_ = false;
    std::atomic<std::uint64_t> requests_{0};
    // Last, so that it goes first: coroutines die with it, and they still reach for all of the above.
    asio::io_context io_{1};
};

}  // namespace libexec
