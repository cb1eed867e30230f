#include "list_filter.hpp"

#include <algorithm>
#include <array>

#include "call.hpp"
#include "libexec/json/nearest_word.hpp"
#include "libexec/json/time_text.hpp"

namespace libexec::server {
namespace {

constexpr std::array<std::string_view, 8> known{"id",       "status", "pair",  "venue",
                                                "clientId", "since",  "limit", "cursor"};
constexpr std::uint32_t limit_most = 500;

/// The least and the greatest id that begins with these characters. Dashes may be left out; where they are,
/// they stand where those of an id stand.
std::optional<std::pair<OrderId, OrderId>> parse_id_prefix(std::string_view text) {
    constexpr std::size_t digits_least = 6, digits_most = 32;
    std::string digits;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::size_t seen = digits.size();
        const bool between = seen == 8 || seen == 12 || seen == 16 || seen == 20;
        if (text[at] == '-' && between && text[at - 1] != '-') continue;
        digits += text[at];
    }
    if (digits.size() < digits_least || digits.size() > digits_most) return std::nullopt;
    const auto filled = [&](char filler) {
        std::string whole = digits + std::string(digits_most - digits.size(), filler);
        for (const std::size_t dash : std::array<std::size_t, 4>{20, 16, 12, 8}) whole.insert(dash, 1, '-');
        return Uuid::parse(whole);
    };
    const auto least = filled('0'), greatest = filled('f');
    if (!least || !greatest) return std::nullopt;
    return std::pair(*least, *greatest);
}

class FilterReader {
public:
    FilterReader(const HttpRequest& request, const TokenRegistry& tokens)
        : request_(request), tokens_(tokens) {}

    std::variant<OrderFilter, Problem> read() {
        check_names();
        with("id", [&](const std::string& text) {
            const auto range = parse_id_prefix(text);
            if (!range)
                return complain("id",
                                "must be the first 6 or more hexadecimal digits of an order's id, such as "
                                "0197a3c2; dashes may be left out");
            filter_.id_from = range->first;
            filter_.id_to = range->second;
        });
        with("status", [&](const std::string& text) {
            filter_.status = parse_order_status(text);
            if (!filter_.status) complain("status", "must be a status such as confirmed");
        });
        with("pair", [&](const std::string& text) { read_pair(text); });
        with("venue", [&](const std::string& text) { filter_.venue = text; });
        with("clientId", [&](const std::string& text) { filter_.client_id = text; });
        with("since", [&](const std::string& text) {
            filter_.since = parse_rfc3339(text);
            if (!filter_.since) complain("since", "must be a UTC time such as 2026-01-02T03:04:05Z");
        });
        with("limit", [&](const std::string& text) {
            const auto limit = parse_sequence(text);
            if (!limit || *limit < 1 || *limit > limit_most)
                return complain("limit", "must be a whole number from 1 to 500");
            filter_.limit = *limit;
        });
        with("cursor", [&](const std::string& text) {
            filter_.before = Uuid::parse(text);
            if (!filter_.before) complain("cursor", "must be a nextCursor of an earlier answer");
        });
        if (errors_.empty()) return filter_;
        Problem problem =
            make_problem("invalid_parameter", errors_.front().pointer + ": " + errors_.front().message);
        problem.errors = std::move(errors_);
        return problem;
    }

private:
    void complain(std::string name, std::string rule) {
        errors_.push_back({std::move(name), std::move(rule)});
    }

    template <class Take>
    void with(std::string_view name, Take take) {
        const auto text = request_.query_parameter(name);
        if (text && !text->empty()) take(*text);
    }

    void check_names() {
        std::string_view rest = request_.query;
        while (!rest.empty()) {
            const std::string_view parameter = rest.substr(0, rest.find('&'));
            rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
            const std::string name(parameter.substr(0, std::min(parameter.find('='), std::size_t{64})));
            if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) continue;
            const std::string_view near = nearest_word(name, known);
            complain(name, near.empty()
                               ? "is not a parameter of this list"
                               : "is not a parameter of this list: did you mean " + std::string(near) + "?");
        }
    }

    void read_pair(const std::string& text) {
        const std::size_t middle = text.find_first_of("/-");
        const auto in = tokens_.find(std::string_view(text).substr(0, middle));
        const auto out = tokens_.find(
            middle == std::string::npos ? std::string_view() : std::string_view(text).substr(middle + 1));
        if (!in || !out) return complain("pair", "must be two known tokens such as SOL/USDC");
        filter_.token_in = in->mint.to_string();
        filter_.token_out = out->mint.to_string();
    }

    const HttpRequest& request_;
    const TokenRegistry& tokens_;
    OrderFilter filter_;
    std::vector<FieldError> errors_;
};

}  // namespace

std::variant<OrderFilter, Problem> read_list_filter(const HttpRequest& request, const TokenRegistry& tokens) {
    return FilterReader(request, tokens).read();
}

}  // namespace libexec::server
