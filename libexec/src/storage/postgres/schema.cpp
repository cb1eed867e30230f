#include "schema.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

// "lxec": one node at a time changes the schema.
constexpr int migration_lock = 0x6c786563;

// Never edited once released: a change of the schema is a new step at the end. Codes of statuses, kinds and
// the like are the positions of the enumerators in the model, which therefore only grow at their ends.
// Amounts are decimal text of base units, times microseconds since 1970.
using Script = std::vector<const char*>;

const Script first_schema{
    // One row for each start of a node, written by that node alone. `commits` counts its transactions that
    // wrote anything: after a commit whose answer was lost it tells whether that one landed. The counts of
    // all rows together are those of the whole database; a row is never deleted without adding its counts to
    // another.
    R"(create table nodes (
        id text primary key,
        name text not null,
        started_at bigint not null,
        seen_at bigint not null,
        commits bigint not null,
        last_number bigint not null,
        accepted bigint not null,
        confirmed bigint not null,
        failed bigint not null,
        cancelled bigint not null,
        expired bigint not null) with (fillfactor = 50))",

    R"(create table orders (
        id bytea primary key,
        number bigint not null,
        client_id text not null,
        client_order_id text not null,
        symbol_in text not null,
        mint_in bytea not null,
        decimals_in smallint not null,
        symbol_out text not null,
        mint_out bytea not null,
        decimals_out smallint not null,
        mode smallint not null,
        amount text not null,
        slippage_bps integer not null,
        side smallint not null,
        native_in smallint not null,
        native_out smallint not null,
        deadline_ms bigint,
        correlation_id text not null,
        trace_id text not null,
        created_at bigint not null,
        cancel_requested smallint not null,
        retry_of bytea,
        status smallint not null,
        last_seq integer not null,
        in_doubt smallint not null,
        attempt integer not null,
        attempts_max integer not null,
        next_retry_at bigint,
        first_claimed_at bigint,
        limit_amount text,
        venue text not null,
        quoted_in text,
        quoted_out text,
        executed_in text,
        executed_out text,
        tx_hash text not null,
        failure text,
        updated_at bigint not null) with (fillfactor = 80))",
    // Ended orders by outcome; those still alive are found through their jobs, so that a move costs no index.
    "create index orders_ended on orders (status, id) where status >= 4",
    "create index orders_by_client on orders (client_id, id) where client_id <> ''",

    // Append-only. A correlation id is null when it is the order's own.
    R"(create table order_events (
        order_id bytea not null references orders (id),
        seq integer not null,
        kind smallint not null,
        status smallint not null,
        at bigint not null,
        attempt integer not null,
        attempts_max integer not null,
        next_retry_at bigint,
        in_doubt smallint not null,
        correlation_id text,
        data text not null,
        primary key (order_id, seq)))",
    "create unique index one_terminal_event on order_events (order_id) where kind = 0 and status >= 4",

    // signed_bytes is a bearer instrument: null as soon as the attempt is closed.
    R"(create table attempts (
        order_id bytea not null references orders (id),
        number integer not null,
        venue text not null,
        signature text not null unique,
        last_valid_height bigint not null,
        anchor_slot bigint not null,
        quoted_in text not null,
        quoted_out text not null,
        opened_at bigint not null,
        resolution smallint,
        closed_at bigint not null,
        slot bigint not null,
        amount_in text not null,
        amount_out text not null,
        fee_lamports bigint not null,
        error_code text,
        error_detail text,
        evidence text not null,
        signed_bytes bytea,
        primary key (order_id, number)))",
    "create unique index one_open_attempt on attempts (order_id) where resolution is null",

    // One for each order that has not ended. owner is null while nobody works on it; then visible_at is when
    // somebody may, and otherwise when the owner's lease runs out.
    R"(create table jobs (
        order_id bytea primary key references orders (id),
        visible_at bigint not null,
        epoch bigint not null,
        owner text)
        with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0))",
    "create index jobs_due on jobs (visible_at)",

    // What makes a repetition recognisable. Scope 0: an account's idempotency keys; 1: a client's own order
    // ids.
    R"(create table idempotency (
        scope smallint not null,
        owner text not null,
        key text not null,
        digest text not null,
        order_id bytea not null,
        primary key (scope, owner, key)))",
};

/// Limits that all nodes keep together. Unlogged: a crash of the server empties them, which costs a minute of
/// limits and no order.
const Script shared_limits{
    // full_at: when the bucket will hold its `per_minute` tokens again; the rest is what the last demand
    // was and got.
    R"(create unlogged table rate_buckets (
        key text primary key,
        full_at bigint not null,
        at bigint not null,
        token bigint not null,
        asked bigint not null,
        granted bigint not null) with (fillfactor = 50))",
    // Sockets that follow an order from one address, by the start of the node that serves them.
    R"(create unlogged table followers (
        order_id bytea not null,
        address text not null,
        node text not null,
        sockets bigint not null,
        primary key (order_id, address, node)) with (fillfactor = 50))",
};

// Whose order it is. Orders from before, and those placed without an account, belong to the one without a
// name.
const Script accounts_of_orders{
    "alter table orders add column account text not null default ''",
    "create index orders_by_account on orders (account, id) where account <> ''",
};

// What an attempt's transaction paid as rent and got back; null where nobody told.
const Script rent_of_attempts{
    "alter table attempts add column rent_lamports bigint",
    "alter table attempts add column rent_returned_lamports bigint",
};

const std::array<Script, 4> steps{first_schema, shared_limits, accounts_of_orders, rent_of_attempts};

constexpr int known = static_cast<int>(steps.size());

int number_of(soci::session& session, const std::string& query) {
    int number = 0;
    session << query, soci::into(number);
    return number;
}

}  // namespace

void migrate_pg(soci::session& session, const std::string& schema) {
    soci::transaction transaction(session);
    session << "select pg_advisory_xact_lock(" + std::to_string(migration_lock) + ")";
    const std::string named = "select count(*) from pg_catalog.";
    if (number_of(session, named + "pg_namespace where nspname = '" + schema + "'") == 0)
        session << "create schema " + schema;
    const std::string ours = named + "pg_tables where schemaname = '" + schema + "'";
    int version = 0;
    if (number_of(session, ours + " and tablename = 'schema_version'") == 1) {
        version = number_of(session, "select coalesce(max(version), 0) from schema_version");
    } else if (number_of(session, ours) > 0) {
        throw std::runtime_error("the schema '" + schema +
                                 "' belongs to another program: it holds tables that are not ours");
    } else {
        session << "create table schema_version (version integer primary key)";
    }
    if (version > known) {
        throw std::runtime_error("the database has schema version " + std::to_string(version) +
                                 ", this program knows " + std::to_string(known) +
                                 ": use the newer program that wrote it");
    }
    for (; version < known; ++version) {
        for (const char* statement : steps[static_cast<std::size_t>(version)]) session << statement;
        session << "insert into schema_version values (" + std::to_string(version + 1) + ")";
    }
    LIBEXEC_FAILPOINT("migration-written");
    transaction.commit();
    LIBEXEC_FAILPOINT("migration-committed");
}

}  // namespace libexec
