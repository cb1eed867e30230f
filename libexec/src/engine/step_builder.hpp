#pragma once

#include "flight.hpp"
#include "libexec/engine/order_store.hpp"

namespace libexec {

/// Writes the next step of an order: events get their numbers, the status moves only along the table.
/// The flight's order is advanced in place, so that it is always the order as it stands after the last step
/// made.
class StepBuilder {
public:
    StepBuilder(Flight& flight, Time at);

    /// A move of the table; any other one is a bug.
    StepBuilder& move(OrderStatus to, EventData data);
    /// An event that keeps the status.
    StepBuilder& note(EventKind kind, EventData data);
    StepBuilder& open(Attempt attempt);
    StepBuilder& close(Attempt attempt);
    StepBuilder& release(Time visible_at);
    StepBuilder& done();

    Step finish();

private:
    void append(EventKind kind, EventData data);

    Flight& flight_;
    Order& order_;
    Time at_;
    Step step_;
};

}  // namespace libexec
