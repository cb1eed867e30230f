#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/embed/open.hpp"
#include "libexec/json/problem.hpp"
#include "libexec/net/http_message.hpp"
#include "rate_limiter.hpp"
#include "token_list.hpp"

namespace libexec::server {

/// Why a body is not looked at: it says that it is no JSON, or that it is compressed. A body without a
/// Content-Type is taken for JSON.
std::optional<Problem> check_json_body(const HttpRequest& request);

/// What became of a body that was submitted: the order, or why there is none.
struct Submission {
    std::optional<Problem> refusal;
    OrderId order;
    bool replayed = false;
    std::string client_order_id;
};

/// The way from a body to an order, the same for POST and for the socket.
class Submissions {
public:
    Submissions(Service& service, RateLimiter& limiter, const std::atomic<bool>& draining,
                const TokenList& tokens, const std::atomic<std::uint64_t>& queue_limit)
        : service_(service),
          limiter_(limiter),
          draining_(draining),
          tokens_(tokens),
          queue_limit_(queue_limit) {}

    /// Takes a token of the client. A refusal: `draining` (which takes none), `rate_limited`.
    Task<std::optional<Problem>> admit(Client client);
    /// `body` outlives the call.
    Task<Submission> place(std::string_view body, SubmitOptions options);
    Task<Submission> place_order(OrderRequest request, SubmitOptions options);

    /// RateLimit and RateLimit-Policy as they stand for the client after `refusal`, or after an acceptance.
    /// Nothing without limits.
    void describe_limits(HttpResponse& head, const Client& client, const Problem* refusal);

private:
    Service& service_;
    RateLimiter& limiter_;
    const std::atomic<bool>& draining_;
    const TokenList& tokens_;
    const std::atomic<std::uint64_t>& queue_limit_;
};

}  // namespace libexec::server
