#pragma once

#include <string>

#include "api.hpp"
#include "context.hpp"
#include "exit_code.hpp"
#include "trade.hpp"

namespace libexec::cli {

/// Places one order and, unless told not to wait, follows it to its end. Throws Trouble.
ExitCode submit_command(const Context& context, const SubmitOptions& submit);
/// The same for any request that places an order; without a key it gets a fresh one. Throws Trouble.
ExitCode place_and_follow(const Context& context, const Placement& placement, const std::string& key,
                          bool wait);

}  // namespace libexec::cli
