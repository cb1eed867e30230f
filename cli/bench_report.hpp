#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bench_options.hpp"
#include "options.hpp"

namespace libexec::cli {

/// What a bench run measured. Latencies are times, not money: they may be shown as decimals.
struct BenchReport {
    std::string target;
    BenchOptions::Mode mode = BenchOptions::Mode::execute;
    std::uint64_t seed = 0;
    std::uint32_t connections = 0;
    std::uint32_t rate = 0;
    std::uint64_t accepted = 0;
    std::uint64_t busy = 0;  ///< answers queue_full, each followed by a repetition
    std::uint64_t confirmed = 0;
    std::uint64_t failed = 0;
    std::chrono::nanoseconds accepting{0};            ///< first submission to last acceptance
    std::chrono::nanoseconds executing{0};            ///< first submission to the end of the last order
    std::vector<std::chrono::nanoseconds> latencies;  ///< submission to acceptance, one for each order
};

/// The smallest value that `permille` thousandths of the sorted values do not exceed; zero for none.
std::chrono::nanoseconds percentile(const std::vector<std::chrono::nanoseconds>& sorted,
                                    std::uint32_t permille);

/// One JSON document on one line; sorts the latencies.
std::string report_json(BenchReport report);
/// The same for people.
std::string report_table(BenchReport report);

}  // namespace libexec::cli
