#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "libexec/model/order.hpp"
#include "libexec/model/routing_decision.hpp"

namespace libexec {

/// `moved` changes the status; the others annotate it.
enum class EventKind : std::uint8_t { moved, quotes, in_doubt, cancel_requested, parked };

std::string_view to_string(EventKind kind);
std::optional<EventKind> parse_event_kind(std::string_view word);

/// pending (the first), routing: nothing to add.
struct NoData {
    friend bool operator==(const NoData&, const NoData&) = default;
};
/// kind quotes.
struct QuotesData {
    std::shared_ptr<const RoutingDecision> decision;  ///< never null
    friend bool operator==(const QuotesData& a, const QuotesData& b) { return *a.decision == *b.decision; }
};
/// building: where it goes and the limit the chain will hold it to.
struct BuildingData {
    std::string venue;
    SwapMode mode = SwapMode::exact_in;
    TokenAmount limit;  ///< least output (exact_in) or most input (exact_out)
    /// The quotes it was chosen from. Read back from a store it holds venues and amounts only: the rest is in
    /// the `quotes` event before it.
    std::shared_ptr<const RoutingDecision> decision;
    friend bool operator==(const BuildingData& a, const BuildingData& b) {
        return a.venue == b.venue && a.mode == b.mode && a.limit == b.limit;
    }
};
/// submitted.
struct SubmittedData {
    std::string tx_hash;
    std::uint64_t last_valid_height = 0;
    friend bool operator==(const SubmittedData&, const SubmittedData&) = default;
};
/// confirmed.
struct ConfirmedData {
    std::string tx_hash;
    std::string venue;
    TokenAmount amount_in;
    TokenAmount amount_out;
    std::uint64_t slot = 0;
    std::uint64_t fee_lamports = 0;
    std::optional<Rent> rent;
    friend bool operator==(const ConfirmedData&, const ConfirmedData&) = default;
};
/// failed and expired.
struct FailedData {
    Failure failure;
    friend bool operator==(const FailedData&, const FailedData&) = default;
};
/// pending again: what went wrong, before the next try.
struct RetryData {
    Reason reason = Reason::internal;
    std::string detail;
    friend bool operator==(const RetryData&, const RetryData&) = default;
};
/// cancelled, in_doubt, cancel_requested, parked: a sentence.
struct NoteData {
    std::string note;
    friend bool operator==(const NoteData&, const NoteData&) = default;
};

using EventData = std::variant<NoData, QuotesData, BuildingData, SubmittedData, ConfirmedData, FailedData,
                               RetryData, NoteData>;

/// One numbered step of an order's life. Immutable once committed.
struct OrderEvent {
    OrderId order;
    std::uint32_t seq = 0;  ///< from 1, without gaps
    EventKind kind = EventKind::moved;
    OrderStatus status = OrderStatus::pending;
    Time at{};
    std::uint32_t attempt = 1;
    std::uint32_t attempts_max = 3;
    std::optional<Time> next_retry_at;
    bool in_doubt = false;
    std::string correlation_id;
    std::string trace_id;  ///< the order's
    std::string account;   ///< the order's
    EventData data;

    /// Whether it is the last one of its order.
    bool ends_order() const { return kind == EventKind::moved && is_terminal(status); }
    friend bool operator==(const OrderEvent&, const OrderEvent&) = default;
};

/// Committed events are shared between the subscribers that watch them.
using CommittedEvent = std::shared_ptr<const OrderEvent>;

}  // namespace libexec
