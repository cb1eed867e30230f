#pragma once

#include "libexec/base/clock.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "wire.hpp"

namespace libexec::cli {

/// What a command works with: the server, what every command takes, where to write, what time it is.
/// Data goes to `console.out`, everything else to `console.err`.
struct Context {
    Wire& wire;
    const Options& options;
    Console& console;
    const Clock& clock;
};

}  // namespace libexec::cli
