#include "libexec/engine/engine.hpp"

namespace libexec {
namespace {

/// Length-prefixed, so that no two lists of fields spell the same digest.
void put(std::string& digest, std::string_view field) {
    digest += std::to_string(field.size());
    digest += ':';
    digest += field;
}

}  // namespace

std::string request_digest(const OrderRequest& request) {
    std::string digest = "1;";
    put(digest, request.token_in.mint.to_string());
    put(digest, request.token_out.mint.to_string());
    digest += request.mode == SwapMode::exact_in ? "in" : "out";
    put(digest, request.amount.to_string());
    put(digest, std::to_string(request.slippage.points()));
    digest += request.native_in ? 'n' : 'w';
    digest += request.native_out ? 'n' : 'w';
    put(digest, request.client_id);
    put(digest, request.client_order_id);
    put(digest, request.deadline ? std::to_string(request.deadline->count()) : std::string());
    // Only when there is one: the digests of orders accepted before retries existed stay what they are.
    if (request.retry_of) put(digest, "retry of " + request.retry_of->to_string());
    return digest;
}

}  // namespace libexec
