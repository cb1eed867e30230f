#pragma once

#include <string>
#include <vector>

#include "context.hpp"
#include "exit_code.hpp"
#include "libexec/json/value.hpp"

namespace libexec::cli {

/// Draws orders in place on a terminal until all of them have ended, or without `orders` the newest of the
/// server that fit `filter`, until Ctrl-C or the --timeout. The last frame stays. Throws Trouble.
ExitCode watch_table(const Context& context, const std::vector<std::string>& orders,
                     const std::string& filter);

}  // namespace libexec::cli
