#include <algorithm>
#include <exception>
#include <limits>
#include <ostream>
#include <stdexcept>

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>

#include "bench_command.hpp"
#include "bench_lane.hpp"
#include "bench_report.hpp"
#include "commands.hpp"
#include "libexec/base/random.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/base/uuid.hpp"

namespace libexec::cli {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds busy_pause{5};
constexpr std::chrono::milliseconds poll_pause{20};

/// One run: lanes take the next order in turn until all are accepted, then the queue is watched until it is
/// empty.
class BenchRun {
public:
    BenchRun(BenchTarget& target, const Options& options, const BenchOptions& bench, std::uint64_t seed)
        : target_(target),
          bench_(bench),
          random_(seed),
          timers_(make_timers(io_)),
          give_up_at_(Steady::now() + options.timeout) {
        report_.target = target.name();
        report_.mode = bench.mode;
        report_.seed = seed;
        report_.connections = bench.connections;
        report_.rate = bench.rate;
        report_.latencies.reserve(bench.orders);
    }

    BenchReport run() {
        spawn(prepare());
        drain();
        began_ = Steady::now();
        for (std::uint32_t i = 0; i < bench_.connections; ++i) spawn(submit_all());
        drain();
        if (bench_.mode == BenchOptions::Mode::execute) {
            spawn(await_ends());
            drain();
        }
        return std::move(report_);
    }

private:
    void spawn(Task<void> work) {
        asio::co_spawn(io_.get_executor(), std::move(work), [this](std::exception_ptr error) {
            if (error && !error_) error_ = error;
            if (error) io_.stop();
        });
    }
    void drain() {
        io_.restart();
        io_.run();
        if (error_) std::rethrow_exception(error_);
    }

    Task<void> prepare() {
        watcher_ = target_.open_lane(io_);
        before_ = co_await watcher_->counts();
        // Somebody else's orders would be counted as ours when they end.
        while (bench_.mode == BenchOptions::Mode::execute && before_.live > 0) {
            if (Steady::now() >= give_up_at_) {
                throw std::runtime_error("the --timeout is over with " + std::to_string(before_.live) +
                                         " earlier orders still running");
            }
            co_await timers_->sleep_for(poll_pause);
            before_ = co_await watcher_->counts();
        }
    }

    Task<void> submit_all() {
        const std::unique_ptr<BenchLane> lane = target_.open_lane(io_);
        while (next_ < bench_.orders) {
            const std::uint64_t number = next_++;
            BenchOrder order;
            order.sell_sol = random_.below(2) == 0;
            order.thousandths =
                static_cast<std::uint32_t>(1 + random_.below(order.sell_sol ? 2'000 : 200'000));
            const Steady::time_point due = co_await wait_for_turn(number);
            co_await submit_one(*lane, order, due);
        }
    }

    /// With an offered rate, latency counts from when the order was due: a late server does not get to slow
    /// down the clock that measures it.
    Task<Steady::time_point> wait_for_turn(std::uint64_t number) {
        if (bench_.rate == 0) co_return Steady::now();
        const Steady::time_point due = began_ + nanoseconds(number * 1'000'000'000 / bench_.rate);
        const auto early = std::chrono::ceil<std::chrono::microseconds>(due - Steady::now());
        if (early.count() > 0) co_await timers_->sleep_for(early);
        co_return due;
    }

    Task<void> submit_one(BenchLane& lane, BenchOrder order, Steady::time_point due) {
        for (;;) {
            if (Steady::now() >= give_up_at_) {
                throw std::runtime_error("the --timeout is over with " + std::to_string(report_.accepted) +
                                         " orders accepted; the queue was full " +
                                         std::to_string(report_.busy) + " times (raise QUEUE_LIMIT)");
            }
            const BenchAnswer answer = co_await lane.submit(order);
            const Steady::time_point now = Steady::now();
            if (answer == BenchAnswer::accepted) {
                report_.latencies.push_back(now - due);
                report_.accepted += 1;
                report_.accepting = now - began_;
                co_return;
            }
            if (answer == BenchAnswer::limited) {
                throw std::runtime_error(lane.trouble() +
                                         ": start the server with --rate-limit 0 to measure it");
            }
            if (answer == BenchAnswer::failed)
                throw std::runtime_error("a submission was refused: " + lane.trouble());
            report_.busy += 1;
            co_await timers_->sleep_for(busy_pause);
            due = Steady::now();
        }
    }

    Task<void> await_ends() {
        for (;;) {
            const BenchCounts now = co_await watcher_->counts();
            report_.confirmed = now.confirmed - before_.confirmed;
            report_.failed = now.failed - before_.failed;
            report_.executing = Steady::now() - began_;
            if (report_.confirmed + report_.failed >= bench_.orders) co_return;
            if (Steady::now() >= give_up_at_) {
                throw std::runtime_error("the --timeout is over with " + std::to_string(now.live) +
                                         " orders still running");
            }
            co_await timers_->sleep_for(poll_pause);
        }
    }

    BenchTarget& target_;
    const BenchOptions& bench_;
    Random random_;
    asio::io_context io_{1};
    std::unique_ptr<Timers> timers_;
    Steady::time_point give_up_at_;
    Steady::time_point began_;
    std::unique_ptr<BenchLane> watcher_;
    BenchCounts before_;
    std::uint64_t next_ = 0;
    BenchReport report_;
    std::exception_ptr error_;
};

Complaint bench_complaint(const std::string& why, const std::string& target) {
    Complaint complaint;
    complaint.exit = ExitCode::unreachable;
    complaint.code = "bench_failed";
    complaint.what = "the run on " + target + " could not be finished: " + why;
    complaint.funds = "orders accepted so far are being executed";
    complaint.repeat = "safe, with new orders";
    complaint.next = "see that the server runs and has room, then repeat";
    return complaint;
}

std::uint32_t small(const Arguments& arguments, std::string_view name, std::uint64_t least,
                    std::uint64_t most, std::uint32_t otherwise) {
    return static_cast<std::uint32_t>(arguments.whole(name, least, most).value_or(otherwise));
}

ExitCode run_bench(const Context& context, const Arguments& arguments) {
    BenchOptions bench;
    if (arguments.text("mode") == "accept") bench.mode = BenchOptions::Mode::accept;
    bench.orders = arguments.whole("orders", 1, 10'000'000).value_or(bench.orders);
    bench.connections = small(arguments, "connections", 1, 4'096, bench.connections);
    bench.rate = small(arguments, "rate", 0, 1'000'000, bench.rate);
    bench.in_process = arguments.has("in-process");
    bench.workers = small(arguments, "workers", 1, 100'000, bench.workers);
    bench.seed = arguments.whole("seed", 0, std::numeric_limits<std::uint64_t>::max());
    bench.data_dir = arguments.text("data-dir");
    return bench_command(context.options, bench, context.console);
}

}  // namespace

const CommandSpec& bench_spec() {
    static const CommandSpec spec{
        .name = "bench",
        .summary = "Measure how fast orders are accepted or executed",
        .description = {},
        .words = {},
        .options = {{"--mode", "accept|execute",
                     "accept: until each POST has its 202; execute: until every order has ended", "execute"},
                    {"--orders", "N", "How many", "1000"},
                    {"--connections", "N", "Submissions in flight", "64"},
                    {"--rate", "N", "Submissions offered a second; 0: as fast as they are answered", "0"},
                    {"--in-process", "", "Run the engine inside execctl on a fresh database"},
                    {"--workers", "N", "Orders in flight, in process", "256"},
                    {"--seed", "N", "Of the orders, and in process of the simulated world", "drawn"},
                    {"--data-dir", "DIR", "Where an in-process run keeps its database",
                     "the temporary directory", false, Completes::file}},
        .examples = {{"execctl bench --mode accept --orders 20000", "a server's acceptance"}},
        .run = run_bench,
        .children = {},
        .hidden = false};
    return spec;
}

ExitCode bench_command(const Options& options, const BenchOptions& bench, Console& console) {
    const std::uint64_t seed = bench.seed ? *bench.seed : system_entropy();
    const std::unique_ptr<BenchTarget> target =
        bench.in_process ? make_in_process_target(bench, seed) : make_http_target(options);
    console.err << "bench: " << bench.orders << " orders on " << target->name() << std::endl;
    try {
        BenchReport report = BenchRun(*target, options, bench, seed).run();
        if (options.output == Output::table) {
            console.out << report_table(std::move(report));
        } else {
            console.out << report_json(std::move(report)) << '\n';
        }
        return ExitCode::done;
    } catch (const Trouble&) {
        throw;
    } catch (const std::exception& error) {
        throw Trouble(bench_complaint(error.what(), target->name()));
    }
}

}  // namespace libexec::cli
