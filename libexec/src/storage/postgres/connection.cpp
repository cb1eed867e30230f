#include "connection.hpp"

#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace libexec {
namespace {

constexpr int version_least = 150000;

/// As libpq reads them: in quotes, with quotes and backslashes escaped.
void add_option(std::string& conninfo, std::string_view name, std::string_view value) {
    if (!conninfo.empty()) conninfo += ' ';
    conninfo.append(name).append("='");
    for (const char c : value) {
        if (c == '\'' || c == '\\') conninfo += '\\';
        conninfo += c;
    }
    conninfo += '\'';
}

std::string first_line(const char* text) {
    const std::string_view whole(text == nullptr ? "" : text);
    return std::string(whole.substr(0, whole.find('\n')));
}

std::string setting(soci::session& session, const std::string& name) {
    std::string value;
    session << "select current_setting('" + name + "')", soci::into(value);
    return value;
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::string pg_conninfo(const std::string& url, const std::string& application) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), &complaint), PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(complaint, PQfreemem);
    // libpq's complaint may quote the URL, and the password is in it.
    if (!options) throw std::runtime_error("the database URL is not one that PostgreSQL understands");

    // What the URL says comes later and wins.
    std::string conninfo;
    add_option(conninfo, "connect_timeout", "5");
    add_option(conninfo, "fallback_application_name", application);
    // A peer that vanished without a word is noticed within half a minute.
    add_option(conninfo, "keepalives_idle", "10");
    add_option(conninfo, "keepalives_interval", "5");
    add_option(conninfo, "keepalives_count", "3");
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) add_option(conninfo, option->keyword, option->val);
    }
    return conninfo;
}

void open_pg(soci::session& session, const PgPlace& place) {
    try {
        session.open(soci::postgresql, place.conninfo);
    } catch (const soci::soci_error&) {
        // SOCI's message ends with the connection text, password and all; libpq says it better.
        const std::unique_ptr<PGconn, decltype(&PQfinish)> again(PQconnectdb(place.conninfo.c_str()),
                                                                 PQfinish);
        if (PQstatus(again.get()) == CONNECTION_OK)
            throw std::runtime_error("the database refused a connection and then took one");
        throw std::runtime_error(first_line(PQerrorMessage(again.get())));
    }
    auto* backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
    // The details of an error quote rows, and signed transactions are among them.
    PQsetErrorVerbosity(backend->conn_, PQERRORS_TERSE);
    PQsetNoticeProcessor(
        backend->conn_, [](void*, const char*) {}, nullptr);
    session << "set search_path to " + place.schema;
    session << "set statement_timeout to '20s'";
    session << "set idle_in_transaction_session_timeout to '30s'";
}

void check_durability(soci::session& session) {
    const auto* backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
    if (PQserverVersion(backend->conn_) < version_least) {
        throw std::runtime_error("the server is PostgreSQL " + setting(session, "server_version") +
                                 ": 15 or newer is needed");
    }
    const std::string commit = setting(session, "synchronous_commit");
    if (commit == "off") {
        throw std::runtime_error(
            "synchronous_commit is off on the server: an order that was acknowledged might be lost; set it "
            "to on");
    }
    if (setting(session, "transaction_read_only") == "on")
        throw std::runtime_error("the server is read-only: connect to the primary");
}

std::string to_bytea(const std::string& raw) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\\x";
    text.reserve(2 + 2 * raw.size());
    for (const char c : raw) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 0x0fU];
    }
    return text;
}

void from_bytea(TextSlot& slot) {
    if (slot.is_null()) return;
    const std::string& text = slot.value;
    const bool whole = text.size() >= 2 && text.size() % 2 == 0 && text.starts_with("\\x");
    if (!whole) throw std::runtime_error("the database answered bytes in a form this program does not know");
    std::string raw;
    raw.reserve(text.size() / 2 - 1);
    for (std::size_t i = 2; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            throw std::runtime_error("the database answered bytes that are not hexadecimal");
        raw += static_cast<char>(high * 16 + low);
    }
    slot.value = std::move(raw);
}

}  // namespace libexec
