#include "write_tables.hpp"

#include "connection.hpp"
#include "migrations.hpp"

namespace libexec {
namespace {

/// "?from, ?from+1, ..." with binary columns said to be so: SOCI binds every string as text.
std::string parameters(int from, int count, std::initializer_list<int> binary) {
    std::string text;
    for (int at = from; at < from + count; ++at) {
        if (at > from) text += ", ";
        const std::string name = "?" + std::to_string(at);
        bool is_binary = false;
        for (const int candidate : binary) is_binary = is_binary || candidate == at;
        text += is_binary ? "cast(" + name + " as blob)" : name;
    }
    return text;
}

void configure(soci::session& session) {
    std::string mode;
    session << "pragma journal_mode = wal", soci::into(mode);
    if (mode != "wal") throw std::runtime_error("the file system does not let SQLite keep a write-ahead log");
    session << "pragma synchronous = full";
    session << "pragma foreign_keys = on";
    session << "pragma secure_delete = on";  // signed bytes do not stay behind in free space
    session << "pragma cache_size = -65536";
    // Copies the log into the file every 16 MiB; this connection is the only one that ever does.
    session << "pragma wal_autocheckpoint = 4000";
    session << "pragma journal_size_limit = 67108864";
}

}  // namespace

WriteTables::WriteTables(const std::string& path)
    : session_(soci::sqlite3, connect_text(path, false)),
      begin_(session_),
      commit_(session_),
      savepoint_(session_),
      release_(session_),
      read_totals_(session_),
      write_totals_(session_),
      probe_(session_),
      find_known_(session_),
      add_known_(session_),
      insert_order_(session_),
      insert_event_(session_),
      insert_job_(session_),
      update_order_(session_),
      fence_(session_),
      insert_attempt_(session_),
      close_attempt_(session_),
      release_job_(session_),
      delete_job_(session_),
      due_jobs_(session_),
      find_job_(session_),
      next_due_(session_),
      take_job_(session_),
      find_order_(session_),
      attempts_of_(session_),
      status_of_(session_),
      set_cancel_(session_),
      hasten_job_(session_),
      drop_claims_(session_) {
    check_origin(session_);
    configure(session_);
    migrate(session_);

    begin_.prepare("begin immediate");
    commit_.prepare("commit");
    savepoint_.prepare("savepoint step");
    release_.prepare("release step");

    read_totals_.out(commits_, last_number_, live_, confirmed_, failed_, cancelled_, expired_)
        .prepare("select commits, last_number, live, confirmed, failed, cancelled, expired from totals");
    write_totals_.in(commits_, last_number_, live_, confirmed_, failed_, cancelled_, expired_)
        .prepare(
            "update totals set commits = ?1, last_number = ?2, live = ?3, confirmed = ?4, failed = ?5, "
            "cancelled = ?6, expired = ?7");
    probe_.out(commits_).prepare("update totals set probes = probes + 1 returning commits");

    find_known_.in(scope_, owner_, key_)
        .out(digest_, key_id_)
        .prepare("select digest, order_id from idempotency where scope = ?1 and owner = ?2 and key = ?3");
    add_known_.in(scope_, owner_, key_, digest_, key_id_)
        .prepare(
            "insert into idempotency (scope, owner, key, digest, order_id) values (?1, ?2, ?3, ?4, cast(?5 "
            "as blob))");

    order_.bind_request(insert_order_);
    order_.bind_standing(insert_order_);
    insert_order_.prepare(std::string("insert into orders (") + OrderRow::request_columns + ", " +
                          OrderRow::standing_columns + ") values (" +
                          parameters(1, OrderRow::request_count + OrderRow::standing_count, {1, 6, 9, 22}) +
                          ")");
    event_.bind(insert_event_);
    insert_event_.prepare(std::string("insert into order_events (") + EventRow::columns + ") values (" +
                          parameters(1, 11, {1}) + ")");
    insert_job_.in(key_id_, visible_at_)
        .prepare(
            "insert into jobs (order_id, visible_at, epoch, owner) values (cast(?1 as blob), ?2, 0, null)");

    order_.bind_standing(update_order_);
    update_order_.in(key_id_, expected_seq_, epoch_, opens_);
    update_order_.prepare(
        std::string("update orders set (") + OrderRow::standing_columns + ") = (" +
        parameters(1, OrderRow::standing_count, {}) +
        ") where id = cast(?17 as blob) and last_seq = ?18 and (?20 = 0 or cancel_requested = 0) "
        "and exists (select 1 from jobs where order_id = cast(?17 as blob) and epoch = ?19)");
    fence_.in(key_id_, expected_seq_, epoch_)
        .out(code_)
        .prepare(
            "select 1 from orders join jobs on jobs.order_id = orders.id where orders.id = cast(?1 as blob) "
            "and orders.last_seq = ?2 and jobs.epoch = ?3");
    attempt_.bind(insert_attempt_);
    insert_attempt_.prepare(std::string("insert into attempts (") + AttemptRow::columns + ") values (" +
                            parameters(1, AttemptRow::columns_count, {1, 19}) + ")");
    close_attempt_
        .in(attempt_.order_id, attempt_.number, attempt_.signature, attempt_.resolution, attempt_.closed_at,
            attempt_.slot, attempt_.amount_in, attempt_.amount_out, attempt_.fee_lamports,
            attempt_.error_code, attempt_.error_detail, attempt_.evidence, attempt_.rent_lamports,
            attempt_.rent_returned_lamports)
        .prepare(
            "update attempts set resolution = ?4, closed_at = ?5, slot = ?6, amount_in = ?7, amount_out = "
            "?8, "
            "fee_lamports = ?9, error_code = ?10, error_detail = ?11, evidence = ?12, signed_bytes = null, "
            "rent_lamports = ?13, rent_returned_lamports = ?14 "
            "where order_id = cast(?1 as blob) and number = ?2 and signature = ?3 and resolution is null");
    release_job_.in(key_id_, visible_at_, now_)
        .prepare(
            "update jobs set owner = null, visible_at = case when (select cancel_requested from orders where "
            "id = "
            "order_id) then min(?2, ?3) else ?2 end where order_id = cast(?1 as blob)");
    delete_job_.in(key_id_).prepare("delete from jobs where order_id = cast(?1 as blob)");

    due_jobs_.in(now_, limit_)
        .out(key_id_, epoch_)
        .prepare(
            "select order_id, epoch from jobs where owner is null and visible_at <= ?1 order by visible_at, "
            "order_id limit ?2");
    find_job_.in(key_id_).out(epoch_).prepare("select epoch from jobs where order_id = cast(?1 as blob)");
    next_due_.out(visible_at_).prepare("select min(visible_at) from jobs where owner is null");
    take_job_.in(key_id_, epoch_, job_owner_)
        .prepare("update jobs set epoch = ?2, owner = ?3 where order_id = cast(?1 as blob)");
    order_.define(find_order_.in(key_id_));
    find_order_.prepare(std::string("select ") + OrderRow::request_columns + ", " +
                        OrderRow::standing_columns + " from orders where id = cast(?1 as blob)");
    attempt_.define(attempts_of_.in(key_id_));
    attempts_of_.prepare(std::string("select ") + AttemptRow::columns +
                         " from attempts where order_id = cast(?1 as blob) order by number");

    status_of_.in(key_id_, account_)
        .out(order_.status)
        .prepare("select status from orders where id = cast(?1 as blob) and account = coalesce(?2, account)");
    set_cancel_.in(key_id_).prepare("update orders set cancel_requested = 1 where id = cast(?1 as blob)");
    hasten_job_.in(key_id_, now_)
        .prepare(
            "update jobs set visible_at = ?2 where order_id = cast(?1 as blob) and owner is null and "
            "visible_at > ?2");
    drop_claims_.in(now_).prepare(
        "update jobs set owner = null, visible_at = min(visible_at, ?1) where owner is not null");
}

Totals WriteTables::read_totals() {
    read_totals_.one();
    Totals totals;
    totals.commits = commits_.u64();
    totals.last_number = last_number_.u64();
    totals.live = live_.u64();
    totals.confirmed = confirmed_.u64();
    totals.failed = failed_.u64();
    totals.cancelled = cancelled_.u64();
    totals.expired = expired_.u64();
    return totals;
}

void WriteTables::write_totals(const Totals& totals) {
    commits_.set(totals.commits);
    last_number_.set(totals.last_number);
    live_.set(totals.live);
    confirmed_.set(totals.confirmed);
    failed_.set(totals.failed);
    cancelled_.set(totals.cancelled);
    expired_.set(totals.expired);
    write_totals_.run();
}

std::uint64_t WriteTables::probe() {
    begin();
    probe_.one();
    commit();
    return commits_.u64();
}

void WriteTables::rollback() {
    if (in_transaction(session_)) session_ << "rollback";
}

void WriteTables::rollback_to_savepoint() {
    session_ << "rollback to step";
    release();
}

std::optional<WriteTables::Known> WriteTables::find_known(Scope scope, const std::string& owner,
                                                          const std::string& key) {
    scope_.set(scope);
    owner_.set(owner);
    key_.set(key);
    if (!find_known_.one()) return std::nullopt;
    return Known{digest_.value, key_id_.uuid()};
}

void WriteTables::add_known(Scope scope, const std::string& owner, const std::string& key,
                            const std::string& digest, const OrderId& order) {
    scope_.set(scope);
    owner_.set(owner);
    key_.set(key);
    digest_.set(digest);
    key_id_.set(order);
    add_known_.run();
}

void WriteTables::insert_order(const Order& order) {
    order_.put_request(order);
    order_.put_standing(order);
    insert_order_.run();
}

void WriteTables::insert_event(const OrderEvent& event, const std::string& order_correlation_id) {
    event_.put(event, order_correlation_id);
    insert_event_.run();
}

void WriteTables::insert_job(const OrderId& order, Time visible_at) {
    key_id_.set(order);
    visible_at_.set(visible_at);
    insert_job_.run();
}

bool WriteTables::update_order(const Order& after, std::uint32_t expected_seq, std::uint64_t epoch,
                               bool opens) {
    order_.put_standing(after);
    key_id_.set(after.id);
    expected_seq_.set(expected_seq);
    epoch_.set(epoch);
    opens_.set(opens);
    return update_order_.run() == 1;
}

bool WriteTables::fence_holds(const OrderId& order, std::uint32_t expected_seq, std::uint64_t epoch) {
    key_id_.set(order);
    expected_seq_.set(expected_seq);
    epoch_.set(epoch);
    return fence_.one();
}

void WriteTables::insert_attempt(const Attempt& attempt) {
    attempt_.put(attempt);
    insert_attempt_.run();
}

bool WriteTables::close_attempt(const Attempt& attempt) {
    attempt_.put(attempt);
    return close_attempt_.run() == 1;
}

void WriteTables::release_job(const OrderId& order, Time visible_at, Time now) {
    key_id_.set(order);
    visible_at_.set(visible_at);
    now_.set(now);
    release_job_.run();
}

void WriteTables::delete_job(const OrderId& order) {
    key_id_.set(order);
    delete_job_.run();
}

std::vector<WriteTables::DueJob> WriteTables::due_jobs(Time now, std::size_t limit) {
    now_.set(now);
    limit_.set(limit);
    std::vector<DueJob> jobs;
    for (bool row = due_jobs_.first(); row; row = due_jobs_.next()) {
        DueJob& job = jobs.emplace_back();
        job.order = key_id_.uuid();
        job.epoch = epoch_.u64();
    }
    return jobs;
}

std::optional<WriteTables::DueJob> WriteTables::find_job(const OrderId& order) {
    key_id_.set(order);
    if (!find_job_.one()) return std::nullopt;
    DueJob job;
    job.order = order;
    job.epoch = epoch_.u64();
    return job;
}

std::optional<Time> WriteTables::next_due() {
    next_due_.one();
    return visible_at_.maybe_time();
}

void WriteTables::take_job(const OrderId& order, std::uint64_t epoch, const std::string& owner) {
    key_id_.set(order);
    epoch_.set(epoch);
    job_owner_.set(owner);
    take_job_.run();
}

std::optional<Order> WriteTables::find_order(const OrderId& order) {
    key_id_.set(order);
    if (!find_order_.one()) return std::nullopt;
    return order_.get();
}

std::vector<Attempt> WriteTables::attempts_of(const OrderId& order) {
    key_id_.set(order);
    std::vector<Attempt> attempts;
    for (bool row = attempts_of_.first(); row; row = attempts_of_.next()) attempts.push_back(attempt_.get());
    return attempts;
}

std::optional<OrderStatus> WriteTables::status_of(const OrderId& order, const Viewer& viewer) {
    key_id_.set(order);
    set_account(account_, viewer);
    if (!status_of_.one()) return std::nullopt;
    return order_.status.word(OrderStatus::expired);
}

void WriteTables::set_cancel_requested(const OrderId& order, Time now) {
    key_id_.set(order);
    now_.set(now);
    set_cancel_.run();
    hasten_job_.run();
}

void WriteTables::drop_claims(Time now) {
    now_.set(now);
    drop_claims_.run();
}

}  // namespace libexec
