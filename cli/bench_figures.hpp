#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench_histogram.hpp"
#include "bench_plan.hpp"

namespace libexec::cli {

/// What one run counted and timed.
struct BenchFigures {
    std::uint64_t turns = 0;     ///< begun
    std::uint64_t accepted = 0;  ///< orders
    std::uint64_t busy = 0;      ///< answers queue_full, each followed by a repetition
    std::uint64_t late_1ms = 0;  ///< turns of an open loop begun more than 1 ms after they were due
    std::uint64_t late_10ms = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t unfilled = 0;         ///< ended otherwise
    std::uint64_t feed_losses = 0;      ///< the feed of all events was too fast; orders were then asked for
    std::uint64_t follower_events = 0;  ///< of all followers
    std::uint64_t follower_gaps = 0;    ///< events that did not follow the one before, and missing last ones
    std::uint64_t late_followers = 0;   ///< that came when the order had ended: not timed
    std::map<std::string, std::uint64_t> errors;        ///< refusals by status or reason
    std::map<std::string, std::uint64_t> answered;      ///< by kind, in a mixed run
    std::map<std::string, LatencyHistogram> latencies;  ///< by what was waited for
    std::chrono::nanoseconds sending{0};                ///< from the first turn to the last answer
    std::chrono::nanoseconds ending{0};                 ///< from the first turn to the last order's end
    std::string first_trouble;                          ///< what the first refusal said
    bool interrupted = false;

    void refuse(const std::string& word, const std::string& trouble);
    std::uint64_t error_count() const;
    bool failed() const { return error_count() > 0 || follower_gaps > 0; }
};

/// A figure as it is reported: a whole number whose unit ends its name.
struct BenchFigure {
    std::string name;
    std::uint64_t value = 0;
};

/// Everything that means something in a run of this plan, always in the same order.
std::vector<BenchFigure> figures_of(const BenchPlan& plan, const BenchFigures& run);

/// "13902/s", "3.900 ms", "20000": a figure as people read it, by the unit in its name.
std::string figure_text(std::string_view name, std::uint64_t value);

}  // namespace libexec::cli
