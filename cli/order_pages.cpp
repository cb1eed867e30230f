#include "order_pages.hpp"

#include "api.hpp"
#include "libexec/json/time_text.hpp"

namespace libexec::cli {

std::vector<OptionSpec> order_filter_specs() {
    return {{"--status", "pending|routing|building|submitted|confirmed|failed|cancelled|expired",
             "Orders in this state"},
            {"--pair", "IN/OUT", "Orders of these two tokens, such as SOL/USDC"},
            {"--venue", "VENUE", "Orders routed to this venue", "", false, Completes::venue},
            {"--client-id", "TEXT", "Orders of this client"},
            {"--since", "WHEN", "Orders placed since: 30m, 24h, 7d, or 2026-01-02T03:04:05Z"}};
}

void add_parameter(std::string& query, std::string_view name, std::string_view value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "-._~:";
    query += (query.empty() ? "" : "&") + std::string(name) + "=";
    for (const char c : value) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        const auto byte = static_cast<unsigned char>(c);
        if (letter || plain.find(c) != std::string_view::npos) {
            query += c;
        } else {
            query += {'%', digits[byte >> 4], digits[byte & 0xF]};
        }
    }
}

std::string order_filter_query(const Arguments& arguments, Time now) {
    std::string query;
    for (const std::string_view name : {"status", "pair", "venue"}) {
        if (arguments.has(name)) add_parameter(query, name, arguments.text(name));
    }
    if (arguments.has("client-id")) add_parameter(query, "clientId", arguments.text("client-id"));
    if (const auto since = arguments.moment("since", now)) add_parameter(query, "since", to_rfc3339(*since));
    return query;
}

JsonValue fetch_page(const Context& context, const std::string& filter, std::uint64_t limit,
                     const std::string& cursor) {
    std::string query = filter;
    add_parameter(query, "limit", std::to_string(limit));
    if (!cursor.empty()) add_parameter(query, "cursor", cursor);
    return fetch_document(context, "/api/orders?" + query, "items");
}

void each_page(const Context& context, const std::string& filter,
               const std::function<bool(const std::vector<JsonValue>&)>& take) {
    std::string cursor;
    do {
        const JsonValue page = fetch_page(context, filter, page_size_most, cursor);
        if (!take(page["items"].items())) return;
        cursor = page["nextCursor"].text();
    } while (!cursor.empty());
}

}  // namespace libexec::cli
