#include "api.hpp"
#include "commands.hpp"
#include "order_end.hpp"

namespace libexec::cli {

ExitCode watch_command(Wire& wire, const Options& options, const WatchOptions& watch, Console& console) {
    const Deadline deadline(wire, options.timeout);
    return follow_to_end(wire, options, watch.order, false, deadline, console);
}

}  // namespace libexec::cli
