#pragma once

#include "libexec/model/order.hpp"
#include "libexec/telemetry/log.hpp"
#include "stage_times.hpp"

namespace libexec {

/// A log line about an order: the ids by which it is found again come first, `fields` after them.
template <class... Fields>
void log_order(Log& log, LogLevel level, std::string_view event, std::string_view message, const Order& order,
               Fields... fields) {
    if (!log.enabled(level)) return;
    log.write(level, event, message,
              {LogField{"orderId", order.id.to_string()}, LogField{"correlation_id", order.correlation_id},
               LogField{"trace_id", order.trace_id}, std::move(fields)...});
}

/// The one line that sums an ended order up.
void log_end(Log& log, const Order& order, const StageTimes& stages);

}  // namespace libexec
