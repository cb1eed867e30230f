#pragma once

#include "call.hpp"

namespace libexec::server {

/// GET /problems/{code}: what a code means and what to do, as JSON or as text.
Task<void> explain_problem(Call& call);

}  // namespace libexec::server
