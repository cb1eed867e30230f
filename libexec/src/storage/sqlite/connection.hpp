#pragma once

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>

namespace libexec {

/// What SOCI is told to open the file.
std::string connect_text(const std::string& path, bool read_only);
/// Whether the connection is inside a transaction.
bool in_transaction(soci::session& session);

}  // namespace libexec
