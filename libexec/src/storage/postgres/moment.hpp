#pragma once

#include <string>

namespace libexec {

/// The head of a `with`: `moment.now`, microseconds since 1970, one value for the whole statement. `:now` is
/// the time that counts, or null for the database's own.
inline const std::string pg_moment =
    "moment as materialized (select coalesce(:now::bigint, (extract(epoch from clock_timestamp()) * "
    "1000000)::bigint) as now)";

/// The same for statements that know no time but the database's.
inline const std::string pg_moment_of_server =
    "moment as materialized (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now)";

}  // namespace libexec
