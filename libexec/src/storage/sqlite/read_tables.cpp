#include "read_tables.hpp"

#include <algorithm>

#include "connection.hpp"

namespace libexec {
SqliteReadTables::SqliteReadTables(const std::string& path)
    : session_(soci::sqlite3, connect_text(path, true)),
      begin_(session_),
      end_(session_),
      find_order_(session_),
      attempts_of_(session_),
      events_after_(session_),
      waiting_jobs_(session_),
      delayed_jobs_(session_),
      totals_(session_) {
    session_ << "pragma query_only = on";
    begin_.prepare("begin");
    end_.prepare("commit");
    order_.define(find_order_.in(id_, account_));
    find_order_.prepare(std::string("select ") + OrderRow::request_columns + ", " +
                        OrderRow::standing_columns +
                        " from orders where id = cast(?1 as blob) and account = coalesce(?2, account)");
    attempt_.define(attempts_of_.in(id_));
    attempts_of_.prepare(std::string("select ") + AttemptRow::columns_unsigned +
                         " from attempts where order_id = cast(?1 as blob) order by number");
    event_.define(events_after_.in(id_, seq_, limit_, account_));
    events_after_.prepare(
        "select e.order_id, e.seq, e.kind, e.status, e.at, e.attempt, e.attempts_max, e.next_retry_at, "
        "e.in_doubt, "
        "coalesce(e.correlation_id, o.correlation_id), e.data, o.trace_id, o.account from order_events e "
        "join orders o "
        "on o.id = "
        "e.order_id "
        "where e.order_id = cast(?1 as blob) and e.seq > ?2 and o.account = coalesce(?4, o.account) "
        "order by e.seq limit ?3");
    waiting_jobs_.in(now_)
        .out(waiting_, oldest_)
        .prepare("select count(*), min(visible_at) from jobs where owner is null and visible_at <= ?1");
    delayed_jobs_.in(now_).out(delayed_).prepare(
        "select count(*) from jobs where owner is null and visible_at > ?1");
    totals_.out(live_, confirmed_, failed_)
        .prepare("select live, confirmed, failed + cancelled + expired from totals");
}

std::vector<Attempt> SqliteReadTables::attempts_of(const OrderId& order) {
    id_.set(order);
    std::vector<Attempt> attempts;
    for (bool row = attempts_of_.first(); row; row = attempts_of_.next()) attempts.push_back(attempt_.get());
    return attempts;
}

std::optional<OrderRecord> SqliteReadTables::load(const OrderId& order, const Viewer& viewer) {
    const ReadSnapshot snapshot(begin_, end_);
    id_.set(order);
    set_account(account_, viewer);
    if (!find_order_.one()) return std::nullopt;
    OrderRecord record;
    record.order = order_.get();
    record.attempts = attempts_of(order);
    return record;
}

std::vector<OrderRecord> SqliteReadTables::list(const OrderFilter& filter) {
    // A filter nobody set is left out, so that SQLite can choose the index that fits the others.
    TextSlot from_id, to_id, before, floor, mint_in, mint_out, venue, client, account;
    NumberSlot status, since, limit;
    Statement query(session_);
    std::string where;
    int parameter = 0;
    const auto next_parameter = [&parameter] { return "?" + std::to_string(++parameter); };
    const auto demand = [&where](const std::string& condition) {
        where += (where.empty() ? " where " : " and ") + condition;
    };

    std::string from = "orders";
    if (filter.status && !is_terminal(*filter.status)) {
        // Only orders with a job are alive: few, whatever the size of the archive.
        from = "jobs cross join orders on orders.id = jobs.order_id";
    }
    const std::string id = from == "orders" ? "id" : "jobs.order_id";
    if (filter.status) {
        status.set(*filter.status);
        query.in(status);
        demand("status = " + next_parameter());
        if (is_terminal(*filter.status)) demand("status >= 4");  // lets the index of ended orders apply
    }
    const auto match = [&](TextSlot& slot, const std::string& value, const char* column) {
        if (value.empty()) return;
        slot.set(value);
        query.in(slot);
        demand(std::string(column) + " = " + next_parameter());
    };
    const auto match_mint = [&](TextSlot& slot, const std::string& base58, const char* column) {
        if (base58.empty()) return true;
        const std::optional<Mint> mint = Mint::parse(base58);
        if (!mint) return false;
        slot.set(std::string(reinterpret_cast<const char*>(mint->bytes().data()), mint->bytes().size()));
        query.in(slot);
        demand(std::string(column) + " = cast(" + next_parameter() + " as blob)");
        return true;
    };
    if (!match_mint(mint_in, filter.token_in, "mint_in") ||
        !match_mint(mint_out, filter.token_out, "mint_out"))
        return {};
    if (filter.viewer.account()) {
        account.set(*filter.viewer.account());
        query.in(account);
        demand("account = " + next_parameter());
        if (!account.value.empty()) demand("account <> ''");  // lets the index of accounts apply
    }
    match(venue, filter.venue, "venue");
    match(client, filter.client_id, "client_id");
    if (!filter.client_id.empty()) demand("client_id <> ''");  // lets the index of clients apply
    if (filter.id_from) {
        from_id.set(*filter.id_from);
        query.in(from_id);
        demand(id + " >= cast(" + next_parameter() + " as blob)");
    }
    if (filter.id_to) {
        to_id.set(*filter.id_to);
        query.in(to_id);
        demand(id + " <= cast(" + next_parameter() + " as blob)");
    }
    if (filter.before) {
        before.set(*filter.before);
        query.in(before);
        demand(id + " < cast(" + next_parameter() + " as blob)");
    }
    if (filter.since) {
        floor.set(id_floor(*filter.since));
        since.set(*filter.since);
        query.in(floor, since);
        demand(id + " >= cast(" + next_parameter() + " as blob)");
        demand("created_at >= " + next_parameter());
    }
    limit.set(std::min(filter.limit, read_limit_most));
    query.in(limit);
    order_.define(query);
    query.prepare(std::string("select ") + OrderRow::request_columns + ", " + OrderRow::standing_columns +
                  " from " + from + where + " order by " + id + " desc limit " + next_parameter());

    const ReadSnapshot snapshot(begin_, end_);
    std::vector<OrderRecord> records;
    for (bool row = query.first(); row; row = query.next()) records.emplace_back().order = order_.get();
    for (OrderRecord& record : records) record.attempts = attempts_of(record.order.id);
    return records;
}

std::vector<CommittedEvent> SqliteReadTables::events_after(const OrderId& order, std::uint32_t seq,
                                                           std::size_t limit, const Viewer& viewer) {
    id_.set(order);
    set_account(account_, viewer);
    seq_.set(seq);
    limit_.set(std::min(limit, read_limit_most));
    std::vector<CommittedEvent> events;
    for (bool row = events_after_.first(); row; row = events_after_.next()) {
        events.push_back(std::make_shared<const OrderEvent>(event_.get()));
    }
    return events;
}

QueueCounts SqliteReadTables::counts(Time now) {
    const ReadSnapshot snapshot(begin_, end_);
    now_.set(now);
    waiting_jobs_.one();
    delayed_jobs_.one();
    totals_.one();
    QueueCounts counts;
    counts.waiting = waiting_.u64();
    counts.delayed = delayed_.u64();
    counts.active = live_.u64() - counts.waiting - counts.delayed;  // who is alive and not unclaimed
    counts.completed = confirmed_.u64();
    counts.failed = failed_.u64();
    counts.oldest_waiting = oldest_.maybe_time();
    return counts;
}

}  // namespace libexec
