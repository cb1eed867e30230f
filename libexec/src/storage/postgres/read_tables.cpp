#include "read_tables.hpp"

#include <algorithm>
#include <list>

namespace libexec {

/// Builds the one statement whose text depends on what was asked: a filter nobody set is left out, so that
/// the server can choose the index that fits the others.
class PgReadTables::ListQuery {
public:
    explicit ListQuery(soci::session& session) : statement(session) {}

    /// A condition with one parameter, which stands where the text has a ?.
    void demand_text(const std::string& condition, std::string value) {
        TextSlot& slot = texts_.emplace_back();
        slot.set(std::move(value));
        statement.in(slot);
        demand(condition);
    }
    void demand_bytes(const std::string& condition, const std::string& raw) {
        demand_text(condition + "::bytea", to_bytea(raw));
    }
    template <class Number>
    void demand_number(const std::string& condition, Number value) {
        NumberSlot& slot = numbers_.emplace_back();
        slot.set(value);
        statement.in(slot);
        demand(condition);
    }
    void demand_fact(const std::string& condition) {
        where_ += (where_.empty() ? " where " : " and ") + condition;
    }
    const std::string& where() const { return where_; }
    std::string next_parameter() { return ":p" + std::to_string(++parameters_); }

    Statement statement;

private:
    void demand(const std::string& condition) {
        const std::size_t at = condition.find('?');
        demand_fact(condition.substr(0, at) + next_parameter() + condition.substr(at + 1));
    }
    std::list<TextSlot> texts_;  // lists: a statement keeps references to what it binds
    std::list<NumberSlot> numbers_;
    std::string where_;
    int parameters_ = 0;
};

PgReadTables::PgReadTables(const PgPlace& place, Asker asker)
    : asker_(std::move(asker)),
      connection_(place),
      ids_({1}),
      begin_(connection_.session),
      end_(connection_.session),
      find_order_(connection_.session),
      attempts_of_(connection_.session),
      events_after_(connection_.session),
      jobs_(connection_.session),
      ended_(connection_.session),
      last_seqs_(connection_.session),
      nodes_(connection_.session) {
    connection_.session << "set default_transaction_read_only = on";
    begin_.prepare("begin isolation level repeatable read read only");
    end_.prepare("commit");
    order_.define(find_order_.in(id_, account_));
    find_order_.prepare(std::string("select ") + OrderRow::request_columns + ", " +
                        OrderRow::standing_columns +
                        " from orders where id = :id::bytea and account = coalesce(:account::text, account)");
    attempt_.define(attempts_of_.in(id_));
    attempts_of_.prepare(std::string("select ") + AttemptRow::columns_unsigned +
                         " from attempts where order_id = :id::bytea order by number");
    event_.define(events_after_.in(id_, seq_, account_, limit_));
    events_after_.prepare(
        "select e.order_id, e.seq, e.kind, e.status, e.at, e.attempt, e.attempts_max, e.next_retry_at, "
        "e.in_doubt, coalesce(e.correlation_id, o.correlation_id), e.data, o.trace_id, o.account from "
        "order_events e "
        "join "
        "orders o on o.id = e.order_id where e.order_id = :id::bytea and e.seq > :seq::bigint and o.account "
        "= coalesce(:account::text, o.account) order by e.seq "
        "limit "
        ":most::bigint");
    jobs_.in(now_)
        .out(waiting_, oldest_, delayed_, active_, database_now_)
        .prepare(
            "with moment as materialized (select coalesce(:now::bigint, (extract(epoch from "
            "clock_timestamp()) * "
            "1000000)::bigint) as now) select count(*) filter (where visible_at <= now), min(visible_at) "
            "filter "
            "(where visible_at <= now), count(*) filter (where owner is null and visible_at > now), count(*) "
            "filter "
            "(where owner is not null and visible_at > now), (select now from moment) from moment left join "
            "jobs on "
            "true");
    ended_.out(completed_, failed_)
        .prepare(
            "select coalesce(sum(confirmed), 0)::bigint, coalesce(sum(failed + cancelled + expired), "
            "0)::bigint "
            "from nodes");
    ids_.in(id_);
    ids_.bind(last_seqs_);
    lease_.set(asker_.lease.count());
    nodes_.in(lease_)
        .out(node_id_, node_name_, started_, seen_, alive_, holding_, accepted_, confirmed_, failed_)
        .prepare(
            "with moment as materialized (select (extract(epoch from clock_timestamp()) * 1000000)::bigint "
            "as now) "
            "select n.id, n.name, n.started_at, n.seen_at, (n.seen_at > min(moment.now) - "
            ":lease::bigint)::int, "
            "count(jobs.order_id), n.accepted, n.confirmed, n.failed + n.cancelled + n.expired from moment, "
            "nodes n "
            "left join jobs on jobs.owner = n.id where n.seen_at > moment.now - 3600000000 or jobs.order_id "
            "is not "
            "null group by n.id order by n.started_at, n.id");
    last_seqs_.out(id_, seq_).prepare("select id, last_seq from orders where id in (select i.id from " +
                                      ids_.source("i", "i", "id") + ")");
}

void PgReadTables::set_id(const OrderId& order) {
    id_.set(order);
    id_.value = to_bytea(id_.value);
}

Order PgReadTables::read_order() {
    from_bytea(order_.id);
    from_bytea(order_.mint_in);
    from_bytea(order_.mint_out);
    from_bytea(order_.retry_of);
    return order_.get();
}

std::vector<Attempt> PgReadTables::attempts_of(const OrderId& order) {
    set_id(order);
    std::vector<Attempt> attempts;
    for (bool row = attempts_of_.first(); row; row = attempts_of_.next()) {
        from_bytea(attempt_.order_id);
        attempts.push_back(attempt_.get());
    }
    return attempts;
}

std::optional<OrderRecord> PgReadTables::load(const OrderId& order, const Viewer& viewer) {
    const ReadSnapshot snapshot(begin_, end_);
    set_id(order);
    set_account(account_, viewer);
    if (!find_order_.one()) return std::nullopt;
    OrderRecord record;
    record.order = read_order();
    record.attempts = attempts_of(order);
    return record;
}

std::vector<OrderRecord> PgReadTables::list(const OrderFilter& filter) {
    ListQuery query(connection_.session);
    std::string from = "orders";
    if (filter.status && !is_terminal(*filter.status)) {
        // Only orders with a job are alive: few, whatever the size of the archive.
        from = "jobs join orders on orders.id = jobs.order_id";
    }
    if (filter.status) {
        query.demand_number("status = ?", static_cast<int>(*filter.status));
        if (is_terminal(*filter.status))
            query.demand_fact("status >= 4");  // lets the index of ended ones apply
    }
    const auto raw_of = [](const auto& bytes) {
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    for (const auto& [base58, column] :
         {std::pair(&filter.token_in, "mint_in"), std::pair(&filter.token_out, "mint_out")}) {
        if (base58->empty()) continue;
        const std::optional<Mint> mint = Mint::parse(*base58);
        if (!mint) return {};
        query.demand_bytes(std::string(column) + " = ?", raw_of(mint->bytes()));
    }
    if (const auto& account = filter.viewer.account()) {
        query.demand_text("account = ?", *account);
        if (!account->empty()) query.demand_fact("account <> ''");  // lets the index of accounts apply
    }
    if (!filter.venue.empty()) query.demand_text("venue = ?", filter.venue);
    if (!filter.client_id.empty()) {
        query.demand_text("client_id = ?", filter.client_id);
        query.demand_fact("client_id <> ''");  // lets the index of clients apply
    }
    if (filter.id_from) query.demand_bytes("orders.id >= ?", raw_of(filter.id_from->bytes()));
    if (filter.id_to) query.demand_bytes("orders.id <= ?", raw_of(filter.id_to->bytes()));
    if (filter.before) query.demand_bytes("orders.id < ?", raw_of(filter.before->bytes()));
    if (filter.since) {
        query.demand_bytes("orders.id >= ?", raw_of(id_floor(*filter.since).bytes()));
        query.demand_number("created_at >= ?", filter.since->time_since_epoch().count());
    }
    limit_.set(std::min(filter.limit, read_limit_most));
    query.statement.in(limit_);
    order_.define(query.statement);
    query.statement.prepare(std::string("select ") + OrderRow::request_columns + ", " +
                            OrderRow::standing_columns + " from " + from + query.where() +
                            " order by orders.id desc limit " + query.next_parameter() + "::bigint");

    const ReadSnapshot snapshot(begin_, end_);
    std::vector<OrderRecord> records;
    for (bool row = query.statement.first(); row; row = query.statement.next())
        records.emplace_back().order = read_order();
    for (OrderRecord& record : records) record.attempts = attempts_of(record.order.id);
    return records;
}

std::vector<CommittedEvent> PgReadTables::events_after(const OrderId& order, std::uint32_t seq,
                                                       std::size_t limit, const Viewer& viewer) {
    set_id(order);
    set_account(account_, viewer);
    seq_.set(seq);
    limit_.set(std::min(limit, read_limit_most));
    std::vector<CommittedEvent> events;
    for (bool row = events_after_.first(); row; row = events_after_.next()) {
        from_bytea(event_.order_id);
        events.push_back(std::make_shared<const OrderEvent>(event_.get()));
    }
    return events;
}

std::map<OrderId, std::uint32_t> PgReadTables::last_seqs(const std::vector<OrderId>& orders) {
    ids_.clear();
    for (const OrderId& order : orders) {
        id_.set(order);
        ids_.add_row();
    }
    ids_.close();
    std::map<OrderId, std::uint32_t> found;
    for (bool row = last_seqs_.first(); row; row = last_seqs_.next()) {
        from_bytea(id_);
        found.emplace(id_.uuid(), seq_.u32());
    }
    return found;
}

std::vector<StoreNode> PgReadTables::nodes() {
    std::vector<StoreNode> nodes;
    for (bool row = nodes_.first(); row; row = nodes_.next()) {
        StoreNode& node = nodes.emplace_back();
        node.id = node_id_.value;
        node.name = node_name_.value;
        node.self = node.id == asker_.node;
        node.alive = alive_.flag();
        node.started_at = started_.time();
        node.seen_at = seen_.time();
        node.holding = holding_.u64();
        node.accepted = accepted_.u64();
        node.confirmed = confirmed_.u64();
        node.failed = failed_.u64();
    }
    return nodes;
}

QueueCounts PgReadTables::counts(Time now) {
    const ReadSnapshot snapshot(begin_, end_);
    if (asker_.count_on_injected_clock) {
        now_.set(now);
    } else {
        now_.set_null();
    }
    jobs_.one();
    ended_.one();
    QueueCounts counts;
    counts.waiting = waiting_.u64();
    counts.delayed = delayed_.u64();
    counts.active = active_.u64();
    counts.completed = completed_.u64();
    counts.failed = failed_.u64();
    // Told on this node's clock, which need not agree with the database's.
    if (!oldest_.is_null()) counts.oldest_waiting = now + (oldest_.time() - database_now_.time());
    return counts;
}

}  // namespace libexec
