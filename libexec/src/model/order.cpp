#include "libexec/model/order.hpp"

#include "libexec/base/random.hpp"

namespace libexec {

std::string_view title_of(Reason code) {
    switch (code) {
        case Reason::slippage_exceeded:
            return "Slippage limit exceeded";
        case Reason::no_route:
            return "No venue offers a route";
        case Reason::insufficient_liquidity:
            return "Not enough liquidity";
        case Reason::insufficient_funds:
            return "Insufficient funds";
        case Reason::venue_timeout:
            return "The venues did not answer in time";
        case Reason::venue_error:
            return "The venue reported an error";
        case Reason::breaker_open:
            return "The venue is switched off after repeated errors";
        case Reason::venue_busy:
            return "The venue takes no questions for the moment";
        case Reason::chain_rejected:
            return "The chain rejected the transaction";
        case Reason::account_in_use:
            return "An account was in use";
        case Reason::stale_blockhash:
            return "The blockhash was no longer valid";
        case Reason::policy_refused:
            return "The signer's policy refused the transaction";
        case Reason::pool_closed:
            return "The pool is closed";
        case Reason::amount_too_small:
            return "The amount is too small";
        case Reason::unsupported_token:
            return "The token cannot be traded here";
        case Reason::bad_account:
            return "An account on the chain is not what it should be";
        case Reason::expired:
            return "The transaction expired before it landed";
        case Reason::timeout:
            return "The order's deadline passed";
        case Reason::cancelled:
            return "Cancelled on request";
        case Reason::interrupted:
            return "Interrupted by a restart";
        default:
            return "Internal error";
    }
}

std::uint64_t chance_key(const Order& order) {
    if (order.request.client_order_id.empty()) return derive_seed(0, order.number);
    return derive_seed(derive_seed(1, order.request.client_id), order.request.client_order_id);
}

}  // namespace libexec
