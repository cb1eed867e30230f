#include "submissions.hpp"

#include "libexec/json/submit_codec.hpp"

namespace libexec::server {
namespace {

bool is_json(std::string_view type) {
    std::string_view essence = type.substr(0, type.find(';'));
    while (essence.ends_with(' ') || essence.ends_with('\t')) essence.remove_suffix(1);
    constexpr std::string_view suffix = "+json";
    return equal_ignoring_case(essence, "application/json") ||
           (essence.size() > suffix.size() &&
            equal_ignoring_case(essence.substr(essence.size() - suffix.size()), suffix));
}

}  // namespace

std::optional<Problem> check_json_body(const HttpRequest& request) {
    const auto type = request.header("content-type");
    if (type && !is_json(*type)) {
        return make_problem("unsupported_media_type",
                            "the body must be JSON: send Content-Type: application/json");
    }
    const auto coding = request.header("content-encoding");
    if (coding && !coding->empty() && !equal_ignoring_case(*coding, "identity")) {
        return make_problem("unsupported_media_type",
                            "the body must not be compressed: leave Content-Encoding out");
    }
    return std::nullopt;
}

Task<std::optional<Problem>> Submissions::admit(Client client) {
    if (draining_ || service_.draining()) {
        co_return make_problem("draining", "this node is stopping and takes no new orders");
    }
    Task<RateLimiter::Answer> taking = limiter_.take(client);
    const RateLimiter::Answer answer = co_await std::move(taking);
    if (answer.allowed) co_return std::nullopt;
    Problem problem =
        make_problem("rate_limited", "more than " + std::to_string(limiter_.per_minute(client)) +
                                         " submissions in a minute " + (client.by_key ? "with " : "from ") +
                                         client.who() + ": wait for retryAfter");
    problem.retry_after = answer.retry_after;
    co_return problem;
}

Task<Submission> Submissions::place(std::string_view body, SubmitOptions options) {
    Submission submission;
    const TokenList::Snapshot tokens = tokens_.get();
    DecodedOrder decoded = decode_order_request(body, *tokens);
    if (auto* const problem = std::get_if<Problem>(&decoded)) {
        submission.refusal = std::move(*problem);
        co_return submission;
    }
    submission = co_await place_order(std::get<OrderRequest>(std::move(decoded)), std::move(options));
    co_return submission;
}

Task<Submission> Submissions::place_order(OrderRequest request, SubmitOptions options) {
    Submission submission;
    submission.client_order_id = request.client_order_id;
    Result<Submitted> submitted = co_await service_.submit(std::move(request), std::move(options));
    if (submitted) {
        submission.order = submitted.value().order;
        submission.replayed = submitted.value().replayed;
    } else {
        submission.refusal = make_problem(submitted.error());
    }
    co_return submission;
}

void Submissions::describe_limits(HttpResponse& head, const Client& client, const Problem* refusal) {
    std::string policy, state;
    if (const std::uint32_t per_minute = limiter_.per_minute(client); per_minute != 0) {
        const RateLimiter::Answer answer = limiter_.look(client);
        policy = "\"submissions\";q=" + std::to_string(per_minute) + ";w=60";
        state = "\"submissions\";r=" + std::to_string(answer.remaining) +
                ";t=" + std::to_string(answer.retry_after.count());
    }
    if (refusal != nullptr && refusal->type->code == "queue_full") {
        if (!policy.empty()) policy += ", ", state += ", ";
        policy += "\"queue\";q=" + std::to_string(queue_limit_);
        state += "\"queue\";r=0";
    }
    if (!policy.empty()) head.with("RateLimit-Policy", policy).with("RateLimit", state);
}

}  // namespace libexec::server
