#include "connection.hpp"

namespace libexec {

std::string connect_text(const std::string& path, bool read_only) {
    return "db=\"" + path + "\" timeout=5" + (read_only ? " readonly=1" : "");
}

bool in_transaction(soci::session& session) {
    const auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
    return sqlite_api::sqlite3_get_autocommit(backend->conn_) == 0;
}

}  // namespace libexec
