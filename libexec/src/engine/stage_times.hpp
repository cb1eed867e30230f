#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "libexec/base/clock.hpp"
#include "libexec/model/order_status.hpp"

namespace libexec {

/// How long an order spent in each status, all attempts together, as far as this process saw it.
class StageTimes {
public:
    /// The order has this status from `at` on.
    void enter(OrderStatus status, Time at) {
        if (since_) spent_[place(status_)] += std::max(at - *since_, std::chrono::microseconds(0));
        status_ = status;
        since_ = at;
    }
    std::chrono::microseconds in(OrderStatus status) const { return spent_[place(status)]; }

private:
    static std::size_t place(OrderStatus status) { return static_cast<std::size_t>(status); }

    std::array<std::chrono::microseconds, order_statuses.size()> spent_{};
    OrderStatus status_ = OrderStatus::pending;
    std::optional<Time> since_;
};

}  // namespace libexec
