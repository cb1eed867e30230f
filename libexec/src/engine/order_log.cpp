#include "order_log.hpp"

namespace libexec {
namespace {

std::int64_t in_ms(std::chrono::microseconds duration) {
    return std::chrono::round<std::chrono::milliseconds>(std::max(duration, std::chrono::microseconds(0)))
        .count();
}

}  // namespace

void log_end(Log& log, const Order& order, const StageTimes& stages) {
    if (!log.enabled(LogLevel::info)) return;
    const std::string message = "order " + std::string(to_string(order.status)) + " after " +
                                std::to_string(order.attempt) +
                                (order.attempt == 1 ? " attempt" : " attempts");
    const Time claimed_at = order.first_claimed_at.value_or(order.updated_at);
    log_order(
        log, LogLevel::info, "order.done", message, order,
        LogField{"status", std::string(to_string(order.status))}, LogField{"dex", order.venue},
        LogField::number("attempts", order.attempt),
        LogField{"error_code", order.failure ? std::string(to_string(order.failure->code)) : std::string()},
        LogField::number("queue_wait_ms", in_ms(claimed_at - order.created_at)),
        LogField::number("routing_ms", in_ms(stages.in(OrderStatus::routing))),
        LogField::number("building_ms", in_ms(stages.in(OrderStatus::building))),
        LogField::number("submitted_ms", in_ms(stages.in(OrderStatus::submitted))),
        LogField::number("duration_ms", in_ms(order.updated_at - order.created_at)));
}

}  // namespace libexec
