#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "decision_view.hpp"
#include "order_ref.hpp"
#include "order_rows.hpp"
#include "order_view.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

void print_attempts(const JsonValue& order, Console& console) {
    const auto clean = [&console](const JsonValue& value) { return printable(console.style, value.text()); };
    for (const JsonValue& attempt : order["attempts"].items()) {
        const std::string resolution =
            attempt["resolution"].is_null() ? "open" : clean(attempt["resolution"]);
        console.out << "  #" << clean(attempt["attempt"]) << "  " << clean(attempt["venue"]) << "  "
                    << resolution << "  tx " << clean(attempt["txHash"]);
        if (!attempt["slot"].is_null()) console.out << "  slot " << clean(attempt["slot"]);
        if (!attempt["error"].is_null()) console.out << "  " << clean(attempt["error"]["code"]);
        console.out << '\n';
        if (!attempt["explorerUrl"].is_null())
            console.out << "      " << clean(attempt["explorerUrl"]) << '\n';
    }
}

/// The stages as a terminal would have shown them: what is learned about a stage joins its line.
void print_timeline(const std::vector<JsonValue>& events, Console& console) {
    OrderTimeline timeline(console.style);
    std::vector<Stage> stages;
    for (const JsonValue& event : events) {
        Stage stage = timeline.take(event);
        if (stage.kind == Stage::Kind::detailed && !stages.empty()) stages.pop_back();
        stages.push_back(std::move(stage));
    }
    for (const Stage& stage : stages) {
        const bool settled = &stage != &stages.back() || stage.kind == Stage::Kind::ended;
        console.out << stage_line(stage, settled, console.style) << '\n';
    }
}

ExitCode get_command(const Context& context, const Arguments& arguments) {
    const Options& options = context.options;
    Console& console = context.console;
    const std::string path = "/api/orders/" + resolve_order(context, arguments.text("ID"));
    const JsonValue document = fetch_document(context, path, "order");
    const JsonValue order = document["order"];
    if (options.output != Output::table) {
        Sheet sheet(order_columns());
        sheet.add(order_row(order, order["id"].text(), context.clock.now(), console.style), order);
        sheet.print_one(context, document);
        return ExitCode::done;
    }
    if (options.quiet) {
        console.out << printable(console.style, order["status"].text()) << '\n';
        return ExitCode::done;
    }
    const JsonValue events = fetch_document(context, path + "/events")["events"];
    console.out << order_head(order, console.style) << '\n';
    const std::vector<JsonValue> list = events.items();
    print_timeline(list, console);
    if (const JsonValue decision = order["routing"]; !decision.is_null()) {
        console.out << "quotes: " << choice_text(decision, console.style) << '\n'
                    << table_text(context, quotes_sheet(decision), 2);
    }
    if (!order["attempts"].items().empty()) console.out << "attempts\n";
    print_attempts(order, console);
    if (!order["failure"].is_null()) {
        console.out << failure_text(order, list.empty() ? JsonValue() : list.back(), options.server,
                                    console.style);
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& get_spec() {
    static const CommandSpec spec{
        .name = "get",
        .summary = "Show an order: its state, its timeline, its quotes, its attempts",
        .description = {},
        .words = {{"ID", "The order's id, its beginning, or @last", WordSpec::Count::one, Completes::order}},
        .options = {},
        .examples = {{"execctl get @last", "the newest order"},
                     {"execctl get 01a1fd89 -q", "its status alone"},
                     {"execctl get @last -o json", "everything the server knows about it"}},
        .run = get_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
