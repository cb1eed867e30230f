#pragma once

#include "exit_code.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "trouble.hpp"
#include "wire.hpp"

namespace libexec::cli {

// Each does its work or throws Trouble. Data goes to `console.out`, everything else to `console.err`.

ExitCode submit_command(Wire& wire, const Options& options, const SubmitOptions& submit, Console& console);
ExitCode watch_command(Wire& wire, const Options& options, const WatchOptions& watch, Console& console);
ExitCode get_command(Wire& wire, const Options& options, const GetOptions& get, Console& console);
ExitCode version_command(const Options& options, Console& console);
ExitCode bench_command(const Options& options, const BenchOptions& bench, Console& console);

/// Runs a parsed command and turns its Trouble into words and an exit code.
ExitCode run_command(Wire& wire, const ParsedCommand& parsed, Console& console);

/// Says why a command ended: on `console.err` in words, and for json and ndjson as a document on
/// `console.out`.
ExitCode report(const Complaint& complaint, Output output, Console& console);

}  // namespace libexec::cli
