#pragma once

#include "../order_rows.hpp"
#include "../read_tables.hpp"
#include "connection.hpp"

namespace libexec {

/// A connection that only reads, and its statements.
class PgReadTables final : public ReadTables {
public:
    explicit PgReadTables(const PgPlace& place, bool count_on_injected_clock);

    std::optional<OrderRecord> load(const OrderId& order) override;
    std::vector<OrderRecord> list(const OrderFilter& filter) override;
    std::vector<CommittedEvent> events_after(const OrderId& order, std::uint32_t seq,
                                             std::size_t limit) override;
    QueueCounts counts(Time now) override;

private:
    class Snapshot;
    class ListQuery;
    Order read_order();
    std::vector<Attempt> attempts_of(const OrderId& order);
    void set_id(const OrderId& order);

    const bool count_on_injected_clock_;
    PgConnection connection_;
    OrderRow order_;
    AttemptRow attempt_;
    EventRow event_;
    TextSlot id_;
    NumberSlot seq_, limit_, now_, database_now_;
    NumberSlot waiting_, oldest_, delayed_, active_, completed_, failed_;
    Statement begin_, end_, find_order_, attempts_of_, events_after_, jobs_, ended_;
};

}  // namespace libexec
