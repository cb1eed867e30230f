#pragma once

#include <optional>
#include <string>

#include "libexec/chain/sim/chain_wire.hpp"
#include "libexec/embed/config.hpp"
#include "libexec/embed/parts.hpp"

namespace libexec {

/// Whether it names a PostgreSQL server.
bool names_postgres(const std::string& database_url);

/// The path in `sqlite:PATH`. Throws std::runtime_error for any other scheme.
std::string sqlite_path(const std::string& database_url);

/// `chain.journal` in the SQLite file's folder, or in the working directory beside PostgreSQL, unless the
/// configuration names another file.
std::string journal_path(const Config& config);

/// Whether the chain is a Solana cluster.
bool names_solana(const Config& config);

/// Where the simulated chain's process listens; nothing when there is none. Throws std::runtime_error for
/// anything else.
std::optional<ChainAddress> chain_process(const Config& config);

/// Throws std::runtime_error naming the first value that breaks its rule.
void check(const Config& config);

/// Throws std::runtime_error when parts do not go together: timers without the io_context they belong to, a
/// venue that is null or has another's name, no venue at all.
void check(const Parts& parts);

}  // namespace libexec
