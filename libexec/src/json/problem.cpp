#include "libexec/json/problem.hpp"

#include <array>

#include "json_writer.hpp"

namespace libexec {
namespace {

constexpr std::array types{
    // What a request may be declined with.
    ProblemType{
        "invalid_body", 400, "The request body is not valid", false,
        "The body breaks a rule. `errors` lists every bad field with the rule and what to send instead."},
    ProblemType{"unknown_token", 400, "Unknown token", false,
                "A token is neither a symbol of the registry nor a mint in it. GET /api/tokens lists them; "
                "TOKENS_FILE "
                "adds more."},
    ProblemType{"invalid_parameter", 400, "A parameter is not valid", false,
                "A query parameter, header or path breaks a rule; `errors` names it."},
    ProblemType{"unauthorized", 401, "Authentication required", false, "Send a valid API key."},
    ProblemType{"forbidden", 403, "Not allowed", false,
                "A web page of another origin may not do this: CORS_ORIGINS lists those that may. The same "
                "answer is for an API key that may not."},
    ProblemType{
        "not_found", 404, "Not found", false,
        "There is nothing at this address: the path is misspelled, or the order is unknown or pruned."},
    ProblemType{"method_not_allowed", 405, "Method not allowed", false,
                "The Allow header lists the methods of this path."},
    ProblemType{"not_acceptable", 406, "Not acceptable", false,
                "None of the types in Accept can be produced here."},
    ProblemType{"idempotency_conflict", 409, "The idempotency key was used for another order", false,
                "The same Idempotency-Key, or clientOrderId of the same client, came with another order "
                "before. Use a new key for a new order."},
    ProblemType{"in_flight", 409, "The first request with this key is still being written", true,
                "Repeat after the pause in Retry-After; the answer will be that of the first request."},
    ProblemType{"too_late_to_cancel", 409, "Too late to cancel", false,
                "The order had already ended. Read it to see how."},
    ProblemType{
        "not_failed", 409, "Only an order that ended without a fill can be retried", false,
        "The order is still alive, or it is confirmed. A living one may yet fill: follow it, or cancel it. "
        "To trade once more after a confirmation, submit a new order."},
    ProblemType{"bad_request", 400, "The request is not valid HTTP", false,
                "The request line, a header or the framing of the body breaks the rules of HTTP/1.1."},
    ProblemType{"request_timeout", 408, "The request took too long to arrive", true,
                "Send the whole request at once."},
    ProblemType{"expectation_failed", 417, "Expectation failed", false,
                "Only Expect: 100-continue is understood."},
    ProblemType{"not_implemented", 501, "Not implemented", false,
                "The method is not one of HTTP's, is not in capitals, or asks for a tunnel."},
    ProblemType{"http_version_not_supported", 505, "HTTP version not supported", false, "Speak HTTP/1.1."},
    ProblemType{"body_too_large", 413, "The body is too large", false, "A body may have at most 64 KiB."},
    ProblemType{"target_too_long", 414, "The request target is too long", false,
                "Shorten the address: all headers together, the request line included, may have 16 KiB."},
    ProblemType{"unsupported_media_type", 415, "Unsupported media type", false,
                "Send Content-Type: application/json."},
    ProblemType{"upgrade_required", 426, "Upgrade required", false,
                "This path speaks WebSocket: connect with a WebSocket client."},
    ProblemType{"rate_limited", 429, "Too many submissions", true,
                "This address submits faster than RATE_LIMIT allows. Wait for Retry-After."},
    ProblemType{"queue_full", 429, "The queue is full", true,
                "QUEUE_LIMIT orders are waiting or running. Wait for Retry-After."},
    ProblemType{
        "too_many_connections", 429, "Too many connections", true,
        "This address already follows this order on WS_PER_ORDER sockets, one socket follows too many "
        "orders, or the server carries CONNECTION_LIMIT connections. Close one, or wait for Retry-After."},
    ProblemType{"headers_too_large", 431, "The headers are too large", false,
                "Send fewer or shorter headers."},
    ProblemType{
        "service_unavailable", 503, "Service unavailable", true,
        "Orders cannot be written at the moment: disk full, read-only or the database is away. Nothing was "
        "accepted."},
    ProblemType{
        "draining", 503, "Shutting down", true,
        "This node takes no new orders because it is stopping. Use another node or wait for the restart."},
    ProblemType{"outcome_unknown", 503, "The outcome is not known", true,
                "The answer to the commit was lost. Read the order in `orderId`, or repeat with the same "
                "Idempotency-Key: it will not be placed twice."},
    // What an order may end with.
    ProblemType{"slippage_exceeded", 409, "Slippage limit exceeded", true,
                "The price moved beyond the order's slippage before it landed; nothing was traded."},
    ProblemType{"no_route", 409, "No venue offers a route", false, "No venue trades this pair."},
    ProblemType{"insufficient_liquidity", 409, "Not enough liquidity", false, "Submit a smaller order."},
    ProblemType{"insufficient_funds", 409, "Insufficient funds", false,
                "The signing account cannot pay for the order."},
    ProblemType{"venue_timeout", 504, "The venues did not answer in time", true,
                "Submit the order again later."},
    ProblemType{"venue_error", 502, "The venue reported an error", true, "Submit the order again later."},
    ProblemType{"breaker_open", 503, "The venue is switched off after repeated errors", true,
                "It is tried again by itself after a pause."},
    ProblemType{
        "venue_busy", 503, "The venue takes no questions for the moment", true,
        "It is left out while too many calls to it are under way, its retries are used up, or its pools "
        "are still being looked for."},
    ProblemType{"chain_rejected", 409, "The chain rejected the transaction", false,
                "See `detail` for the chain's own words."},
    ProblemType{"account_in_use", 409, "An account was in use", true, "Submit the order again."},
    ProblemType{"stale_blockhash", 503, "The blockhash was no longer valid", true, "Submit the order again."},
    ProblemType{"policy_refused", 403, "The signer's policy refused the transaction", false,
                "The signer's own rules forbid this order."},
    ProblemType{"pool_closed", 409, "The pool is closed", false,
                "The pool is switched off, or does not trade yet: `detail` says which and until when."},
    ProblemType{"amount_too_small", 409, "The amount is too small", false,
                "After fees and rounding the program would take or pay nothing. Submit a larger order."},
    ProblemType{"unsupported_token", 409, "The token cannot be traded here", false,
                "Its accounts are frozen or paused, or every transfer of it runs a program of its own."},
    ProblemType{"bad_account", 502, "An account on the chain is not what it should be", false,
                "Its owner, length or contents are not those of such an account. Nothing was traded."},
    ProblemType{"expired", 409, "The transaction expired before it landed", true, "Submit the order again."},
    ProblemType{"timeout", 503, "The order's deadline cannot be met", false,
                "The deadline passed, or would pass before the order could start. Nothing was traded."},
    ProblemType{"cancelled", 409, "Cancelled on request", false, "Somebody cancelled the order."},
    ProblemType{"interrupted", 503, "Interrupted by a restart", true, "The order goes on by itself."},
    ProblemType{"internal", 500, "Internal error", false,
                "A fault of ours. The log has more under the request id."},
};

constexpr const ProblemType& internal_type = types.back();

}  // namespace

std::span<const ProblemType> problem_types() { return types; }

const ProblemType* find_problem_type(std::string_view code) {
    for (const ProblemType& type : types) {
        if (type.code == code) return &type;
    }
    return nullptr;
}

Problem make_problem(std::string_view code, std::string detail) {
    const ProblemType* const type = find_problem_type(code);
    Problem problem;
    problem.type = type != nullptr ? type : &internal_type;
    problem.detail = std::move(detail);
    return problem;
}

Problem make_problem(const Rejection& why) {
    // An amount is a field of a body: its own code says less than the body's.
    if (why.reason == Reason::bad_amount) return make_problem("invalid_body", why.detail);
    Problem problem = make_problem(to_string(why.reason), why.detail);
    if (!why.order.is_nil()) problem.order_id = why.order.to_string();
    return problem;
}

std::string encode_problem_type(const ProblemType& type) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    out.text("type", "/problems/" + std::string(type.code));
    out.text("code", type.code);
    out.text("title", type.title);
    out.number("status", static_cast<std::uint64_t>(type.status));
    out.flag("retryable", type.retryable);
    out.text("help", type.help);
    out.end_object();
    return text;
}

std::string encode_problem(const Problem& problem) {
    const ProblemType& type = problem.type != nullptr ? *problem.type : internal_type;
    std::string text;
    json::Writer out(text);
    out.begin_object();
    out.text("type", "/problems/" + std::string(type.code));
    out.text("title", type.title);
    out.number("status", static_cast<std::uint64_t>(type.status));
    out.text("detail", problem.detail.empty() ? type.help : std::string_view(problem.detail));
    if (!problem.instance.empty()) out.text("instance", problem.instance);
    out.text("code", type.code);
    out.flag("retryable", type.retryable);
    out.flag("success", false);
    out.text("error", type.title);
    out.list("errors");
    for (const FieldError& error : problem.errors) {
        out.begin_object();
        out.text("pointer", error.pointer);
        out.text("message", error.message);
        out.end_object();
    }
    out.end_list();
    if (problem.retry_after)
        out.number("retryAfter", static_cast<std::uint64_t>(problem.retry_after->count()));
    if (!problem.order_id.empty()) out.text("orderId", problem.order_id);
    if (!problem.client_order_id.empty()) out.text("clientOrderId", problem.client_order_id);
    if (!problem.request_id.empty()) out.text("requestId", problem.request_id);
    out.end_object();
    return text;
}

}  // namespace libexec
