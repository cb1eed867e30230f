#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/engine/order_store.hpp"
#include "../end_counts.hpp"
#include "../order_rows.hpp"

namespace libexec {

/// What the row of `totals` says: kept in memory by the writer, written with each transaction that writes.
struct Totals : EndCounts {
    std::uint64_t commits = 0;
    std::uint64_t last_number = 0;
    std::uint64_t live = 0;
};

/// The statements of the one connection that writes. Belongs to the writer's thread. Every method may throw
/// what SOCI throws; what went wrong is told by `current_trouble`.
class WriteTables {
public:
    explicit WriteTables(const std::string& path);

    soci::session& session() { return session_; }
    Totals read_totals();
    void write_totals(const Totals& totals);
    /// A transaction of its own that changes something harmless, made durable. Returns `commits` as it
    /// stands.
    std::uint64_t probe();

    void begin() { begin_.run(); }
    void commit() { commit_.run(); }
    void rollback();
    void savepoint() { savepoint_.run(); }
    void release() { release_.run(); }
    void rollback_to_savepoint();

    struct Known {
        std::string digest;
        OrderId order;
    };
    /// The codes in the table: see ClientKey for the last two.
    enum class Scope { account_key, client_order_id, client_order_id_of_account };
    std::optional<Known> find_known(Scope scope, const std::string& owner, const std::string& key);
    void add_known(Scope scope, const std::string& owner, const std::string& key, const std::string& digest,
                   const OrderId& order);

    void insert_order(const Order& order);
    void insert_event(const OrderEvent& event, const std::string& order_correlation_id);
    void insert_job(const OrderId& order, Time visible_at);

    /// Writes the standing of `after` if the fence, the sequence and, when `opens`, the cancel flag allow it.
    bool update_order(const Order& after, std::uint32_t expected_seq, std::uint64_t epoch, bool opens);
    /// Whether fence and sequence would have allowed it.
    bool fence_holds(const OrderId& order, std::uint32_t expected_seq, std::uint64_t epoch);
    void insert_attempt(const Attempt& attempt);
    bool close_attempt(const Attempt& attempt);
    /// An order somebody asked to cancel does not wait for `visible_at`.
    void release_job(const OrderId& order, Time visible_at, Time now);
    void delete_job(const OrderId& order);

    struct DueJob {
        OrderId order;
        std::uint64_t epoch = 0;
    };
    std::vector<DueJob> due_jobs(Time now, std::size_t limit);
    std::optional<DueJob> find_job(const OrderId& order);
    std::optional<Time> next_due();
    void take_job(const OrderId& order, std::uint64_t epoch, const std::string& owner);
    std::optional<Order> find_order(const OrderId& order);
    std::vector<Attempt> attempts_of(const OrderId& order);

    /// The status, or nothing when the viewer sees no such order.
    std::optional<OrderStatus> status_of(const OrderId& order, const Viewer& viewer);
    void set_cancel_requested(const OrderId& order, Time now);
    /// Every job an earlier process held is due.
    void drop_claims(Time now);

private:
    soci::session session_;

    OrderRow order_;
    AttemptRow attempt_;
    EventRow event_;
    TextSlot key_id_, owner_, key_, digest_, job_owner_, account_;
    NumberSlot scope_, visible_at_, now_, epoch_, expected_seq_, opens_, limit_, code_;
    NumberSlot commits_, last_number_, live_, confirmed_, failed_, cancelled_, expired_;

    Statement begin_, commit_, savepoint_, release_;
    Statement read_totals_, write_totals_, probe_;
    Statement find_known_, add_known_, insert_order_, insert_event_, insert_job_;
    Statement update_order_, fence_, insert_attempt_, close_attempt_, release_job_, delete_job_;
    Statement due_jobs_, find_job_, next_due_, take_job_, find_order_, attempts_of_;
    Statement status_of_, set_cancel_, hasten_job_, drop_claims_;
};

}  // namespace libexec
