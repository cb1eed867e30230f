#include "libexec/model/order_status.hpp"

namespace libexec {

std::string_view to_string(OrderStatus status) {
    switch (status) {
        case OrderStatus::pending:
            return "pending";
        case OrderStatus::routing:
            return "routing";
        case OrderStatus::building:
            return "building";
        case OrderStatus::submitted:
            return "submitted";
        case OrderStatus::confirmed:
            return "confirmed";
        case OrderStatus::failed:
            return "failed";
        case OrderStatus::cancelled:
            return "cancelled";
        case OrderStatus::expired:
            return "expired";
    }
    return "failed";
}

std::optional<OrderStatus> parse_order_status(std::string_view word) {
    for (const OrderStatus status : order_statuses) {
        if (to_string(status) == word) return status;
    }
    return std::nullopt;
}

}  // namespace libexec
