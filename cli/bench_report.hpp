#pragma once

#include <string>
#include <vector>

#include "bench_figures.hpp"
#include "context.hpp"
#include "libexec/base/clock.hpp"

namespace libexec::cli {

/// What a measurement was, and what each of its runs measured.
struct BenchReport {
    BenchPlan plan;
    Time started_at{};
    std::string target;
    std::string database;
    std::string version;  ///< of the target
    std::uint32_t cores = 0;
    std::vector<BenchFigures> runs;  ///< the last one may be interrupted

    bool interrupted() const { return !runs.empty() && runs.back().interrupted; }
    bool failed() const;
};

/// A figure over all runs.
struct BenchSpread {
    std::string name;
    std::uint64_t median = 0;  ///< of two in the middle, half of their sum, rounded down
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};

/// Of the runs that were finished; of the interrupted one when there is no other.
std::vector<BenchSpread> spreads_of(const BenchReport& report);

/// One JSON document on one line, with every figure of every run.
std::string report_json(const BenchReport& report);
/// In whatever output was asked for: a table over all runs, that document, or one row a run.
void print_report(const Context& context, const BenchReport& report);

}  // namespace libexec::cli
