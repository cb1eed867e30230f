#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arguments.hpp"

namespace libexec::cli {

/// What a mixed run does to the target, in the order of `--mix`.
enum class BenchKind : std::uint8_t { submit, get, list, quote };
inline constexpr std::size_t bench_kinds = 4;

/// How long a phase lasts: so many turns, or so much time.
struct BenchLimit {
    std::uint64_t turns = 0;
    std::optional<std::chrono::milliseconds> time;
    bool is_none() const { return turns == 0 && !time; }
};

/// Everything a measurement was asked for. Plain values, checked by `read_bench_plan`.
struct BenchPlan {
    enum class Mode : std::uint8_t { accept, execute, mixed, fan_out };
    enum class Arrivals : std::uint8_t { constant, poisson };

    Mode mode = Mode::execute;
    BenchLimit limit{1'000, {}};
    BenchLimit warmup;
    std::uint32_t connections = 64;
    std::uint32_t rate = 0;  ///< turns offered a second; 0: a closed loop
    Arrivals arrivals = Arrivals::constant;
    std::array<std::uint32_t, bench_kinds> mix{60, 25, 10, 5};
    std::uint32_t followers = 10;  ///< of each order, in a fan-out
    std::uint32_t runs = 1;
    std::uint64_t seed = 0;
    bool in_process = false;
    std::uint32_t workers = 256;  ///< orders in flight, in process
    std::string database;         ///< of a run in process; empty: a fresh SQLite file, deleted afterwards
    std::string data_dir;         ///< where that file is; empty: the system's temporary directory
};

/// Throws Trouble (usage) for what cannot be, or does not go together. Without --seed one is drawn.
BenchPlan read_bench_plan(const Arguments& arguments);

std::string_view to_string(BenchPlan::Mode mode);
std::string_view to_string(BenchPlan::Arrivals arrivals);

/// Every parameter by its name in a report, and its value as JSON.
std::vector<std::pair<std::string, std::string>> bench_parameters(const BenchPlan& plan);

}  // namespace libexec::cli
