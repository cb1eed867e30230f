#include "bench_run.hpp"

#include <stdexcept>
#include <string>

#include <asio/co_spawn.hpp>

#include "libexec/base/random.hpp"
#include "libexec/base/timers.hpp"

namespace libexec::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_pause{50};
constexpr std::chrono::seconds grace{10};

class SteadyBenchClock final : public BenchClock {
public:
    explicit SteadyBenchClock(asio::io_context& io) : timers_(make_timers(io)) {}
    nanoseconds now() const override { return Steady::now().time_since_epoch(); }
    Task<void> sleep_until(nanoseconds moment) override {
        const auto early = std::chrono::ceil<std::chrono::microseconds>(moment - now());
        if (early.count() > 0) co_await timers_->sleep_for(early);
    }

private:
    std::unique_ptr<Timers> timers_;
};

}  // namespace

std::unique_ptr<BenchClock> make_bench_clock(asio::io_context& io) {
    return std::make_unique<SteadyBenchClock>(io);
}

BenchRun::BenchRun(asio::io_context& io, BenchClock& clock, const Clock& wall, const BenchPlan& plan,
                   BenchTarget& target, BenchPatience patience)
    : ground_{io, clock, wall, plan, target}, patience_(std::move(patience)), progress_at_(Steady::now()) {
    ground_.background = [this](Task<void> task) { spawn(std::move(task), background_); };
    mode_ = make_bench_mode(ground_);
}

BenchFigures BenchRun::run() {
    finish(mode_->open());
    if (!ground_.plan.warmup.is_none()) phase(ground_.plan.warmup, derive_seed(ground_.plan.seed, "warmup"));
    phase(ground_.plan.limit, derive_seed(ground_.plan.seed, "arrivals"));
    mode_->close();
    work(background_);
    if (error_ && !interrupted_) std::rethrow_exception(error_);
    ground_.figures.interrupted = interrupted_;
    return std::move(ground_.figures);
}

void BenchRun::phase(BenchLimit limit, std::uint64_t seed) {
    if (ground_.stopping) return;
    ground_.figures = BenchFigures();
    ground_.began = ground_.clock.now();
    limit_ = limit;
    begun_ = 0;
    schedule_over_ = false;
    if (ground_.plan.rate > 0) arrivals_.emplace(ground_.plan.arrivals, ground_.plan.rate, seed);
    for (std::uint32_t i = 0; i < ground_.plan.connections; ++i) spawn(lane_work(), foreground_);
    work(foreground_);
    finish(mode_->settle());
}

void BenchRun::finish(Task<void> task) {
    spawn(std::move(task), foreground_);
    work(foreground_);
}

void BenchRun::spawn(Task<void> task, std::uint64_t& running) {
    running += 1;
    asio::co_spawn(ground_.io.get_executor(), std::move(task), [this, &running](std::exception_ptr error) {
        running -= 1;
        if (error && !error_) error_ = error;
        if (error || running == 0) ground_.io.stop();  // only to be looked at
    });
}

void BenchRun::work(const std::uint64_t& running) {
    while (running > 0) {
        ground_.io.restart();
        ground_.io.run_for(look_pause);
        look_around();
        // Whoever hangs in an answer that never comes is left behind.
        if (ground_.stopping && Steady::now() - stopped_at_ > grace) break;
    }
}

void BenchRun::look_around() {
    if (ground_.stopping) return;
    const Steady::time_point now = Steady::now();
    if (ground_.progress != seen_progress_) progress_at_ = now;
    seen_progress_ = ground_.progress;
    const auto give_up = [this](const std::string& why) {
        error_ = std::make_exception_ptr(std::runtime_error(
            why + " with " + std::to_string(ground_.figures.accepted) +
            " orders accepted; the queue was full " + std::to_string(ground_.figures.busy) + " times"));
    };
    if (patience_.interrupted && patience_.interrupted()) {
        interrupted_ = true;
        stop();
    } else if (error_) {
        stop();
    } else if (now >= patience_.give_up_at) {
        give_up("the --timeout is over");
        stop();
    } else if (now - progress_at_ > patience_.silence) {
        give_up("nothing has moved for " + std::to_string(patience_.silence.count() / 1'000) + " s,");
        stop();
    }
}

void BenchRun::stop() {
    ground_.stopping = true;
    stopped_at_ = Steady::now();
    mode_->close();
}

bool BenchRun::next_turn(BenchTurn& turn) {
    if (ground_.stopping || schedule_over_ || (limit_.turns > 0 && begun_ >= limit_.turns)) return false;
    const nanoseconds now = ground_.clock.now();
    const nanoseconds offset = arrivals_ ? arrivals_->next() : now - ground_.began;
    schedule_over_ = limit_.time && offset >= *limit_.time;
    if (schedule_over_) return false;
    turn.number = numbers_++;
    turn.due = ground_.began + offset;
    begun_ += 1;
    return true;
}

Task<void> BenchRun::wait_for(BenchTurn turn) {
    for (nanoseconds now = ground_.clock.now(); now < turn.due && !ground_.stopping;
         now = ground_.clock.now())
        co_await ground_.clock.sleep_until(std::min(turn.due, now + look_pause));
    const nanoseconds late = ground_.clock.now() - turn.due;
    if (ground_.stopping) co_return;
    if (late > 1ms) ground_.figures.late_1ms += 1;
    if (late > 10ms) ground_.figures.late_10ms += 1;
}

Task<void> BenchRun::lane_work() {
    const std::unique_ptr<BenchLane> lane = ground_.target.open_lane(ground_.io);
    BenchTurn turn;
    while (next_turn(turn)) {
        if (arrivals_) co_await wait_for(turn);
        if (ground_.stopping) break;
        ground_.figures.turns += 1;
        co_await mode_->turn(*lane, turn);
    }
}

}  // namespace libexec::cli
