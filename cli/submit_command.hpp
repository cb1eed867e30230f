#pragma once

#include "context.hpp"
#include "exit_code.hpp"
#include "trade.hpp"

namespace libexec::cli {

/// Places one order and, unless told not to wait, follows it to its end. Throws Trouble.
ExitCode submit_command(const Context& context, const SubmitOptions& submit);

}  // namespace libexec::cli
