#include "node_table.hpp"

#include <stdexcept>

#include "moment.hpp"

namespace libexec {
namespace {

const std::string row_gone =
    "the row of this node is gone from the database: it was away for a week, start it again";

/// Of all rows but the one of this node, with `pg_moment` before it.
const std::string standing_of_others =
    "select coalesce(max(o.last_number), 0)::bigint as number, coalesce(sum(o.accepted - o.confirmed - "
    "o.failed - o.cancelled - o.expired), 0)::bigint as live, count(*) filter (where o.seen_at > moment.now "
    "- "
    ":lease::bigint) as nodes from moment left join nodes o on o.id <> :other";

}  // namespace

PgNodeTable::PgNodeTable(soci::session& session, const PgNode& node, NumberSlot& now)
    : now_(now), add_(session), lock_(session), write_(session), others_(session), fold_(session) {
    me_.set(node.id);
    my_name_.set(node.name);
    lease_.set(node.lease.count());
    add_.in(now_, me_, my_name_)
        .prepare(
            "with " + pg_moment +
            " insert into nodes select :id, :name, now, now, 0, 0, 0, 0, 0, 0, 0 from moment on conflict "
            "do nothing");
    row_.define(lock_.in(me_));
    lock_.prepare(std::string("select ") + NodeRow::columns + " from nodes where id = :id for update");

    // The others are read in the same statement: their sum is as new as this node's own counts, and costs no
    // further round trip.
    row_.bind(write_.in(now_, lease_, me_));
    write_.in(me_).out(last_number_, live_, nodes_);
    write_.prepare("with " + pg_moment + ", others as (" + standing_of_others +
                   ") update nodes set seen_at = moment.now, (" + NodeRow::columns +
                   ") = (:a::bigint, :b::bigint, :c::bigint, :d::bigint, :e::bigint, :f::bigint, :g::bigint) "
                   "from moment, others where id = :id returning others.number, others.live, others.nodes");
    others_.in(now_, lease_, me_)
        .out(last_number_, live_, nodes_)
        .prepare("with " + pg_moment + " " + standing_of_others);
    fold_.in(now_).prepare(
        "with " + pg_moment +
        ", old as materialized (select n.id from nodes n, moment where n.id <> '' and n.seen_at < moment.now "
        "- "
        "604800000000 and not exists (select 1 from jobs where jobs.owner = n.id) for update of n skip "
        "locked), "
        "gone as (delete from nodes using old where nodes.id = old.id returning nodes.*) insert into nodes "
        "select '', 'earlier starts', 0, 0, 0, max(last_number), sum(accepted), sum(confirmed), sum(failed), "
        "sum(cancelled), sum(expired) from gone having count(*) > 0 on conflict (id) do update set "
        "last_number "
        "= greatest(nodes.last_number, excluded.last_number), accepted = nodes.accepted + excluded.accepted, "
        "confirmed = nodes.confirmed + excluded.confirmed, failed = nodes.failed + excluded.failed, "
        "cancelled "
        "= nodes.cancelled + excluded.cancelled, expired = nodes.expired + excluded.expired");
}

void PgNodeTable::add() { add_.run(); }

NodeCounts PgNodeTable::lock() {
    if (!lock_.one()) throw std::runtime_error(row_gone);
    return row_.get();
}

StoreStanding PgNodeTable::write(const NodeCounts& counts) {
    row_.put(counts);
    if (!write_.one()) throw std::runtime_error(row_gone);
    return standing();
}

StoreStanding PgNodeTable::others() {
    others_.one();
    return standing();
}

void PgNodeTable::fold_old() { fold_.run(); }

StoreStanding PgNodeTable::standing() const {
    StoreStanding standing;
    standing.last_number = last_number_.u64();
    standing.live = live_.u64();
    standing.other_nodes = nodes_.u64();
    return standing;
}

}  // namespace libexec
