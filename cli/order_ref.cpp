#include "order_ref.hpp"

#include <algorithm>

#include "api.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

constexpr std::size_t id_length = 36;
constexpr std::size_t prefix_least = 6;
constexpr std::size_t short_least = 8;

Complaint no_such_order(const std::string& what, const Options& options) {
    Complaint complaint;
    complaint.exit = ExitCode::not_found;
    complaint.code = "not_found";
    complaint.what = what;
    complaint.funds = "nothing was changed, no funds moved";
    complaint.repeat = "safe";
    complaint.next = "execctl list --server " + options.server + " shows the orders there are";
    return complaint;
}

}  // namespace

std::string resolve_order(const Context& context, const std::string& given) {
    // A row of CSV ends in a carriage return, which the shell leaves on its last word.
    const std::string word(trim(given));
    if (word == "@last") {
        const std::vector<JsonValue> newest =
            fetch_document(context, "/api/orders?limit=1", "items")["items"].items();
        if (newest.empty()) throw Trouble(no_such_order("the server has no orders yet", context.options));
        return newest.front()["id"].text();
    }
    std::string id = lower_case(word);
    const auto digits = std::count_if(id.begin(), id.end(), [](char c) { return c != '-'; });
    if (id.find_first_not_of("0123456789abcdef-") != std::string::npos ||
        static_cast<std::size_t>(digits) < prefix_least || id.size() > id_length) {
        throw Trouble(usage_complaint("'" + word + "' is not an order id",
                                      "give an order's id, its first six or more characters, or @last"));
    }
    if (id.size() == id_length) return id;
    const JsonValue page = fetch_document(context, "/api/orders?limit=5&id=" + id, "items");
    const std::vector<JsonValue> found = page["items"].items();
    if (found.empty()) throw Trouble(no_such_order("no order's id begins with " + id, context.options));
    if (found.size() > 1) {
        std::string all;
        for (const JsonValue& order : found) all += (all.empty() ? "" : ", ") + order["id"].text();
        if (!page["nextCursor"].is_null()) all += ", ...";
        throw Trouble(usage_complaint("several orders begin with " + id + ": " + all,
                                      "give more characters of the one you mean"));
    }
    return found.front()["id"].text();
}

std::vector<std::string> short_ids(const std::vector<std::string>& ids) {
    std::vector<std::string> sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    const auto common = [](const std::string& a, const std::string& b) {
        return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                        a.begin());
    };
    std::vector<std::string> cut;
    for (const std::string& id : ids) {
        const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), id);
        std::size_t shared = 0;
        if (first != sorted.begin()) shared = std::max(shared, common(*std::prev(first), id));
        if (last != sorted.end()) shared = std::max(shared, common(*last, id));
        std::size_t length = std::max(short_least, shared + 1);
        if (length < id.size() && id[length - 1] == '-') length += 1;  // a dash at the end tells nothing
        cut.push_back(id.substr(0, length));
    }
    return cut;
}

}  // namespace libexec::cli
