#include <ostream>

#include "commands.hpp"
#include "order_pages.hpp"
#include "order_ref.hpp"
#include "order_rows.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

constexpr std::uint64_t usual_limit = 20;
constexpr std::size_t all_pages_most = 10'000;  // they are all held, to align the columns

std::string list_json(const std::vector<JsonValue>& orders, const std::string& next_cursor) {
    std::string text = "{\"items\":[";
    for (const JsonValue& order : orders) text += (&order == orders.data() ? "" : ",") + order.json();
    return text + "],\"nextCursor\":" + (next_cursor.empty() ? "null" : to_json_string(next_cursor)) + "}";
}

ExitCode list_command(const Context& context, const Arguments& arguments) {
    const Options& options = context.options;
    const std::string filter = order_filter_query(arguments, context.clock.now());
    const auto limit = arguments.whole("limit", 1, page_size_most);
    const bool all = arguments.has("all-pages");
    std::vector<JsonValue> orders;
    std::string next = arguments.text("cursor");
    do {
        const JsonValue page =
            fetch_page(context, filter, limit.value_or(all ? page_size_most : usual_limit), next);
        const std::vector<JsonValue> items = page["items"].items();
        orders.insert(orders.end(), items.begin(), items.end());
        next = page["nextCursor"].text();
    } while (all && !next.empty() && orders.size() < all_pages_most);

    std::vector<std::string> ids;
    for (const JsonValue& order : orders) ids.push_back(order["id"].text());
    if (options.quiet) {
        for (const std::string& id : ids) context.console.out << printable(context.console.style, id) << '\n';
        return ExitCode::done;
    }
    const std::vector<std::string> shown = short_ids(ids);
    Sheet sheet(order_columns());
    const Time now = context.clock.now();
    for (std::size_t i = 0; i < orders.size(); ++i)
        sheet.add(order_row(orders[i], shown[i], now, context.console.style), orders[i]);
    JsonValue document;
    if (options.output == Output::json) document = JsonValue::parse(list_json(orders, next)).value();
    sheet.print(context, document, filter.empty() ? "no orders yet" : "no orders like that");
    if (!next.empty() && options.output != Output::json) {
        context.console.out.flush();
        context.console.err << "older ones: add --cursor " << printable(context.console.style, next)
                            << (all ? "; or write them all with execctl export" : " (or --all-pages)")
                            << std::endl;
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& list_spec() {
    static const CommandSpec spec = [] {
        CommandSpec list;
        list.name = "list";
        list.summary = "List orders, newest first";
        list.description =
            "A state followed by ? is in doubt (sent, and not yet seen to land or to be dead); by !, a "
            "cancellation was asked for.";
        list.options = order_filter_specs();
        list.options.push_back({"-n,--limit", "N", "How many, up to 500", "20"});
        list.options.push_back({"--cursor", "ID", "Go on after this order, as an earlier list said"});
        list.options.push_back({"--all-pages", "", "All of them, up to 10000"});
        list.examples = {{"execctl list --status failed --since 24h", "what failed since yesterday"},
                         {"execctl list --pair SOL/USDC -n 5 --columns id,status,amountOut", "three columns"},
                         {"execctl list -q --status submitted", "ids alone, for a script"}};
        list.run = list_command;
        return list;
    }();
    return spec;
}

}  // namespace libexec::cli
