#include "limit_tables.hpp"

#include "moment.hpp"

namespace libexec {

PgLimitTables::PgLimitTables(const PgPlace& place, const PgNode& node)
    : connection_(place),
      followers_({1}),
      begin_(connection_.session),
      commit_(connection_.session),
      rollback_(connection_.session),
      take_(connection_.session),
      lock_(connection_.session),
      hold_(connection_.session),
      let_go_(connection_.session),
      forget_(connection_.session),
      restore_(connection_.session),
      tidy_buckets_(connection_.session),
      tidy_followers_(connection_.session) {
    connection_.session << "set synchronous_commit = off";
    me_.set(node.id);
    lease_.set(node.lease.count());
    begin_.prepare("begin");
    commit_.prepare("commit");
    rollback_.prepare("rollback");

    // `full_at` says all there is to know about a bucket. Rows come in the order of their keys, so that two
    // nodes cannot wait for each other.
    demands_.in(key_, per_minute_, tokens_);
    demands_.bind(take_);
    const std::string left =
        "least(excluded.asked, greatest(0, (60000000 - greatest(b.full_at - excluded.at, 0)) / "
        "excluded.token))";
    take_.out(key_, tokens_, missing_)
        .prepare(
            "with " + pg_moment_of_server +
            " insert into rate_buckets as b (key, at, token, asked, granted, full_at) select d.key, now, "
            "60000000 / d.per_minute, d.tokens, least(d.tokens, d.per_minute), now + least(d.tokens, "
            "d.per_minute) * (60000000 / d.per_minute) from moment, " +
            demands_.source("d", "d", "key, per_minute, tokens") +
            " order by d.key on conflict (key) do update set at = excluded.at, token = excluded.token, "
            "asked = excluded.asked, granted = " +
            left + ", full_at = greatest(b.full_at, excluded.at) + " + left +
            " * excluded.token returning key, granted, full_at - at");

    // Two nodes that let somebody in at the same moment would not see each other's row.
    lock_.in(id_, address_).prepare("select pg_advisory_xact_lock(hashtextextended(:id || :address, 0))");
    hold_.in(id_, address_, me_, sockets_, most_, lease_)
        .prepare(
            "with " + pg_moment_of_server +
            ", asked as materialized (select :id::bytea as order_id, :address::text as address, :me::text as "
            "node, :sockets::bigint as sockets, :most::bigint as most, :lease::bigint as lease), others as "
            "(select coalesce(sum(f.sockets), 0) as sockets from asked, moment, followers f join nodes n on "
            "n.id "
            "= f.node where f.order_id = asked.order_id and f.address = asked.address and f.node <> "
            "asked.node "
            "and n.seen_at > moment.now - asked.lease) insert into followers (order_id, address, node, "
            "sockets) "
            "select asked.order_id, asked.address, asked.node, asked.sockets from asked, others where "
            "others.sockets + asked.sockets <= asked.most on conflict (order_id, address, node) do update "
            "set "
            "sockets = excluded.sockets");
    let_go_.in(id_, address_, me_)
        .prepare("delete from followers where order_id = :id::bytea and address = :address and node = :me");
    forget_.in(me_).prepare("delete from followers where node = :me");
    followers_.in(id_, address_, sockets_);
    restore_.in(me_);
    followers_.bind(restore_);
    restore_.prepare("insert into followers (node, order_id, address, sockets) select :me::text, f.* from " +
                     followers_.source("f", "f", "order_id, address, sockets"));
    tidy_buckets_.prepare(
        "with " + pg_moment_of_server +
        " delete from rate_buckets where key in (select key from rate_buckets, moment where "
        "full_at < moment.now for update of rate_buckets skip locked)");
    tidy_followers_.in(lease_).prepare("with " + pg_moment_of_server +
                                       " delete from followers where not exists (select 1 from nodes, moment "
                                       "where nodes.id = followers.node "
                                       "and nodes.seen_at > moment.now - 10 * :lease::bigint)");
}

std::map<std::string, PgLimitTables::Grant> PgLimitTables::take(
    const std::map<std::string, Demand>& demands) {
    demands_.clear();
    for (const auto& [key, demand] : demands) {
        key_.set(key);
        per_minute_.set(demand.per_minute);
        tokens_.set(demand.tokens);
        demands_.add_row();
    }
    demands_.close();
    std::map<std::string, Grant> grants;
    for (bool row = take_.first(); row; row = take_.next())
        grants[key_.value] = {tokens_.u32(), std::chrono::microseconds(missing_.value)};
    return grants;
}

bool PgLimitTables::hold(const Follower& follower, std::uint32_t sockets, std::uint32_t most) {
    id_.set(follower.first);
    id_.value = to_bytea(id_.value);
    address_.set(follower.second);
    sockets_.set(sockets);
    most_.set(most);
    if (sockets == 0) {
        let_go_.run();
        return true;
    }
    begin_.run();
    try {
        lock_.run();
        const bool held = hold_.run() == 1;
        commit_.run();
        return held;
    } catch (...) {
        try {
            rollback_.run();
        } catch (const soci::soci_error&) {
            // The connection is dropped for the first error.
        }
        throw;
    }
}

void PgLimitTables::hold_exactly(const std::map<Follower, std::uint32_t>& held) {
    forget_.run();
    if (held.empty()) return;
    followers_.clear();
    for (const auto& [follower, sockets] : held) {
        id_.set(follower.first);
        address_.set(follower.second);
        sockets_.set(sockets);
        followers_.add_row();
    }
    followers_.close();
    restore_.run();
}

void PgLimitTables::tidy() {
    tidy_buckets_.run();
    tidy_followers_.run();
}

}  // namespace libexec
