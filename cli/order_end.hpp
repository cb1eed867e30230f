#pragma once

#include <string>

#include "api.hpp"
#include "exit_code.hpp"

namespace libexec::cli {

/// Shows an order until it has ended, in whatever output was asked for, and says how it went. Throws Trouble.
ExitCode follow_to_end(Wire& wire, const Options& options, const std::string& order, bool known,
                       const Deadline& deadline, Console& console);

}  // namespace libexec::cli
