#pragma once

#include "bench_plan.hpp"
#include "command.hpp"
#include "context.hpp"
#include "exit_code.hpp"

namespace libexec::cli {

/// Where the JSON document goes besides standard output.
struct BenchFile {
    std::string path;  ///< empty: nowhere
    bool replace = false;
};

/// Runs a measurement and writes what it found. 1 when anything was refused or a follower missed an event,
/// 130 when interrupted; both write what was found until then. Throws Trouble.
ExitCode bench_command(const Context& context, const BenchPlan& plan, const BenchFile& file);

/// The child command.
const CommandSpec& bench_compare_spec();

}  // namespace libexec::cli
