#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench_plan.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/task.hpp"
#include "libexec/base/uuid.hpp"
#include "options.hpp"

namespace libexec::cli {

/// One order of a bench run.
struct BenchOrder {
    bool sell_sol = true;           ///< SOL to USDC, else USDC to SOL
    std::uint32_t thousandths = 1;  ///< of a token
};

enum class BenchAnswer : std::uint8_t {
    done,
    busy,     ///< a queue is full: wait and repeat
    limited,  ///< the server's rate limit: the figure would be the limit's
    failed,
};

/// Ended and live orders as the queue counts them.
struct BenchCounts {
    std::uint64_t live = 0;
};

/// What a measurement needs to know of an event.
struct BenchEvent {
    Uuid order;
    std::uint32_t seq = 0;
    bool ends = false;       ///< it is its order's last
    bool confirmed = false;  ///< and the order filled
    Time at{};               ///< when it says it happened; of a last event only
};

/// Events as they come. Used by one reader at a time.
class BenchStream {
public:
    virtual ~BenchStream() = default;
    /// At least one; none when there will be no more, for whatever reason.
    virtual Task<std::vector<BenchEvent>> next() = 0;
    /// Ends a waiting or later `next`.
    virtual void close() = 0;
};

/// One client: at most one request at a time. Everything throws std::runtime_error when the target is gone.
class BenchLane {
public:
    virtual ~BenchLane() = default;
    /// Durable once done; then `accepted` is its id.
    virtual Task<BenchAnswer> submit(BenchOrder order) = 0;
    virtual Task<BenchAnswer> get(Uuid order) = 0;
    virtual Task<BenchAnswer> list() = 0;
    virtual Task<BenchAnswer> quote(BenchOrder order) = 0;
    virtual Task<BenchCounts> counts() = 0;
    /// The order's last event, when it has ended.
    virtual Task<std::optional<BenchEvent>> end_of(Uuid order) = 0;
    /// The target's version, as it says.
    virtual Task<std::string> version() = 0;

    Uuid accepted;        ///< by the last `submit` that was done
    std::string refusal;  ///< the last answer that was not done, in one word: "503"
    std::string trouble;  ///< the same for people
};

/// What is measured. Lanes and streams belong to the io_context they were opened on.
class BenchTarget {
public:
    virtual ~BenchTarget() = default;
    virtual std::unique_ptr<BenchLane> open_lane(asio::io_context& io) = 0;
    /// All events of one order, from the first one on. Open when it returns.
    virtual Task<std::unique_ptr<BenchStream>> follow(asio::io_context& io, Uuid order) = 0;
    /// Events of all orders from now on; ends when the reader is too slow.
    virtual Task<std::unique_ptr<BenchStream>> follow_all(asio::io_context& io) = 0;
    /// For the report: where it runs.
    virtual std::string name() const = 0;
    /// For the report: where it keeps its orders, without secrets.
    virtual std::string database() const = 0;
};

/// A server, over plain keep-alive connections, one a lane. Throws Trouble for an https address.
std::unique_ptr<BenchTarget> make_http_target(const Options& options);
/// An engine inside this process on the database of the plan; a fresh one is removed with the target. Throws
/// Trouble.
std::unique_ptr<BenchTarget> make_in_process_target(const BenchPlan& plan);

}  // namespace libexec::cli
