#include "bench_command.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

#include <asio/co_spawn.hpp>

#include "bench_report.hpp"
#include "bench_run.hpp"
#include "commands.hpp"
#include "libexec/net/descriptor_limit.hpp"

namespace libexec::cli {
namespace {

using Steady = std::chrono::steady_clock;

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

/// Before the run, which may take long and would be lost.
void check_file(const BenchFile& file) {
    if (file.path.empty()) return;
    const bool there = std::filesystem::exists(file.path);
    if (there && !file.replace) {
        throw Trouble(usage_complaint("the file '" + file.path + "' exists already",
                                      "name another one, or add --force to replace it"));
    }
    const bool writable = std::ofstream(file.path, std::ios::binary | std::ios::app).good();
    if (!writable)
        throw Trouble(usage_complaint("the file '" + file.path + "' cannot be written",
                                      "give --save a place that can be written"));
    if (!there) std::filesystem::remove(file.path);
}

void save(const BenchFile& file, const BenchReport& report) {
    if (file.path.empty()) return;
    std::ofstream out(file.path, std::ios::binary | std::ios::trunc);
    out << report_json(report) << '\n';
    out.close();
    if (out) return;
    Complaint complaint;
    complaint.code = "output";
    complaint.what = "the file '" + file.path + "' could not be written";
    complaint.funds = "the orders of the run are placed";
    complaint.repeat = "safe, with new orders";
    complaint.next = "name a place that can be written; the figures are above";
    throw Trouble(complaint);
}

/// Every lane and follower is a descriptor.
void make_room(const BenchPlan& plan) {
    const std::uint64_t followers = plan.mode == BenchPlan::Mode::fan_out ? plan.followers : 0;
    const std::uint64_t wanted = plan.connections * (followers + 1) + descriptors_of_its_own;
    if (plan.in_process || raise_descriptor_limit(wanted) >= wanted) return;
    throw Trouble(usage_complaint("this many connections need " + std::to_string(wanted) +
                                      " open files, the "
                                      "system allows " +
                                      std::to_string(descriptor_limit()),
                                  "raise the hard limit (ulimit -Hn), or ask for fewer"));
}

std::string ask_version(asio::io_context& io, BenchTarget& target) {
    std::string version;
    std::exception_ptr error;
    const std::unique_ptr<BenchLane> lane = target.open_lane(io);
    asio::co_spawn(io, lane->version(), [&](std::exception_ptr thrown, std::string answer) {
        error = thrown;
        version = std::move(answer);
    });
    io.restart();
    io.run();
    if (error) std::rethrow_exception(error);
    return version;
}

BenchFigures measure(const Context& context, const BenchPlan& plan, BenchReport& report,
                     Steady::time_point give_up_at) {
    asio::io_context io(1);  // outlives the target, which may answer until its end
    const std::unique_ptr<BenchTarget> target =
        plan.in_process ? make_in_process_target(plan) : make_http_target(context.options);
    report.target = target->name();
    report.database = target->database();
    try {
        report.version = ask_version(io, *target);
        const std::unique_ptr<BenchClock> clock = make_bench_clock(io);
        const SystemClock wall;
        BenchPatience patience;
        patience.give_up_at = give_up_at;
        patience.interrupted = [&context] { return !context.wire.pause(std::chrono::milliseconds(0)); };
        return BenchRun(io, *clock, wall, plan, *target, std::move(patience)).run();
    } catch (const Trouble&) {
        throw;
    } catch (const std::exception& error) {
        throw Trouble(bench_complaint(error.what(), report.target));
    }
}

/// What a reader of the figures must know of them.
void tell_failures(const Context& context, const BenchReport& report) {
    for (const BenchFigures& run : report.runs) {
        for (const auto& [status, count] : run.errors)
            context.console.err << "bench: " << count << " refused with " << status << '\n';
        if (!run.first_trouble.empty())
            context.console.err << printable(context.console.style, "bench: the first: " + run.first_trouble)
                                << '\n';
        if (run.follower_gaps > 0)
            context.console.err << "bench: followers missed or repeated " << run.follower_gaps << " events\n";
        if (run.busy > 0)
            context.console.err << "bench: the queue was full " << run.busy
                                << " times; raise QUEUE_LIMIT to measure past it\n";
    }
}

ExitCode run_bench(const Context& context, const Arguments& arguments) {
    return bench_command(context, read_bench_plan(arguments),
                         BenchFile{arguments.text("save"), arguments.has("force")});
}

}  // namespace

ExitCode bench_command(const Context& context, const BenchPlan& plan, const BenchFile& file) {
    check_file(file);
    make_room(plan);
    BenchReport report;
    report.plan = plan;
    report.started_at = context.clock.now();
    report.cores = std::max(1U, std::thread::hardware_concurrency());
    // A whole measurement has the time that was given; without one, each run may take long but not be stuck.
    const Steady::time_point give_up_at =
        context.options.timeout_given ? Steady::now() + context.options.timeout : Steady::time_point::max();
    for (std::uint32_t run = 0; run < plan.runs && !report.interrupted(); ++run) {
        if (!context.options.quiet)
            context.console.err << "bench: " << to_string(plan.mode) << ", run " << run + 1 << " of "
                                << plan.runs << ", on "
                                << (plan.in_process ? "an engine in process" : context.options.server)
                                << std::endl;
        report.runs.push_back(measure(context, plan, report, give_up_at));
    }
    print_report(context, report);
    tell_failures(context, report);
    save(file, report);
    if (report.interrupted()) return ExitCode::interrupted;
    return report.failed() ? ExitCode::unexpected : ExitCode::done;
}

const CommandSpec& bench_spec() {
    static const CommandSpec spec{
        .name = "bench",
        .summary = "Measure how fast orders are accepted, executed and told of",
        .description =
            "A closed loop (--connections) sends as fast as it is answered; an open one (--rate) sends on a "
            "schedule, never skips a turn, and counts latency from the moment a turn was due. accept: until "
            "each "
            "POST has its 202. execute: until every order has ended, by the feed of all events; its latency "
            "is "
            "the last event's timestamp less the time of the 202, so the clocks of both machines must agree. "
            "mixed: requests of four kinds. fan-out: followers of each order, from its last event's "
            "timestamp "
            "until they have it; a missing or repeated event fails the run. Refusals make the exit code 1, "
            "except those of a full queue, which are repeated; Ctrl-C gives the figures so far and 130.",
        .words = {},
        .options = {{"--mode", "accept|execute|mixed|fan-out", "What is measured", "execute"},
                    {"--orders", "N", "How many orders; in a mixed run, requests", "1000; 10 in a fan-out"},
                    {"--duration", "TIME", "For how long instead: 30s, 2m"},
                    {"--warmup", "TIME-OR-N", "Before the run and not counted: 2s, or 500 orders", "none"},
                    {"--runs", "N", "How often; the report has the median and the range", "1"},
                    {"--connections", "N", "Requests in flight; in a fan-out, orders", "64; 1 in a fan-out"},
                    {"--rate", "R", "Requests offered a second; 0: a closed loop", "0"},
                    {"--arrivals", "constant|poisson", "The schedule of an open loop", "constant"},
                    {"--mix", "S,G,L,Q", "Shares of submit, get, list and quote", "60,25,10,5"},
                    {"--followers", "N", "Of each order", "10"},
                    {"--in-process", "", "Run the engine inside execctl"},
                    {"--database", "URL", "Of that engine; kept, and without orders under way",
                     "a fresh SQLite file"},
                    {"--data-dir", "DIR", "Where that file is, until it is deleted",
                     "the temporary directory", false, Completes::file},
                    {"--workers", "N", "Orders in flight, in process", "256"},
                    {"--seed", "N", "Of orders, schedule and mix, and in process of the simulated world",
                     "drawn"},
                    {"--save", "FILE", "Write the JSON document there, too", "", false, Completes::file},
                    {"--force", "", "Let --save replace a file"}},
        .examples = {{"execctl bench --mode accept --orders 20000", "how fast a server accepts"},
                     {"execctl bench --mode accept --rate 1000 --duration 30s --arrivals poisson",
                      "latency at an offered rate"},
                     {"execctl bench --in-process --runs 5 --save before.json", "something to compare with"}},
        .run = run_bench,
        .children = {&bench_compare_spec()},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
