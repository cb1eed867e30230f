#include "write_tables.hpp"

#include <algorithm>
#include <stdexcept>

#include "moment.hpp"
#include "schema.hpp"

namespace libexec {
namespace {

/// Each name of a comma-separated list, after `row.`.
std::string of(const std::string& row, const std::string& names) {
    std::string text = row + ".";
    for (const char c : names) {
        text += c;
        if (c == ' ') text += row + ".";
    }
    return text;
}

const std::string order_columns = std::string(OrderRow::request_columns) + ", " + OrderRow::standing_columns;
const std::string standing_columns = OrderRow::standing_columns;
const std::string event_columns = EventRow::columns;
const std::string attempt_columns = AttemptRow::columns;

void decode(OrderRow& row) {
    from_bytea(row.id);
    from_bytea(row.mint_in);
    from_bytea(row.mint_out);
    from_bytea(row.retry_of);
}

}  // namespace

PgWriteTables::PgWriteTables(const PgPlace& place, const PgNode& who)
    : connection_(place),
      ids_({1}),
      cancels_({1}),
      keys_new_({5}),
      orders_new_({1, 6, 9, 22}),
      events_new_({1}),
      steps_({1}),
      step_events_({1}),
      opened_({1, 19}),
      closes_({1}),
      begin_(connection_.session),
      commit_(connection_.session),
      rollback_(connection_.session),
      savepoint_(connection_.session),
      release_(connection_.session),
      to_savepoint_(connection_.session),
      find_known_(connection_.session),
      add_keys_(connection_.session),
      insert_orders_(connection_.session),
      lock_jobs_(connection_.session),
      move_(connection_.session),
      cancel_(connection_.session),
      claim_(connection_.session),
      claim_orders_(connection_.session),
      next_due_(connection_.session),
      load_orders_(connection_.session),
      load_attempts_(connection_.session),
      renew_(connection_.session),
      give_back_(connection_.session) {
    check_durability(connection_.session);
    // Whoever stands still for a lease in the middle of a transaction has lost what it holds, its row locks
    // among it: other nodes would wait for those with all they have to write.
    const auto lease_ms = std::chrono::ceil<std::chrono::milliseconds>(who.lease).count();
    connection_.session << "set idle_in_transaction_session_timeout to " + std::to_string(lease_ms);
    migrate_pg(connection_.session, place.schema);
    now_.set_null();
    me_.set(who.id);
    lease_.set(who.lease.count());

    begin_.prepare("begin");
    commit_.prepare("commit");
    rollback_.prepare("rollback");
    savepoint_.prepare("savepoint step");
    release_.prepare("release savepoint step");
    to_savepoint_.prepare("rollback to savepoint step");

    nodes_.emplace(connection_.session, who, now_);
    prepare_accepting();
    prepare_moving();
    prepare_claiming();
}

void PgWriteTables::prepare_accepting() {
    keys_asked_.in(scope_, owner_, key_);
    keys_asked_.bind(find_known_);
    find_known_.out(scope_, owner_, key_, digest_, id_)
        .prepare("select i.scope, i.owner, i.key, i.digest, i.order_id from " +
                 keys_asked_.source("k", "k", "scope, owner, key") +
                 " join idempotency i on i.scope = k.scope and i.owner = k.owner and i.key = k.key");
    keys_new_.in(scope_, owner_, key_, digest_, id_);
    keys_new_.bind(add_keys_);
    add_keys_.prepare("insert into idempotency select * from " +
                      keys_new_.source("k", "k", "scope, owner, key, digest, order_id") +
                      " on conflict do nothing");

    order_.bind_request(orders_new_);
    order_.bind_standing(orders_new_);
    event_.bind(events_new_);
    insert_orders_.in(now_);
    orders_new_.bind(insert_orders_);
    events_new_.bind(insert_orders_);
    insert_orders_.prepare(
        "with " + pg_moment + ", accepted as (insert into orders (" + order_columns + ") select * from " +
        orders_new_.source("o", "o", order_columns) +
        " returning id), opened as (insert into order_events (" + event_columns + ") select * from " +
        events_new_.source("e", "e", event_columns) +
        ") insert into jobs (order_id, visible_at, epoch, owner) select id, now, 0, null from "
        "accepted, moment");
}

// A chain from the fenced rows: a step whose fence is lost drops out with all its parts, and nothing else
// does.
void PgWriteTables::prepare_moving() {
    ids_.in(id_);
    ids_.bind(lock_jobs_);
    lock_jobs_.prepare("select 1 from jobs where order_id in (select id from " + ids_.source("i", "i", "id") +
                       ") order by order_id for update");

    const std::string step_columns =
        "order_id, epoch, expected_seq, opens, job_kind, wait_us, " + standing_columns;
    steps_.in(id_, epoch_, expected_seq_, opens_, job_kind_, wait_us_);
    order_.bind_standing(steps_);
    event_.bind(step_events_);
    attempt_.bind(opened_);
    closes_.in(closing_.order_id, closing_.number, closing_.signature, closing_.resolution,
               closing_.closed_at, closing_.slot, closing_.amount_in, closing_.amount_out,
               closing_.fee_lamports, closing_.error_code, closing_.error_detail, closing_.evidence,
               closing_.rent_lamports, closing_.rent_returned_lamports);
    const std::string closing_columns =
        "order_id, number, signature, resolution, closed_at, slot, amount_in, amount_out, fee_lamports, "
        "error_code, error_detail, evidence, rent_lamports, rent_returned_lamports";
    const std::string result_columns =
        "resolution, closed_at, slot, amount_in, amount_out, fee_lamports, error_code, error_detail, "
        "evidence, rent_lamports, rent_returned_lamports";

    move_.in(now_);
    steps_.bind(move_);
    step_events_.bind(move_);
    closes_.bind(move_);
    opened_.bind(move_);
    move_.out(id_, moved_, fenced_, closed_);
    move_.prepare(
        "with " + pg_moment + ", s as materialized (select * from " + steps_.source("s", "s", step_columns) +
        "), moved as (update orders o set (" + standing_columns + ") = (" + of("s", standing_columns) +
        ") from s join jobs j on j.order_id = s.order_id and j.epoch = s.epoch where o.id = s.order_id and "
        "o.last_seq = s.expected_seq and (s.opens = 0 or o.cancel_requested = 0) returning o.id, "
        "o.cancel_requested), told as (insert into order_events (" +
        event_columns + ") select " + of("e", event_columns) + " from " +
        step_events_.source("e", "e", event_columns) +
        " join moved on moved.id = e.order_id), closed as (update attempts a set (" + result_columns +
        ", signed_bytes) = (" + of("c", result_columns) + ", null) from " +
        closes_.source("c", "c", closing_columns) +
        " join moved on moved.id = c.order_id where a.order_id = c.order_id and a.number = c.number and "
        "a.signature = c.signature and a.resolution is null returning a.order_id), opened as (insert into "
        "attempts (" +
        attempt_columns + ") select " + of("a", attempt_columns) + " from " +
        opened_.source("a", "a", attempt_columns) +
        " join moved on moved.id = a.order_id where (select count(*) from closed) >= 0), gone as (delete "
        "from jobs "
        "using s join moved on moved.id = s.order_id where jobs.order_id = s.order_id and s.job_kind = 2), "
        "released as (update jobs set owner = null, visible_at = case when moved.cancel_requested <> 0 then "
        "moment.now else moment.now + s.wait_us end from moment, s join moved on moved.id = s.order_id where "
        "jobs.order_id = s.order_id and s.job_kind = 1) select s.order_id, (moved.id is not null)::int, "
        "(j.order_id is not null and o.last_seq = s.expected_seq)::int, (closed.order_id is not null)::int "
        "from s "
        "left join moved on moved.id = s.order_id left join closed on closed.order_id = s.order_id left join "
        "jobs j "
        "on j.order_id = s.order_id and j.epoch = s.epoch left join orders o on o.id = s.order_id");

    cancels_.in(id_, account_);
    cancel_.in(now_);
    cancels_.bind(cancel_);
    cancel_.out(id_, account_, order_.status)
        .prepare(
            "with " + pg_moment + ", c as materialized (select * from " +
            cancels_.source("i", "i", "id, viewer") +
            "), asked as (update orders o set cancel_requested = 1 from c where o.id = c.id and o.account = "
            "coalesce(c.viewer, "
            "o.account) and o.status < 4 "
            "returning o.id), hastened as (update jobs set visible_at = least(visible_at, moment.now) from "
            "asked, moment where jobs.order_id = asked.id and jobs.owner is null) select o.id, c.viewer, "
            "o.status "
            "from c join orders o on o.id = c.id and o.account = coalesce(c.viewer, o.account)");
}

void PgWriteTables::prepare_claiming() {
    claim_.in(now_, me_, limit_, me_, lease_)
        .out(id_, epoch_, due_)
        .prepare(
            "with " + pg_moment +
            ", due as materialized (select order_id, visible_at from jobs, moment where visible_at <= "
            "moment.now and owner is distinct from :me order by visible_at, order_id limit :most for update "
            "of "
            "jobs skip locked) update jobs set epoch = epoch + 1, owner = :own, visible_at = moment.now + "
            ":lease::bigint from due, moment where jobs.order_id = due.order_id returning jobs.order_id, "
            "jobs.epoch, due.visible_at");
    claim_orders_.in(now_, me_, lease_);
    ids_.bind(claim_orders_);
    claim_orders_.in(me_)
        .out(id_, epoch_, due_)
        .prepare("with " + pg_moment +
                 " update jobs set epoch = epoch + 1, owner = :own, visible_at = moment.now + :lease::bigint "
                 "from " +
                 ids_.source("i", "i", "id") +
                 ", moment where jobs.order_id = i.id and (jobs.owner is null or jobs.owner = :me or "
                 "jobs.visible_at <= moment.now) returning jobs.order_id, jobs.epoch, 0");
    next_due_.in(now_).out(due_).prepare(
        "with " + pg_moment +
        " select min(visible_at) - (select now from moment) from jobs where owner is null");
    ids_.bind(load_orders_);
    order_.define(load_orders_);
    load_orders_.prepare("select " + order_columns + " from orders where orders.id in (select id from " +
                         ids_.source("i", "i", "id") + ")");
    ids_.bind(load_attempts_);
    attempt_.define(load_attempts_);
    load_attempts_.prepare("select " + attempt_columns + " from attempts where order_id in (select id from " +
                           ids_.source("i", "i", "id") + ") order by order_id, number");
    renew_.in(now_, lease_, me_)
        .prepare("with " + pg_moment +
                 " update jobs set visible_at = moment.now + :lease::bigint from moment where owner = :me");
    give_back_.in(now_, me_).prepare(
        "with " + pg_moment +
        " update jobs set owner = null, visible_at = least(visible_at, moment.now) from moment where owner "
        "= :me");
}

void PgWriteTables::set_now(std::optional<Time> now) { now_.set(now); }

std::map<PgWriteTables::Key, PgWriteTables::Known> PgWriteTables::find_known(const std::vector<Key>& keys) {
    std::map<Key, Known> known;
    if (keys.empty()) return known;
    keys_asked_.clear();
    for (const auto& [scope, owner, key] : keys) {
        scope_.set(scope);
        owner_.set(owner);
        key_.set(key);
        keys_asked_.add_row();
    }
    keys_asked_.close();
    for (bool row = find_known_.first(); row; row = find_known_.next()) {
        from_bytea(id_);
        known.emplace(Key(static_cast<int>(scope_.value), owner_.value, key_.value),
                      Known{digest_.value, id_.uuid()});
    }
    return known;
}

void PgWriteTables::insert_orders(const std::vector<const Acceptance*>& accepted) {
    if (accepted.empty()) return;
    orders_new_.clear();
    events_new_.clear();
    for (const Acceptance* acceptance : accepted) {
        order_.put_request(acceptance->order);
        order_.put_standing(acceptance->order);
        orders_new_.add_row();
        event_.put(acceptance->opened, acceptance->order.correlation_id);
        events_new_.add_row();
    }
    orders_new_.close();
    events_new_.close();
    insert_orders_.run();
}

std::size_t PgWriteTables::add_keys(const std::map<Key, Known>& keys) {
    if (keys.empty()) return 0;
    keys_new_.clear();
    for (const auto& [key, known] : keys) {  // in the order of the keys: two nodes cannot wait for each other
        scope_.set(std::get<0>(key));
        owner_.set(std::get<1>(key));
        key_.set(std::get<2>(key));
        digest_.set(known.digest);
        id_.set(known.order);
        keys_new_.add_row();
    }
    keys_new_.close();
    return static_cast<std::size_t>(add_keys_.run());
}

void PgWriteTables::fill_ids(const std::vector<OrderId>& orders) {
    ids_.clear();
    for (const OrderId& order : orders) {
        id_.set(order);
        ids_.add_row();
    }
    ids_.close();
}

void PgWriteTables::lock_jobs(const std::vector<OrderId>& orders) {
    if (orders.empty()) return;
    fill_ids(orders);
    lock_jobs_.run();
}

std::map<OrderId, PgWriteTables::Moved> PgWriteTables::move(const std::vector<const Step*>& steps, Time now) {
    for (PgColumns* columns : {&steps_, &step_events_, &opened_, &closes_}) columns->clear();
    for (const Step* step : steps) {
        id_.set(step->after.id);
        epoch_.set(step->epoch);
        expected_seq_.set(step->expected_seq);
        opens_.set(step->opens.has_value());
        job_kind_.set(static_cast<int>(step->job.kind));
        wait_us_.set(std::max(step->job.visible_at - now, std::chrono::microseconds(0)).count());
        order_.put_standing(step->after);
        steps_.add_row();
        for (const OrderEvent& event : step->events) {
            event_.put(event, step->after.correlation_id);
            step_events_.add_row();
        }
        if (step->closes) {
            closing_.put(*step->closes);
            closes_.add_row();
        }
        if (step->opens) {
            attempt_.put(*step->opens);
            opened_.add_row();
        }
    }
    for (PgColumns* columns : {&steps_, &step_events_, &opened_, &closes_}) columns->close();

    std::map<OrderId, Moved> answers;
    for (bool row = move_.first(); row; row = move_.next()) {
        from_bytea(id_);
        Moved& answer = answers[id_.uuid()];
        answer.moved = moved_.flag();
        answer.fenced = fenced_.flag();
        answer.closed = closed_.flag();
    }
    return answers;
}

std::map<PgWriteTables::Asked, OrderStatus> PgWriteTables::request_cancel(const std::vector<Asked>& orders) {
    cancels_.clear();
    for (const auto& [order, viewer] : orders) {
        id_.set(order);
        set_account(account_, viewer);
        cancels_.add_row();
    }
    cancels_.close();
    std::map<Asked, OrderStatus> statuses;
    for (bool row = cancel_.first(); row; row = cancel_.next()) {
        from_bytea(id_);
        const Viewer viewer = account_.is_null() ? Viewer() : Viewer(account_.value);
        statuses.emplace(Asked(id_.uuid(), viewer), order_.status.word(OrderStatus::expired));
    }
    return statuses;
}

std::vector<PgWriteTables::Held> PgWriteTables::read_held(Statement& statement) {
    std::vector<Held> held;
    for (bool row = statement.first(); row; row = statement.next()) {
        from_bytea(id_);
        Held& job = held.emplace_back();
        job.order = id_.uuid();
        job.epoch = epoch_.u64();
        job.due = due_.value;
    }
    std::sort(held.begin(), held.end(), [](const Held& one, const Held& other) {
        return std::pair(one.due, one.order) < std::pair(other.due, other.order);
    });
    return held;
}

std::vector<PgWriteTables::Held> PgWriteTables::claim(std::size_t limit) {
    limit_.set(limit);
    return read_held(claim_);
}

std::vector<PgWriteTables::Held> PgWriteTables::claim_orders(const std::vector<OrderId>& orders) {
    fill_ids(orders);
    return read_held(claim_orders_);
}

std::optional<std::chrono::microseconds> PgWriteTables::next_due_in() {
    next_due_.one();
    if (due_.is_null()) return std::nullopt;
    return std::chrono::microseconds(due_.value);
}

std::vector<Order> PgWriteTables::load_orders(const std::vector<OrderId>& orders) {
    fill_ids(orders);
    std::vector<Order> loaded;
    for (bool row = load_orders_.first(); row; row = load_orders_.next()) {
        decode(order_);
        loaded.push_back(order_.get());
    }
    return loaded;
}

std::vector<Attempt> PgWriteTables::load_attempts(const std::vector<OrderId>& orders) {
    fill_ids(orders);
    std::vector<Attempt> loaded;
    for (bool row = load_attempts_.first(); row; row = load_attempts_.next()) {
        from_bytea(attempt_.order_id);
        from_bytea(attempt_.signed_bytes);
        loaded.push_back(attempt_.get());
    }
    return loaded;
}

void PgWriteTables::renew_leases() { renew_.run(); }

void PgWriteTables::give_back_everything() { give_back_.run(); }

}  // namespace libexec
