#pragma once

#include <string>

#include "storage/postgres/connection.hpp"
#include "support/postgres_server.hpp"

namespace libexec::test {

/// The shared server's schema, for tests that speak to it as the room itself does.
inline PgPlace place_of(const std::string& schema) {
    return {pg_conninfo(PostgresServer::shared().url(), "storage test"), schema};
}

}  // namespace libexec::test
