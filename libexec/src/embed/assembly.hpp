#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libexec/chain/sim/sim_chain.hpp"
#include "libexec/embed/config.hpp"
#include "libexec/embed/parts.hpp"
#include "libexec/engine/engine.hpp"
#include "libexec/model/token.hpp"

namespace libexec {

// From a checked configuration to the parts of an engine. Each throws std::runtime_error with one sentence.

/// The default tokens and those of `path`, unless it is empty.
TokenRegistry read_tokens(const std::string& path);

EngineConfig engine_config(const Config& config);

/// The program's own, or the SQLite file of the configuration.
std::unique_ptr<OrderStore> open_store(const Config& config, const Parts& parts, const Surroundings& around);
/// The program's own, or the simulated one, here or in its own process.
std::unique_ptr<Chain> open_chain(const Config& config, const Parts& parts, const Surroundings& around,
                                  std::uint64_t seed, const SimFaults* faults);
/// Takes the program's own out of `parts` and puts the simulated ones before them.
std::vector<std::shared_ptr<Venue>> gather_venues(const Config& config, Parts& parts,
                                                  const Surroundings& around, std::uint64_t seed,
                                                  const SimFaults* faults);
/// What of this engine is simulated and may be told to fail: its built-in venues and chain.
std::vector<std::string> fault_targets(const Config& config, const Parts& parts);

}  // namespace libexec
