#pragma once

#include <functional>

#include "command.hpp"
#include "trouble.hpp"

namespace libexec::cli {

// One a command, each in a file of its own: NAME_command.cpp.

const CommandSpec& submit_spec();
const CommandSpec& quote_spec();
const CommandSpec& pools_spec();
const CommandSpec& pool_quote_spec();
const CommandSpec& watch_spec();
const CommandSpec& get_spec();
const CommandSpec& explain_spec();
const CommandSpec& list_spec();
const CommandSpec& cancel_spec();
const CommandSpec& retry_spec();
const CommandSpec& stats_spec();
const CommandSpec& export_spec();
const CommandSpec& venues_spec();
const CommandSpec& tokens_spec();
const CommandSpec& queue_spec();
const CommandSpec& tx_spec();
const CommandSpec& bench_spec();
const CommandSpec& fault_spec();
const CommandSpec& doctor_spec();
const CommandSpec& health_spec();
const CommandSpec& keys_spec();
const CommandSpec& config_spec();
const CommandSpec& completion_spec();
const CommandSpec& version_spec();
const CommandSpec& help_spec();
const CommandSpec& complete_spec();
const CommandSpec& docs_spec();

/// Runs a command's work and turns its Trouble into words and an exit code.
ExitCode run_guarded(const Context& context, const std::function<ExitCode()>& work);

/// Says why a command ended: on `console.err` in words, and for json and ndjson as a document on
/// `console.out`.
ExitCode report(const Complaint& complaint, Output output, Console& console);

}  // namespace libexec::cli
