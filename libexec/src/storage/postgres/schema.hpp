#pragma once

#include <soci/soci.h>

#include <string>

namespace libexec {

/// Makes the schema and its tables, or brings them up to date; other nodes that start at the same moment
/// wait. Throws std::runtime_error when a newer program made them, or tables stand there that are not ours.
void migrate_pg(soci::session& session, const std::string& schema);

}  // namespace libexec
