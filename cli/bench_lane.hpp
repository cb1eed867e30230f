#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libexec/base/task.hpp"
#include "bench_options.hpp"
#include "options.hpp"

namespace libexec::cli {

/// One order of a bench run.
struct BenchOrder {
    bool sell_sol = true;           ///< SOL to USDC, else USDC to SOL
    std::uint32_t thousandths = 1;  ///< of a token
};

enum class BenchAnswer : std::uint8_t {
    accepted,
    busy,     ///< the queue is full: wait and repeat
    limited,  ///< the server's rate limit: the figure would be the limit's
    failed,
};

/// Ended and live orders as the queue counts them.
struct BenchCounts {
    std::uint64_t confirmed = 0;
    std::uint64_t failed = 0;
    std::uint64_t live = 0;
};

/// One submitter: at most one order at a time.
class BenchLane {
public:
    virtual ~BenchLane() = default;
    /// Durable once accepted. Throws std::runtime_error when the target is gone.
    virtual Task<BenchAnswer> submit(BenchOrder order) = 0;
    virtual Task<BenchCounts> counts() = 0;
    /// What the last answer that was not `accepted` said.
    virtual const std::string& trouble() const = 0;
};

/// What is measured. Lanes belong to the io_context they were opened on and do not outlive the target.
class BenchTarget {
public:
    virtual ~BenchTarget() = default;
    virtual std::unique_ptr<BenchLane> open_lane(asio::io_context& io) = 0;
    /// For the report: where it runs.
    virtual std::string name() const = 0;
};

/// A server, over plain keep-alive connections, one a lane. Throws Trouble for an https address.
std::unique_ptr<BenchTarget> make_http_target(const Options& options);
/// An engine inside this process on a fresh database, removed with the target. Throws Trouble.
std::unique_ptr<BenchTarget> make_in_process_target(const BenchOptions& bench, std::uint64_t seed);

}  // namespace libexec::cli
