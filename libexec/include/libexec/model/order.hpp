#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "libexec/model/attempt.hpp"
#include "libexec/model/order_status.hpp"
#include "libexec/model/quote.hpp"

namespace libexec {

enum class OrderSide : std::uint8_t { none, buy, sell };

/// What the trader asked for, checked and complete. Never changes after acceptance.
struct OrderRequest {
    Token token_in;
    Token token_out;
    SwapMode mode = SwapMode::exact_in;
    Amount amount;  ///< base units of token_in (exact_in) or of token_out (exact_out); above zero
    Bps slippage;
    OrderSide side = OrderSide::none;  ///< as the trader said it; token_in and token_out already reflect it
    bool native_in = false;            ///< the trader gave SOL by name: wrap it
    bool native_out = false;           ///< the trader wants SOL by name: unwrap it
    std::string client_id;
    std::string client_order_id;
    std::optional<std::chrono::milliseconds> deadline;  ///< from acceptance, waiting included
    std::optional<OrderId> retry_of;  ///< the order that did not fill and whose request this repeats

    friend bool operator==(const OrderRequest&, const OrderRequest&) = default;
};

/// Why an order did not fill, for people and programs.
struct Failure {
    Reason code = Reason::internal;
    std::string detail;
    std::string hint;        ///< what to do next
    bool retryable = false;  ///< the same order may be submitted again
    bool funds_moved = false;
    std::string tx_hash;  ///< of the last attempt, if any

    friend bool operator==(const Failure&, const Failure&) = default;
};

/// A one-line title for a failure code, such as "Slippage limit exceeded".
std::string_view title_of(Reason code);

/// An order as it stands after event `last_seq`.
struct Order {
    OrderId id;
    OrderRequest request;
    std::uint64_t number =
        0;  ///< position among the orders of this store; with client ids, the simulated world's key
    std::string account;  ///< whose order it is; empty: placed without an account
    std::string correlation_id;
    std::string trace_id;  ///< 32 hexadecimal digits (W3C Trace Context); empty: none

    OrderStatus status = OrderStatus::pending;
    std::uint32_t last_seq = 0;
    bool cancel_requested = false;
    bool in_doubt = false;
    std::uint32_t attempt = 1;  ///< the one running or next to run
    std::uint32_t attempts_max = 3;
    std::optional<Time> next_retry_at;
    std::optional<Time> first_claimed_at;  ///< ORDER_DEADLINE_MS counts from here
    /// Fixed by the first decision and never loosened: least output (exact_in) or most input (exact_out).
    std::optional<Amount> limit;

    std::string venue;  ///< of the last decision that chose one
    std::optional<Amount> quoted_in;
    std::optional<Amount> quoted_out;
    std::optional<Amount> executed_in;
    std::optional<Amount> executed_out;
    std::string tx_hash;
    std::optional<Failure> failure;

    Time created_at{};
    Time updated_at{};

    friend bool operator==(const Order&, const Order&) = default;
};

/// The seed material of an order's draws in the simulated world: the client's own id where given,
/// so that a repeated run meets the same fate, else the order's number.
std::uint64_t chance_key(const Order& order);

}  // namespace libexec
