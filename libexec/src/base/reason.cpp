#include "libexec/base/reason.hpp"

#include <array>
#include <utility>

namespace libexec {
namespace {

struct Word {
    Reason reason;
    std::string_view text;
    bool retryable;
};

constexpr std::array words{
    Word{Reason::slippage_exceeded, "slippage_exceeded", true},
    Word{Reason::no_route, "no_route", false},
    Word{Reason::insufficient_liquidity, "insufficient_liquidity", false},
    Word{Reason::insufficient_funds, "insufficient_funds", false},
    Word{Reason::venue_timeout, "venue_timeout", true},
    Word{Reason::venue_error, "venue_error", true},
    Word{Reason::breaker_open, "breaker_open", true},
    Word{Reason::venue_busy, "venue_busy", true},
    Word{Reason::chain_rejected, "chain_rejected", false},
    Word{Reason::account_in_use, "account_in_use", true},
    Word{Reason::stale_blockhash, "stale_blockhash", true},
    Word{Reason::policy_refused, "policy_refused", false},
    // A pool opens when its clock says so and is opened again when its owner likes: no pause between two
    // attempts is worth waiting for either, and an order that waits for an opening knows when to come.
    Word{Reason::pool_closed, "pool_closed", false},
    Word{Reason::amount_too_small, "amount_too_small", false},
    Word{Reason::unsupported_token, "unsupported_token", false},
    Word{Reason::bad_account, "bad_account", false},
    Word{Reason::expired, "expired", true},
    Word{Reason::timeout, "timeout", false},
    Word{Reason::cancelled, "cancelled", false},
    Word{Reason::interrupted, "interrupted", true},
    Word{Reason::internal, "internal", false},
    Word{Reason::bad_amount, "bad_amount", false},
    Word{Reason::invalid_body, "invalid_body", false},
    Word{Reason::invalid_parameter, "invalid_parameter", false},
    Word{Reason::unknown_token, "unknown_token", false},
    Word{Reason::not_found, "not_found", false},
    Word{Reason::idempotency_conflict, "idempotency_conflict", false},
    Word{Reason::in_flight, "in_flight", true},
    Word{Reason::too_late_to_cancel, "too_late_to_cancel", false},
    Word{Reason::queue_full, "queue_full", true},
    Word{Reason::rate_limited, "rate_limited", true},
    Word{Reason::draining, "draining", true},
    Word{Reason::service_unavailable, "service_unavailable", true},
    Word{Reason::outcome_unknown, "outcome_unknown", true},
};

}  // namespace

std::string_view to_string(Reason reason) {
    for (const Word& word : words) {
        if (word.reason == reason) return word.text;
    }
    return "internal";
}

std::optional<Reason> parse_reason(std::string_view text) {
    for (const Word& word : words) {
        if (word.text == text) return word.reason;
    }
    return std::nullopt;
}

bool is_retryable(Reason reason) {
    for (const Word& word : words) {
        if (word.reason == reason) return word.retryable;
    }
    return false;
}

}  // namespace libexec
