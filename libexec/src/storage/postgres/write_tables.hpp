#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "../order_rows.hpp"
#include "../write_backend.hpp"
#include "columns.hpp"
#include "connection.hpp"
#include "node_table.hpp"

namespace libexec {

/// The statements of the connection that writes: each takes a whole batch. Belongs to the writer's thread,
/// and is thrown away, statements first, when the connection is lost. Every method may throw what SOCI
/// throws; what went wrong is told by `current_trouble`.
class PgWriteTables {
public:
    /// A key that makes a repetition recognisable: scope, owner, key.
    using Key = std::tuple<int, std::string, std::string>;
    struct Known {
        std::string digest;
        OrderId order;
    };
    /// What became of one step.
    struct Moved {
        bool moved = false;
        bool fenced = false;  ///< epoch and sequence were right before it
        bool closed = false;
    };
    struct Held {
        OrderId order;
        std::uint64_t epoch = 0;
        std::int64_t due = 0;  ///< since when it could be taken
    };

    /// Connects, and brings the schema up to date.
    PgWriteTables(const PgPlace& place, const PgNode& who);

    void begin() { begin_.run(); }
    void commit() { commit_.run(); }
    void rollback() { rollback_.run(); }
    void savepoint() { savepoint_.run(); }
    void release() { release_.run(); }
    void rollback_to_savepoint() { to_savepoint_.run(); }

    /// For every statement until the next call: the time that counts; nothing: the database's own.
    void set_now(std::optional<Time> now);

    PgNodeTable& nodes() { return *nodes_; }

    std::map<Key, Known> find_known(const std::vector<Key>& keys);
    /// Writes orders, first events and jobs; keys are written by `add_keys`.
    void insert_orders(const std::vector<const Acceptance*>& accepted);
    /// How many of them were new.
    std::size_t add_keys(const std::map<Key, Known>& keys);

    /// Takes the row locks of these jobs, in one order everywhere.
    void lock_jobs(const std::vector<OrderId>& orders);
    /// Steps of different orders, whose jobs are locked.
    std::map<OrderId, Moved> move(const std::vector<const Step*>& steps, Time now);
    /// An order, and who asks about it.
    using Asked = std::pair<OrderId, Viewer>;
    /// Their status before, of those that are seen; those that have ended are left alone. Their jobs are
    /// locked.
    std::map<Asked, OrderStatus> request_cancel(const std::vector<Asked>& orders);

    /// Oldest first; `due_in` until the next that nobody holds.
    std::vector<Held> claim(std::size_t limit);
    std::vector<Held> claim_orders(const std::vector<OrderId>& orders);
    std::optional<std::chrono::microseconds> next_due_in();
    std::vector<Order> load_orders(const std::vector<OrderId>& orders);
    /// By order, then number.
    std::vector<Attempt> load_attempts(const std::vector<OrderId>& orders);

    void renew_leases();
    void give_back_everything();

private:
    void fill_ids(const std::vector<OrderId>& orders);
    std::vector<Held> read_held(Statement& statement);
    void prepare_accepting();
    void prepare_moving();
    void prepare_claiming();

    PgConnection connection_;

    // What statements bind lives before them and goes after them.
    NumberSlot now_;  ///< null: the database's own clock
    TextSlot me_, id_;
    NumberSlot lease_, limit_, epoch_, due_, moved_, fenced_, closed_;
    OrderRow order_;
    AttemptRow attempt_, closing_;
    EventRow event_;
    TextSlot owner_, key_, digest_, account_;
    NumberSlot scope_, expected_seq_, opens_, job_kind_, wait_us_;
    PgColumns ids_, cancels_, keys_asked_, keys_new_, orders_new_, events_new_;
    PgColumns steps_, step_events_, opened_, closes_;

    Statement begin_, commit_, rollback_, savepoint_, release_, to_savepoint_;
    Statement find_known_, add_keys_, insert_orders_, lock_jobs_, move_, cancel_;
    Statement claim_, claim_orders_, next_due_, load_orders_, load_attempts_, renew_, give_back_;
    std::optional<PgNodeTable> nodes_;  ///< once the schema is there
};

}  // namespace libexec
