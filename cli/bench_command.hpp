#pragma once

#include "bench_options.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace libexec::cli {

/// Runs a measurement and writes what it found. Throws Trouble.
ExitCode bench_command(const Options& options, const BenchOptions& bench, Console& console);

}  // namespace libexec::cli
