#include "api.hpp"
#include "commands.hpp"
#include "order_end.hpp"
#include "order_pages.hpp"
#include "order_ref.hpp"
#include "watch_events.hpp"
#include "watch_table.hpp"

namespace libexec::cli {
namespace {

ExitCode watch_command(const Context& context, const Arguments& arguments) {
    const Options& options = context.options;
    const Deadline deadline(context.wire, options.timeout);
    const std::vector<std::string> words = arguments.texts("ID");
    const bool filtered = arguments.has("status") || arguments.has("pair");
    if (!words.empty() && filtered)
        throw Trouble(usage_complaint("ids and a filter", "name orders, or filter them by --status, --pair"));
    std::vector<std::string> orders;
    for (const std::string& word : words) orders.push_back(resolve_order(context, word));
    if (orders.size() == 1 && !arguments.has("events"))
        return follow_to_end(context.wire, options, orders.front(), false, deadline, context.console);
    if (options.output == Output::json)
        throw Trouble(usage_complaint("several orders are more than one document",
                                      "use -o ndjson: a document for each event"));

    EventFilter filter;
    if (arguments.has("pair")) add_parameter(filter.query, "pair", arguments.text("pair"));
    const bool in_place = context.console.style.in_place && options.output == Output::table &&
                          !options.quiet && !arguments.has("events");
    if (!in_place) {
        filter.status = arguments.text("status");
        return watch_events(context, orders, filter);
    }
    if (arguments.has("status")) add_parameter(filter.query, "status", arguments.text("status"));
    return watch_table(context, orders, filter.query);
}

}  // namespace

const CommandSpec& watch_spec() {
    static const CommandSpec spec = [] {
        CommandSpec watch;
        watch.name = "watch";
        watch.summary = "Follow some orders to their ends, or all of them live";
        watch.description =
            "One order is followed step by step. Several, or without ids the newest ones, are a table drawn "
            "in place on a terminal; in a pipe, or with --events, each event is a line. With ids it ends "
            "when all have ended: 0 if all are confirmed, else 5. Without, it goes on until Ctrl-C or "
            "--timeout, and shows what happens from now on.";
        watch.words = {
            {"ID", "Ids of orders, their beginnings, or @last", WordSpec::Count::any, Completes::order}};
        for (const OptionSpec& option : order_filter_specs()) {
            const std::string_view name = long_name(option.names);
            if (name == "status" || name == "pair") watch.options.push_back(option);
        }
        watch.options.push_back({"--events", "", "A line for each event, also on a terminal"});
        watch.examples = {{"execctl watch @last", "the newest order"},
                          {"execctl watch", "a live table of the newest orders"},
                          {"execctl watch --events --status failed -o ndjson", "each failure as it happens"}};
        watch.run = watch_command;
        return watch;
    }();
    return spec;
}

}  // namespace libexec::cli
