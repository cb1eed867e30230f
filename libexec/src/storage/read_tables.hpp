#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/engine/order_store.hpp"
#include "order_rows.hpp"

namespace libexec {

/// The queries of one read-only connection. Belongs to one reader's thread; each method sees one state of the
/// database, the newest when it was called. Every method may throw what SOCI throws.
class ReadTables {
public:
    explicit ReadTables(const std::string& path);

    std::optional<OrderRecord> load(const OrderId& order);
    std::vector<OrderRecord> list(const OrderFilter& filter);
    std::vector<CommittedEvent> events_after(const OrderId& order, std::uint32_t seq, std::size_t limit);
    QueueCounts counts(Time now);

private:
    class Snapshot;
    std::vector<Attempt> attempts_of(const OrderId& order);

    soci::session session_;
    OrderRow order_;
    AttemptRow attempt_;
    EventRow event_;
    TextSlot id_;
    NumberSlot seq_, limit_, now_;
    NumberSlot waiting_, oldest_, delayed_, live_, confirmed_, failed_;
    Statement begin_, end_, find_order_, attempts_of_, events_after_, waiting_jobs_, delayed_jobs_, totals_;
};

}  // namespace libexec
