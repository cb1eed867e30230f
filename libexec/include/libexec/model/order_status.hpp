#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace libexec {

enum class OrderStatus : std::uint8_t {
    pending,
    routing,
    building,
    submitted,
    confirmed,
    failed,
    cancelled,
    expired,
};

inline constexpr std::array order_statuses{
    OrderStatus::pending,   OrderStatus::routing, OrderStatus::building,  OrderStatus::submitted,
    OrderStatus::confirmed, OrderStatus::failed,  OrderStatus::cancelled, OrderStatus::expired};

std::string_view to_string(OrderStatus status);
std::optional<OrderStatus> parse_order_status(std::string_view word);

constexpr bool is_terminal(OrderStatus status) { return status >= OrderStatus::confirmed; }

/// What must hold before an order may make a move.
enum class MoveGuard : std::uint8_t {
    always,
    no_open_attempt,   ///< nothing signed is alive: never was, or it is closed with evidence
    intent_committed,  ///< the attempt's row is written in the same transaction
    landed_ok,         ///< the open attempt landed successfully at the configured commitment
};

/// One move an order may make.
struct Move {
    OrderStatus from;
    OrderStatus to;
    MoveGuard guard;
};

/// The life of an order. A submitted order moves on evidence from the chain alone. A timeout is not
/// evidence: the transaction may still land, and trying again then would trade twice.
inline constexpr std::array moves{
    Move{OrderStatus::pending, OrderStatus::routing, MoveGuard::no_open_attempt},
    Move{OrderStatus::pending, OrderStatus::failed, MoveGuard::no_open_attempt},  // poison
    Move{OrderStatus::pending, OrderStatus::cancelled, MoveGuard::no_open_attempt},
    Move{OrderStatus::pending, OrderStatus::expired, MoveGuard::no_open_attempt},
    Move{OrderStatus::routing, OrderStatus::building, MoveGuard::no_open_attempt},
    Move{OrderStatus::routing, OrderStatus::pending,
         MoveGuard::no_open_attempt},  // retry later, or found after a crash
    Move{OrderStatus::routing, OrderStatus::failed, MoveGuard::no_open_attempt},
    Move{OrderStatus::routing, OrderStatus::cancelled, MoveGuard::no_open_attempt},
    Move{OrderStatus::routing, OrderStatus::expired, MoveGuard::no_open_attempt},
    Move{OrderStatus::building, OrderStatus::submitted, MoveGuard::intent_committed},
    Move{OrderStatus::building, OrderStatus::pending, MoveGuard::no_open_attempt},
    Move{OrderStatus::building, OrderStatus::failed, MoveGuard::no_open_attempt},
    Move{OrderStatus::building, OrderStatus::cancelled, MoveGuard::no_open_attempt},
    Move{OrderStatus::building, OrderStatus::expired, MoveGuard::no_open_attempt},
    Move{OrderStatus::submitted, OrderStatus::confirmed, MoveGuard::landed_ok},
    Move{OrderStatus::submitted, OrderStatus::pending,
         MoveGuard::no_open_attempt},  // closed: landed_err at finality, or dead
    Move{OrderStatus::submitted, OrderStatus::failed, MoveGuard::no_open_attempt},
    Move{OrderStatus::submitted, OrderStatus::cancelled, MoveGuard::no_open_attempt},
    Move{OrderStatus::submitted, OrderStatus::expired, MoveGuard::no_open_attempt},
};

constexpr std::optional<MoveGuard> guard_of(OrderStatus from, OrderStatus to) {
    for (const Move& move : moves) {
        if (move.from == from && move.to == to) return move.guard;
    }
    return std::nullopt;
}

}  // namespace libexec
