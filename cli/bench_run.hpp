#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "bench_arrivals.hpp"
#include "bench_mode.hpp"

namespace libexec::cli {

/// When a run is ended from outside.
struct BenchPatience {
    std::function<bool()> interrupted;  ///< asked about twenty times a second
    std::chrono::steady_clock::time_point give_up_at = std::chrono::steady_clock::time_point::max();
    std::chrono::milliseconds silence{120'000};  ///< without any progress
};

/// One run of a plan: the warm-up, then what is measured. Lanes take turns until the limit is reached: as
/// fast as they are answered (closed loop), or when the schedule says (open loop); a turn whose time has
/// passed because all lanes were busy is begun late, but begun.
class BenchRun {
public:
    /// Everything outlives the run; the io_context outlives the target too, and is not used again.
    BenchRun(asio::io_context& io, BenchClock& clock, const Clock& wall, const BenchPlan& plan,
             BenchTarget& target, BenchPatience patience);

    /// Interrupted: what was measured until then. Throws Trouble and what lanes throw.
    BenchFigures run();

private:
    void phase(BenchLimit limit, std::uint64_t seed);
    /// Runs `task` and all lanes to their end.
    void finish(Task<void> task);
    void spawn(Task<void> task, std::uint64_t& running);
    void work(const std::uint64_t& running);
    void look_around();
    void stop();
    Task<void> lane_work();
    bool next_turn(BenchTurn& turn);
    Task<void> wait_for(BenchTurn turn);

    BenchGround ground_;
    BenchPatience patience_;
    std::unique_ptr<BenchMode> mode_;
    BenchLimit limit_;
    std::optional<BenchArrivals> arrivals_;
    std::uint64_t begun_ = 0;    ///< turns of this phase
    std::uint64_t numbers_ = 0;  ///< turns of all phases
    bool schedule_over_ = false;
    std::uint64_t foreground_ = 0;
    std::uint64_t background_ = 0;
    std::uint64_t seen_progress_ = 0;
    std::chrono::steady_clock::time_point progress_at_;
    std::chrono::steady_clock::time_point stopped_at_;
    bool interrupted_ = false;
    std::exception_ptr error_;
};

}  // namespace libexec::cli
