#include "call.hpp"

#include <algorithm>
#include <charconv>

namespace libexec::server {
namespace {

/// How long to wait before asking again, where the problem itself does not say.
std::optional<std::chrono::seconds> usual_pause(std::string_view code) {
    using namespace std::chrono_literals;
    if (code == "queue_full" || code == "service_unavailable" || code == "in_flight" ||
        code == "outcome_unknown") {
        return 1s;
    }
    if (code == "draining" || code == "too_many_connections") return 5s;
    return std::nullopt;
}

}  // namespace

Client Call::client() const {
    Client client;
    client.by_key = caller_.has_value();
    // No address is spelled like this.
    client.name = caller_ ? "key " + caller_->key_id : std::string(request().peer_address);
    if (caller_) client.per_minute = caller_->rate_per_minute;
    return client;
}

void Call::complete(HttpResponse& response) const {
    response.with("X-Request-Id", request_id_);
    response.headers.insert(response.headers.end(), common_.begin(), common_.end());
}

void Call::answer(HttpResponse response) {
    complete(response);
    if (response.status != 204) response.with("Cache-Control", "no-store");
    http_.respond(std::move(response));
}

void Call::refuse(Problem problem, HttpResponse head) {
    complete_problem(problem, request().path, request_id_);
    if (problem.retry_after) head.with("Retry-After", std::to_string(problem.retry_after->count()));
    head.status = problem.type->status;
    head.content_type = "application/problem+json";
    head.body = encode_problem(problem);
    answer(std::move(head));
}

void Call::refuse(const Rejection& why) { refuse(make_problem(why)); }

void complete_problem(Problem& problem, std::string_view path, const std::string& request_id) {
    constexpr std::size_t instance_bytes_most = 256;
    problem.instance = path.substr(0, instance_bytes_most);
    problem.request_id = request_id;
    if (!problem.retry_after) problem.retry_after = usual_pause(problem.type->code);
}

bool is_token_text(std::string_view text, std::size_t size_most) {
    return !text.empty() && text.size() <= size_most &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string request_id_of(const HttpRequest& request, UuidGenerator& ids) {
    constexpr std::size_t size_most = 128;
    const auto given = request.header("x-request-id");
    return given && is_token_text(*given, size_most) ? std::string(*given) : ids.next().to_string();
}

std::optional<std::uint32_t> parse_sequence(std::string_view text) {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return number;
}

Problem bad_parameter(std::string name, std::string rule) {
    Problem problem = make_problem("invalid_parameter", name + ": " + rule);
    problem.errors.push_back({std::move(name), std::move(rule)});
    return problem;
}

}  // namespace libexec::server
