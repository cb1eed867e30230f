#include "sql.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace libexec {

Uuid TextSlot::uuid() const {
    Uuid::Bytes bytes{};
    if (is_null() || value.size() != bytes.size())
        throw std::runtime_error("the database holds an id that is not 16 bytes");
    std::transform(value.begin(), value.end(), bytes.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return Uuid(bytes);
}

Amount TextSlot::amount() const {
    const Result<Amount> parsed = Amount::parse(text_or_empty());
    if (!parsed) throw std::runtime_error("the database holds an amount that is not decimal digits");
    return parsed.value();
}

std::optional<Amount> TextSlot::maybe_amount() const {
    if (is_null()) return std::nullopt;
    return amount();
}

void NumberSlot::check_word(long long value, long long last) {
    if (value < 0 || value > last)
        throw std::runtime_error("the database holds a code this program does not know");
}

void Statement::prepare(const std::string& sql) {
    statement_.alloc();
    statement_.prepare(sql);
    statement_.define_and_bind();
}

long long Statement::run() {
    statement_.execute(true);
    return statement_.get_affected_rows();
}

bool Statement::one() {
    if (!statement_.execute(true)) return false;
    statement_.fetch();
    return true;
}

namespace {

/// By the classes of the SQL standard. What the server itself says of a commit is that it rolled back; only
/// silence leaves the outcome open.
SqlTrouble sort_sqlstate(const std::string& state, const std::string& message) {
    const auto in_class = [&state](std::string_view prefix) { return state.starts_with(prefix); };
    // 22: a value it cannot hold, such as text with a zero byte. Others in the batch are not to blame.
    if (in_class("23") || in_class("22")) return {SqlTrouble::Kind::constraint, message};
    // What the client library itself found has no state: SOCI writes blanks.
    const bool silent = state.find_first_not_of(std::string_view(" \0", 2)) == std::string::npos;
    if (silent || in_class("08") || in_class("57P") || in_class("40003"))
        return {SqlTrouble::Kind::gone, "the connection to the database is lost"};
    if (in_class("40001") || in_class("40P01")) return {SqlTrouble::Kind::conflict, message};
    if (in_class("53100")) return {SqlTrouble::Kind::refused, "the database's disk is full"};
    if (in_class("25006")) return {SqlTrouble::Kind::refused, "the database is read-only"};
    return {SqlTrouble::Kind::refused, message};
}

}  // namespace

SqlTrouble current_trouble() {
    try {
        throw;
    } catch (const soci::sqlite3_soci_error& error) {
        // Not what(): it quotes the statement's values, and signed transactions are among them.
        const int code = error.result() & 0xff;
        switch (code) {
            case SQLITE_CONSTRAINT:
                return {SqlTrouble::Kind::constraint, error.get_error_message()};
            case SQLITE_FULL:
                return {SqlTrouble::Kind::refused, "the disk is full"};
            case SQLITE_READONLY:
                return {SqlTrouble::Kind::refused, "the database is read-only"};
            case SQLITE_CANTOPEN:
                return {SqlTrouble::Kind::refused, "the database file cannot be opened"};
            case SQLITE_PERM:
                return {SqlTrouble::Kind::refused, "access to the database file is denied"};
            case SQLITE_BUSY:
            case SQLITE_LOCKED:
                return {SqlTrouble::Kind::refused, "another program is writing to the database"};
            case SQLITE_NOMEM:
                return {SqlTrouble::Kind::refused, "out of memory"};
            case SQLITE_IOERR:
                return {SqlTrouble::Kind::uncertain, "the disk reports an input or output error"};
            case SQLITE_CORRUPT:
                return {SqlTrouble::Kind::uncertain, "the database file is damaged"};
            case SQLITE_NOTADB:
                return {SqlTrouble::Kind::uncertain, "the file is not a SQLite database"};
            default:
                return {SqlTrouble::Kind::uncertain, error.get_error_message()};
        }
    } catch (const soci::postgresql_soci_error& error) {
        return sort_sqlstate(error.sqlstate(), error.get_error_message());
    } catch (const Unwelcome& error) {
        return {SqlTrouble::Kind::constraint, error.what()};
    } catch (const soci::soci_error& error) {
        return {SqlTrouble::Kind::uncertain, error.get_error_message()};
    } catch (const std::exception& error) {
        return {SqlTrouble::Kind::uncertain, error.what()};
    }
}

}  // namespace libexec
