#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "../order_rows.hpp"
#include "../read_tables.hpp"
#include "columns.hpp"
#include "connection.hpp"

namespace libexec {

/// A connection that only reads, and its statements.
class PgReadTables final : public ReadTables {
public:
    /// Who asks, for `nodes` and `counts`.
    struct Asker {
        std::string node = {};  ///< of this start
        std::chrono::microseconds lease{};
        bool count_on_injected_clock = false;
    };

    PgReadTables(const PgPlace& place, Asker asker);

    std::optional<OrderRecord> load(const OrderId& order, const Viewer& viewer) override;
    std::vector<OrderRecord> list(const OrderFilter& filter) override;
    std::vector<CommittedEvent> events_after(const OrderId& order, std::uint32_t seq, std::size_t limit,
                                             const Viewer& viewer) override;
    QueueCounts counts(Time now) override;
    std::vector<StoreNode> nodes() override;
    /// The last sequence number of each that exists.
    std::map<OrderId, std::uint32_t> last_seqs(const std::vector<OrderId>& orders);

private:
    class ListQuery;
    Order read_order();
    std::vector<Attempt> attempts_of(const OrderId& order);
    void set_id(const OrderId& order);

    const Asker asker_;
    PgConnection connection_;
    OrderRow order_;
    AttemptRow attempt_;
    EventRow event_;
    TextSlot id_, account_;
    PgColumns ids_;
    NumberSlot seq_, limit_, now_, database_now_;
    NumberSlot waiting_, oldest_, delayed_, active_, completed_, failed_;
    TextSlot node_id_, node_name_;
    NumberSlot started_, seen_, alive_, holding_, accepted_, confirmed_, lease_;
    Statement begin_, end_, find_order_, attempts_of_, events_after_, jobs_, ended_, last_seqs_, nodes_;
};

}  // namespace libexec
