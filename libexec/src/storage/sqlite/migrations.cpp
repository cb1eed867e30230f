#include "migrations.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

// "lxec": SQLite keeps it in the file's header, so that nobody takes another program's file for ours.
constexpr int application_id = 0x6c786563;

// Never edited once released: a change of the schema is a new step at the end. Codes of statuses, kinds and
// the like are the positions of the enumerators in the model, which therefore only grow at their ends.
using Script = std::vector<const char*>;

const Script first_schema{
    // One row. `commits` counts the transactions that wrote anything: after a commit whose answer was lost it
    // tells whether that one landed.
    R"(create table totals (
        one integer primary key check (one = 1),
        commits integer not null,
        probes integer not null,
        last_number integer not null,
        live integer not null,
        confirmed integer not null,
        failed integer not null,
        cancelled integer not null,
        expired integer not null))",
    "insert into totals values (1, 0, 0, 0, 0, 0, 0, 0, 0)",

    // Up to created_at fixed by the acceptance, from status on rewritten with each step. cancel_requested is
    // set by a cancellation alone. Amounts are decimal text of base units, times microseconds since 1970.
    R"(create table orders (
        id blob primary key,
        number integer not null,
        client_id text not null,
        client_order_id text not null,
        symbol_in text not null,
        mint_in blob not null,
        decimals_in integer not null,
        symbol_out text not null,
        mint_out blob not null,
        decimals_out integer not null,
        mode integer not null,
        amount text not null,
        slippage_bps integer not null,
        side integer not null,
        native_in integer not null,
        native_out integer not null,
        deadline_ms integer,
        correlation_id text not null,
        created_at integer not null,
        cancel_requested integer not null,
        status integer not null,
        last_seq integer not null,
        in_doubt integer not null,
        attempt integer not null,
        attempts_max integer not null,
        next_retry_at integer,
        first_claimed_at integer,
        limit_amount text,
        venue text not null,
        quoted_in text,
        quoted_out text,
        executed_in text,
        executed_out text,
        tx_hash text not null,
        failure text,
        updated_at integer not null) without rowid)",
    // Ended orders by outcome; those still alive are found through their jobs, so that a move costs no index.
    "create index orders_ended on orders (status, id) where status >= 4",
    "create index orders_by_client on orders (client_id, id) where client_id <> ''",

    // Append-only, in the order of the commits. A correlation id is null when it is the order's own.
    R"(create table order_events (
        order_id blob not null references orders (id),
        seq integer not null,
        kind integer not null,
        status integer not null,
        at integer not null,
        attempt integer not null,
        attempts_max integer not null,
        next_retry_at integer,
        in_doubt integer not null,
        correlation_id text,
        data text not null,
        unique (order_id, seq)))",
    "create unique index one_terminal_event on order_events (order_id) where kind = 0 and status >= 4",

    // signed_bytes is a bearer instrument: null as soon as the attempt is closed.
    R"(create table attempts (
        order_id blob not null references orders (id),
        number integer not null,
        venue text not null,
        signature text not null unique,
        signed_bytes blob,
        last_valid_height integer not null,
        anchor_slot integer not null,
        quoted_in text not null,
        quoted_out text not null,
        opened_at integer not null,
        resolution integer,
        closed_at integer not null,
        slot integer not null,
        amount_in text not null,
        amount_out text not null,
        fee_lamports integer not null,
        error_code text,
        error_detail text,
        evidence text not null,
        unique (order_id, number)))",
    "create unique index one_open_attempt on attempts (order_id) where resolution is null",

    // One for each order that has not ended. owner is null while nobody works on it.
    R"(create table jobs (
        order_id blob primary key references orders (id),
        visible_at integer not null,
        epoch integer not null,
        owner text) without rowid)",
    "create index jobs_due on jobs (visible_at) where owner is null",

    // What makes a repetition recognisable. Scope 0: an account's idempotency keys; 1: a client's own order
    // ids.
    R"(create table idempotency (
        scope integer not null,
        owner text not null,
        key text not null,
        digest text not null,
        order_id blob not null references orders (id),
        primary key (scope, owner, key)) without rowid)",
};

// The trace (W3C Trace Context) an order was submitted in; empty when there was none.
const Script traces_of_orders{
    "alter table orders add column trace_id text not null default ''",
};

// The order that did not fill and that this one repeats; null for all others.
const Script retries_of_orders{
    "alter table orders add column retry_of blob",
};

// Whose order it is. Orders from before, and those placed without an account, belong to the one without a
// name.
const Script accounts_of_orders{
    "alter table orders add column account text not null default ''",
    "create index orders_by_account on orders (account, id) where account <> ''",
};

// What an attempt's transaction paid as rent and got back; null where nobody told.
const Script rent_of_attempts{
    "alter table attempts add column rent_lamports integer",
    "alter table attempts add column rent_returned_lamports integer",
};

const std::array<Script, 5> steps{first_schema, traces_of_orders, retries_of_orders, accounts_of_orders,
                                  rent_of_attempts};

constexpr int known = static_cast<int>(steps.size());

int number_of(soci::session& session, const std::string& query) {
    int number = 0;
    session << query, soci::into(number);
    return number;
}

int version_of(soci::session& session) {
    if (number_of(session,
                  "select count(*) from sqlite_master where type = 'table' and name = 'schema_version'") ==
        0) {
        return 0;
    }
    return number_of(session, "select max(version) from schema_version");
}

}  // namespace

void check_origin(soci::session& session) {
    const int tables = number_of(session, "select count(*) from sqlite_master");
    const int program = number_of(session, "pragma application_id");
    if (tables > 0 && program != application_id) {
        throw std::runtime_error("the file belongs to another program: it holds tables that are not ours");
    }
    const int found = version_of(session);
    if (found > known) {
        throw std::runtime_error("the database has schema version " + std::to_string(found) +
                                 ", this program knows " + std::to_string(known) +
                                 ": use the newer program that wrote it");
    }
}

void migrate(soci::session& session) {
    for (int version = version_of(session); version < known; ++version) {
        soci::transaction transaction(session);
        if (version == 0) {
            session << "pragma application_id = " + std::to_string(application_id);
            session << "create table schema_version (version integer primary key)";
        }
        for (const char* statement : steps[static_cast<std::size_t>(version)]) session << statement;
        session << "insert into schema_version values (" + std::to_string(version + 1) + ")";
        LIBEXEC_FAILPOINT("migration-written");
        transaction.commit();
        LIBEXEC_FAILPOINT("migration-committed");
    }
}

}  // namespace libexec
