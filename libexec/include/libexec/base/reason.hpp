#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace libexec {

/// Why something was declined or failed. The spelling of each word is part of the wire contract.
enum class Reason : std::uint8_t {
    // Why an order ended, or an attempt did.
    slippage_exceeded,
    no_route,
    insufficient_liquidity,
    insufficient_funds,
    venue_timeout,
    venue_error,
    breaker_open,
    venue_busy,
    chain_rejected,
    account_in_use,
    stale_blockhash,
    policy_refused,
    pool_closed,
    amount_too_small,
    unsupported_token,
    bad_account,
    expired,
    timeout,
    cancelled,
    interrupted,
    internal,
    // Why a request was declined.
    bad_amount,
    invalid_body,
    invalid_parameter,
    unknown_token,
    not_found,
    idempotency_conflict,
    in_flight,
    too_late_to_cancel,
    queue_full,
    rate_limited,
    draining,
    service_unavailable,
    outcome_unknown,
};

/// The word on the wire, such as "slippage_exceeded".
std::string_view to_string(Reason reason);

/// The reason spelled `word`, or nothing.
std::optional<Reason> parse_reason(std::string_view word);

/// Whether another attempt may succeed without anybody changing the order. Never says that a second
/// transaction is safe: that is decided by the fate of the first one alone.
bool is_retryable(Reason reason);

}  // namespace libexec
