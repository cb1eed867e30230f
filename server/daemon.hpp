#pragma once

#include <string>

#include "libexec/telemetry/log.hpp"
#include "reload.hpp"
#include "settings.hpp"

namespace libexec::server {

/// What the process says to whoever started it.
enum class ExitCode : int {
    stopped = 0,      ///< asked to stop, and everything is in the database
    fault = 1,        ///< a fault of ours, or stopping took too long
    bad_options = 2,  ///< nothing was started
    unavailable = 3,  ///< the port or the database cannot be had
};

/// All that a start needs.
struct DaemonStart {
    ResolvedOptions resolved;  ///< without errors
    std::string version;
    bool person = false;  ///< somebody watches standard error: greeted with a banner there
    ReadOptions read;     ///< for SIGHUP
};

/// Serves until a signal. SIGTERM or SIGINT: no new orders, orders in flight reach a safe point, sockets
/// close 1001; a second one ends the process where it stands (nothing durable is lost). SIGHUP: see Reload;
/// when the terminal of the start is gone it stops as SIGTERM does.
ExitCode run_daemon(DaemonStart start, Log& log);

}  // namespace libexec::server
