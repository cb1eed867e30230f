#pragma once

#include <memory>
#include <optional>

#include "libexec/base/timers.hpp"
#include "libexec/engine/order_store.hpp"
#include "stage_times.hpp"

namespace libexec {

/// How a run of an order came out.
enum class RunOutcome : std::uint8_t {
    ended,     ///< a terminal event is durable
    released,  ///< the job is back in the queue
    lost,      ///< the store says somebody else moved it: read it again before doing anything
};

/// An order this node is working on. Lives on the engine's thread.
struct Flight {
    Flight(Claimed claimed, std::unique_ptr<Alarm> wake)
        : order(std::move(claimed.order)),
          epoch(claimed.epoch),
          open(std::move(claimed.open_attempt)),
          alarm(std::move(wake)) {}

    /// Takes the order again as the store has it, after this node lost track of it.
    void take(Claimed claimed) {
        order = std::move(claimed.order);
        epoch = claimed.epoch;
        open = std::move(claimed.open_attempt);
        cancel_noted = false;
    }

    Order order;  ///< as it stands after the last step handed to the store
    std::uint64_t epoch;
    std::optional<CommittedIntent> open;  ///< the one transaction that may be alive
    std::unique_ptr<Alarm> alarm;         ///< the runner's: rung by cancel and drain
    StageTimes stages;
    bool cancel_noted = false;         ///< the cancel_requested event is written
    bool claimed_again = false;        ///< this node was handed the order anew: the store says it is here
    std::optional<RunOutcome> landed;  ///< nothing while it flies
};

}  // namespace libexec
