#pragma once

#include <optional>
#include <vector>

#include "libexec/engine/order_store.hpp"

namespace libexec {

/// The questions of the port, put on one connection that only reads. Belongs to one thread. Every method may
/// throw what SOCI throws, and std::runtime_error when a row was not written by this program.
class ReadTables {
public:
    virtual ~ReadTables() = default;

    virtual std::optional<OrderRecord> load(const OrderId& order, const Viewer& viewer) = 0;
    virtual std::vector<OrderRecord> list(const OrderFilter& filter) = 0;
    virtual std::vector<CommittedEvent> events_after(const OrderId& order, std::uint32_t seq,
                                                     std::size_t limit, const Viewer& viewer) = 0;
    virtual QueueCounts counts(Time now) = 0;
    virtual std::vector<StoreNode> nodes() { return {}; }
};

/// The least id an order accepted at `since` can have. Ids begin with the milliseconds at which they were
/// made, which was before the acceptance; a minute makes up for a clock that was corrected in between.
OrderId id_floor(Time since);

/// What is asked for at most, whatever the caller says.
constexpr std::size_t read_limit_most = 1'000'000'000;

}  // namespace libexec
