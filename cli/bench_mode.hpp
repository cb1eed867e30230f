#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "bench_figures.hpp"
#include "bench_lane.hpp"
#include "bench_plan.hpp"

namespace libexec::cli {

/// The time a run is measured on. One thing, so that a test can script it.
class BenchClock {
public:
    virtual ~BenchClock() = default;
    /// Since some fixed moment; never goes back.
    virtual std::chrono::nanoseconds now() const = 0;
    /// Returns at once when that moment has passed.
    virtual Task<void> sleep_until(std::chrono::nanoseconds moment) = 0;
};

/// The machine's steady clock, on `io`.
std::unique_ptr<BenchClock> make_bench_clock(asio::io_context& io);

/// What the parts of a run share.
struct BenchGround {
    asio::io_context& io;
    BenchClock& clock;
    const Clock& wall;  ///< what the target's timestamps are compared with
    const BenchPlan& plan;
    BenchTarget& target;
    BenchFigures figures{};             ///< of the phase under way
    std::chrono::nanoseconds began{0};  ///< the phase
    std::uint64_t progress = 0;         ///< grows while the target still does something
    bool stopping = false;              ///< nothing new is begun, nothing is waited for
    /// Starts work that lasts until the mode is closed; its exceptions end the run.
    std::function<void(Task<void>)> background{};
};

/// One thing done by one lane.
struct BenchTurn {
    std::uint64_t number = 0;
    std::chrono::nanoseconds due{0};  ///< latency counts from here
};

/// What is done in each turn of a run, and what is waited for after the last one.
class BenchMode {
public:
    explicit BenchMode(BenchGround& ground) : ground_(ground) {}
    virtual ~BenchMode() = default;
    BenchMode(const BenchMode&) = delete;
    BenchMode& operator=(const BenchMode&) = delete;

    /// Before the first turn.
    virtual Task<void> open() { co_return; }
    virtual Task<void> turn(BenchLane& lane, BenchTurn turn) = 0;
    /// After the last turn of a phase.
    virtual Task<void> settle() { co_return; }
    /// Ends what was started in the background.
    virtual void close() {}

protected:
    /// Does one request until it is answered, repeating it while a queue is full, and records its latency
    /// under `name`. False when it was refused, which is counted. Throws Trouble at the server's rate limit.
    Task<bool> ask(BenchLane& lane, BenchKind kind, BenchTurn turn, Uuid about, const char* name);
    /// The same for the turn's order; `lane.accepted` is its id.
    Task<bool> submit(BenchLane& lane, BenchTurn turn);

    BenchGround& ground_;
};

/// The mode of the ground's plan.
std::unique_ptr<BenchMode> make_bench_mode(BenchGround& ground);
std::unique_ptr<BenchMode> make_execute_mode(BenchGround& ground);
std::unique_ptr<BenchMode> make_fan_out_mode(BenchGround& ground);

}  // namespace libexec::cli
