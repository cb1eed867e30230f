#pragma once

#include <memory>

#include "libexec/base/clock.hpp"
#include "options.hpp"
#include "wire.hpp"

namespace libexec::cli {

/// Passes everything on to `wire` with what the options have to prove who asks: a bearer key, or a signature
/// over each request. Null when they have nothing. `wire` and the clock outlive it. Throws Trouble (usage)
/// when the signing key cannot be read.
std::unique_ptr<Wire> make_keyed_wire(Wire& wire, const Options& options, const Clock& clock);

}  // namespace libexec::cli
