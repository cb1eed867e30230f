// The query of the list of orders, cursor and all: a filter that is accepted reads the same when it is
// written plainly.

#include "call.hpp"
#include "fuzz/fuzz_target.hpp"
#include "libexec/json/time_text.hpp"
#include "libexec/json/value.hpp"
#include "list_filter.hpp"

using namespace libexec;
using fuzz::require;

namespace {

const TokenRegistry& tokens() {
    static const TokenRegistry registry = TokenRegistry::with_defaults();
    return registry;
}

std::variant<OrderFilter, Problem> filter_of(std::string_view query) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/api/orders";
    request.query = query;
    return server::read_list_filter(request, tokens());
}

std::string encoded(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        result += {'%', hex[byte >> 4], hex[byte & 15]};
    }
    return result;
}

std::string written_plainly(const OrderFilter& filter) {
    std::string query = "limit=" + std::to_string(filter.limit);
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) query += "&" + std::string(name) + "=" + encoded(value);
    };
    if (filter.status) add("status", std::string(to_string(*filter.status)));
    if (!filter.token_in.empty()) add("pair", filter.token_in + "/" + filter.token_out);
    add("venue", filter.venue);
    add("clientId", filter.client_id);
    if (filter.since) add("since", to_rfc3339(*filter.since));
    if (filter.before) add("cursor", filter.before->to_string());
    return query;
}

bool same(const OrderFilter& a, const OrderFilter& b) {
    return a.status == b.status && a.token_in == b.token_in && a.token_out == b.token_out &&
           a.venue == b.venue && a.client_id == b.client_id && a.since == b.since && a.limit == b.limit &&
           a.before == b.before;
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view query = fuzz::text_of(data, size);
    const auto read = filter_of(query);
    if (const auto* const filter = std::get_if<OrderFilter>(&read)) {
        require(filter->limit >= 1 && filter->limit <= 500, "a page has 1 to 500 orders");
        require(filter->token_in.empty() == filter->token_out.empty(), "a pair is two tokens");
        const auto again = filter_of(written_plainly(*filter));
        const auto* const repeated = std::get_if<OrderFilter>(&again);
        require(repeated != nullptr && same(*repeated, *filter),
                "a filter reads the same when written plainly");
    } else {
        const auto& problem = std::get<Problem>(read);
        require(problem.type != nullptr && problem.type->status == 400,
                "a bad query is the client's mistake");
        require(!problem.errors.empty(), "it says what is wrong");
        require(static_cast<bool>(JsonValue::parse(encode_problem(problem))), "a problem is JSON");
    }

    if (const auto number = server::parse_sequence(query))
        require(server::parse_sequence(std::to_string(*number)) == number,
                "a sequence number reads the same");
    if (const auto id = Uuid::parse(query))
        require(Uuid::parse(id->to_string()) == id, "an id reads the same");
    if (const auto time = parse_rfc3339(query))
        require(parse_rfc3339(to_rfc3339(*time)) == time, "a time reads the same");
    return 0;
}
