#pragma once

#include <optional>
#include <string>

#include "libexec/telemetry/metrics.hpp"
#include "sim/world.hpp"

namespace libexec::simulation {

/// What became of one seed.
struct Outcome {
    Totals totals;
    std::uint64_t trace_hash = 0;
    std::optional<Violation> broken;
};

/// Lives through one seed: faults first, then calm until everything has ended, then the judgement.
Outcome run_seed(std::uint64_t seed, Metrics& metrics, bool show_trace);

}  // namespace libexec::simulation
