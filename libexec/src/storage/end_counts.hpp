#pragma once

#include <cstdint>

#include "libexec/model/order_status.hpp"

namespace libexec {

/// How many orders have ended, and how.
struct EndCounts {
    std::uint64_t confirmed = 0;
    std::uint64_t failed = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t expired = 0;

    void count_end(OrderStatus status) {
        switch (status) {
            case OrderStatus::confirmed:
                ++confirmed;
                break;
            case OrderStatus::failed:
                ++failed;
                break;
            case OrderStatus::cancelled:
                ++cancelled;
                break;
            default:
                ++expired;
                break;
        }
    }
    std::uint64_t ended() const { return confirmed + failed + cancelled + expired; }
};

}  // namespace libexec
