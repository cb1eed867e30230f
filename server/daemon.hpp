#pragma once

#include <string>

#include "libexec/telemetry/log.hpp"
#include "settings.hpp"

namespace libexec::server {

/// What the process says to whoever started it.
enum class ExitCode : int {
    stopped = 0,      ///< asked to stop, and everything is in the database
    fault = 1,        ///< a fault of ours, or stopping took too long
    bad_options = 2,  ///< nothing was started
    unavailable = 3,  ///< the port or the database cannot be had
};

/// Serves until a signal. SIGTERM or SIGINT: no new orders, orders in flight reach a safe point, sockets
/// close 1001; a second one ends the process where it stands (nothing durable is lost).
ExitCode run_daemon(Options options, const std::string& version, Log& log);

/// "3 attempts with pauses of 1000 ms, 2000 ms, each up to a tenth longer; ...".
std::string describe_retries(const Options& options);

}  // namespace libexec::server
