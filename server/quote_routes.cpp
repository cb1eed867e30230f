#include "quote_routes.hpp"

#include <algorithm>
#include <array>

#include "libexec/json/service_codec.hpp"
#include "libexec/json/submit_codec.hpp"
#include "libexec/json/value.hpp"
#include "query.hpp"
#include "submissions.hpp"

namespace libexec::server {
namespace {

/// Fields that a body spells as numbers without quotes.
constexpr std::array<std::string_view, 3> whole_fields{"slippageBps", "maxSlippageBps", "deadlineMs"};

bool is_number_text(std::string_view text) {
    constexpr std::size_t digits_most = 20;
    return !text.empty() && text.size() <= digits_most &&
           text.find_first_not_of("0123456789") == std::string_view::npos &&
           (text.size() == 1 || text[0] != '0');
}

/// The body that says the same as a query.
std::string body_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string body = "{";
    for (const auto& [name, value] : parameters) {
        const bool number = std::find(whole_fields.begin(), whole_fields.end(), name) != whole_fields.end() &&
                            is_number_text(value);
        if (body.size() > 1) body += ',';
        body += to_json_string(name) + ':' + (number ? value : to_json_string(value));
    }
    return body + '}';
}

/// The same complaints about query parameters.
Problem as_parameters(Problem problem) {
    if (problem.type->code == "invalid_body") {
        Problem renamed = make_problem("invalid_parameter", std::move(problem.detail));
        renamed.errors = std::move(problem.errors);
        problem = std::move(renamed);
    }
    for (FieldError& error : problem.errors) {
        if (error.pointer.starts_with('/')) error.pointer.erase(0, 1);
    }
    return problem;
}

}  // namespace

Task<void> QuoteRoutes::answer(Call& call, std::string_view body, bool by_query) {
    const TokenList::Snapshot tokens = tokens_.get();
    DecodedOrder decoded = decode_order_request(body, *tokens);
    if (auto* const problem = std::get_if<Problem>(&decoded)) {
        call.refuse(by_query ? as_parameters(std::move(*problem)) : std::move(*problem));
        co_return;
    }
    const OrderRequest request = std::get<OrderRequest>(std::move(decoded));
    const Result<RoutingDecision> decision = co_await service_.quote(request);
    if (!decision) {
        call.refuse(decision.error());
        co_return;
    }
    call.answer(200, encode_quote_answer(request, decision.value()));
}

Task<void> QuoteRoutes::quote(Call& call) {
    if (auto problem = check_json_body(call.request())) {
        call.refuse(std::move(*problem));
        co_return;
    }
    co_await answer(call, call.request().body, false);
}

Task<void> QuoteRoutes::quote_by_query(Call& call) {
    // A query that cannot be decoded never comes here.
    const std::string body = body_of(parse_query(call.request().query).value());
    co_await answer(call, body, true);
}

}  // namespace libexec::server
