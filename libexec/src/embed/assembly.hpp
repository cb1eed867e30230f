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
#include "solana_world.hpp"

namespace libexec {

// From a checked configuration to the parts of an engine. Each throws std::runtime_error with one sentence.

/// The default tokens and those of `path`, unless it is empty.
TokenRegistry read_tokens(const std::string& path);

EngineConfig engine_config(const Config& config);

/// The program's own, or the SQLite file of the configuration.
std::unique_ptr<OrderStore> open_store(const Config& config, const Parts& parts, const Surroundings& around);
/// What trading on a Solana cluster takes; null when the chain is another one.
std::unique_ptr<SolanaWorld> open_solana(const Config& config, const Surroundings& around, std::uint64_t seed,
                                         Metrics& metrics);
/// The program's own, that of `solana`, or the simulated one, here or in its own process.
std::unique_ptr<Chain> open_chain(const Config& config, const Parts& parts, const Surroundings& around,
                                  SolanaWorld* solana, std::uint64_t seed, const SimFaults* faults);
/// The program's own, that of `solana`, or the simulated one.
std::unique_ptr<Signer> open_signer(Parts& parts, SolanaWorld* solana);
/// Takes the program's own out of `parts` and puts the built-in ones before them: those of `solana`, or the
/// simulated ones.
std::vector<std::shared_ptr<Venue>> gather_venues(const Config& config, Parts& parts,
                                                  const Surroundings& around, SolanaWorld* solana,
                                                  std::uint64_t seed, const SimFaults* faults);
/// What of this engine is simulated and may be told to fail: its built-in venues and chain.
std::vector<std::string> fault_targets(const Config& config, const Parts& parts);

}  // namespace libexec
