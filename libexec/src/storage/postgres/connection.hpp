#pragma once

#include <soci/soci.h>

#include <string>

#include "../sql.hpp"

namespace libexec {

/// How to reach the tables.
struct PgPlace {
    std::string conninfo;  ///< as libpq takes it
    std::string schema;
};

/// What libpq is told: the URL and what we want beside it. Throws std::runtime_error when it is no URL of
/// PostgreSQL; the sentence never holds the password.
std::string pg_conninfo(const std::string& url, const std::string& application);

/// Connects and points the session at the schema. Throws std::runtime_error with one sentence, without the
/// password; soci::soci_error when the connection is lost meanwhile.
void open_pg(soci::session& session, const PgPlace& place);

/// A session that is connected for as long as it lives; statements on it must go before it does.
struct PgConnection {
    explicit PgConnection(const PgPlace& place) { open_pg(session, place); }
    soci::session session;
};

/// Throws std::runtime_error when a commit on this server might not be durable, or the server is too old.
void check_durability(soci::session& session);

/// bytea travels as text: "\x" and hexadecimal digits.
std::string to_bytea(const std::string& raw);
/// Puts the raw bytes into the slot's place. Throws std::runtime_error when it is no such text.
void from_bytea(TextSlot& slot);

}  // namespace libexec
