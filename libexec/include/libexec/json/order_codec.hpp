#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libexec/model/attempt.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/model/order.hpp"
#include "libexec/model/order_event.hpp"
#include "libexec/model/routing_decision.hpp"

namespace libexec {

using Decisions = std::vector<std::shared_ptr<const RoutingDecision>>;

/// The decisions recorded in an order's events, oldest first.
Decisions decisions_in(const std::vector<CommittedEvent>& events);

/// The event by which the order is put aside at `now`; null when it is not, or no longer.
CommittedEvent parking_in(const std::vector<CommittedEvent>& events, Time now);

/// `{"success":true,"order":{...}}` with flat snake_case fields beside `order`. Its `routing` is the latest
/// of `decisions`, or null; its `parked` tells of `parking`, or is null.
std::string encode_order(const Order& order, const std::vector<Attempt>& attempts, const Decisions& decisions,
                         const CommittedEvent& parking = nullptr, const Explorer& explorer = {});

/// One element of a list of orders; the order must outlive the call.
struct OrderItem {
    const Order* order = nullptr;
    const std::vector<Attempt>* attempts = nullptr;
};
/// `{"items":[...],"nextCursor":...}`; items leave `routing` out.
std::string encode_orders(const std::vector<OrderItem>& items, const std::optional<OrderId>& next_cursor,
                          const Explorer& explorer = {});

/// `{"attempts":[...]}`
std::string encode_attempts(const Order& order, const std::vector<Attempt>& attempts,
                            const Explorer& explorer = {});

/// `{"rule":...,"decisions":[...]}`
std::string encode_routing(const OrderId& order, const Decisions& decisions);

/// The answer to an accepted order.
std::string encode_submit_answer(const OrderId& order, OrderStatus status, const std::string& client_order_id,
                                 const std::optional<OrderId>& retry_of = std::nullopt);

/// The answer to a cancellation that has to wait for an open attempt.
std::string encode_cancel_requested(const OrderId& order);

}  // namespace libexec
