#pragma once

#include <soci/soci.h>

namespace libexec {

/// Throws std::runtime_error when a newer program or another application wrote the file. Changes nothing.
void check_origin(soci::session& session);

/// Brings the schema to what this program expects, one transaction a step; an empty file gets all of it.
void migrate(soci::session& session);

}  // namespace libexec
