#include "post_mortem.hpp"

namespace libexec {
namespace {

std::string hint_for(const Order& order, Reason cause) {
    switch (cause) {
        case Reason::slippage_exceeded:
            return "raise slippageBps above " + std::to_string(order.request.slippage.points()) +
                   ", split the size, or submit again when the market is calmer";
        case Reason::insufficient_liquidity:
            return "split the order into smaller ones";
        case Reason::no_route:
            return "no venue trades this pair: choose another route, for example through USDC or SOL";
        case Reason::insufficient_funds:
            return "fund the wallet, then submit again";
        case Reason::policy_refused:
            return "ask whoever runs the signer which rule refused it";
        case Reason::pool_closed:
            return "wait until the pool opens, or name another route";
        case Reason::amount_too_small:
            return "submit a larger order";
        case Reason::unsupported_token:
            return "trade another token: nobody can move this one freely";
        case Reason::venue_timeout:
        case Reason::venue_error:
        case Reason::breaker_open:
        case Reason::venue_busy:
            return "the venues had trouble: submit again in a moment";
        case Reason::chain_rejected:
        case Reason::account_in_use:
        case Reason::stale_blockhash:
        case Reason::expired:
            return "the network was busy: submit again";
        case Reason::timeout:
            return "submit again, with a longer deadlineMs if the queue is long";
        default:
            return "submit again; if it happens again, report it with the order's id";
    }
}

/// The word clients are promised for how an order ended; the finer one stays in the sentence and beside the
/// attempt.
Reason public_reason(Reason cause) {
    return cause == Reason::account_in_use || cause == Reason::stale_blockhash ? Reason::chain_rejected
                                                                               : cause;
}

}  // namespace

Failure post_mortem(const Order& order, const Rejection& cause) {
    Failure failure;
    failure.code = public_reason(cause.reason);
    failure.detail = cause.detail.empty() ? std::string(title_of(cause.reason)) : cause.detail;
    const bool once = order.attempt <= 1;
    failure.detail += once ? " (1 attempt)" : " (" + std::to_string(order.attempt) + " attempts)";
    failure.hint = hint_for(order, cause.reason);
    // The order ended with every attempt closed and none of them a success: at most network fees were spent.
    failure.funds_moved = false;
    failure.retryable = is_retryable(cause.reason) || cause.reason == Reason::timeout ||
                        cause.reason == Reason::chain_rejected;
    failure.tx_hash = order.tx_hash;
    return failure;
}

}  // namespace libexec
