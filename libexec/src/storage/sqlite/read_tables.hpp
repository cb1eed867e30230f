#pragma once

#include <string>

#include "../order_rows.hpp"
#include "../read_tables.hpp"

namespace libexec {

/// A read-only connection to the file, and its statements.
class SqliteReadTables final : public ReadTables {
public:
    explicit SqliteReadTables(const std::string& path);

    std::optional<OrderRecord> load(const OrderId& order, const Viewer& viewer) override;
    std::vector<OrderRecord> list(const OrderFilter& filter) override;
    std::vector<CommittedEvent> events_after(const OrderId& order, std::uint32_t seq, std::size_t limit,
                                             const Viewer& viewer) override;
    QueueCounts counts(Time now) override;

private:
    std::vector<Attempt> attempts_of(const OrderId& order);

    soci::session session_;
    OrderRow order_;
    AttemptRow attempt_;
    EventRow event_;
    TextSlot id_, account_;
    NumberSlot seq_, limit_, now_;
    NumberSlot waiting_, oldest_, delayed_, live_, confirmed_, failed_;
    Statement begin_, end_, find_order_, attempts_of_, events_after_, waiting_jobs_, delayed_jobs_, totals_;
};

}  // namespace libexec
