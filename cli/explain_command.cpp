#include <algorithm>
#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "decision_view.hpp"
#include "order_ref.hpp"
#include "order_verdict.hpp"
#include "order_view.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// A line for each transaction that has a page.
void print_pages(const Context& context, const JsonValue& order) {
    Console& console = context.console;
    for (const JsonValue& attempt : order["attempts"].items()) {
        const std::string page = printable(console.style, attempt["explorerUrl"].text());
        if (!page.empty())
            console.out << "  look up  #" << printable(console.style, attempt["attempt"].text()) << " "
                        << page << '\n';
    }
}

std::string verdict_json(const Verdict& verdict) {
    return "{\"what\":" + to_json_string(verdict.what) + ",\"funds\":" + to_json_string(verdict.funds) +
           ",\"repeat\":" + to_json_string(verdict.repeat) + ",\"next\":" + to_json_string(verdict.next) +
           "}";
}

void print_decisions(const Context& context, const std::vector<JsonValue>& decisions) {
    Console& console = context.console;
    for (const JsonValue& decision : decisions) {
        const auto at = decision["decidedAt"].time();
        console.out << "Decision   attempt " << printable(console.style, decision["attempt"].text()) << "   "
                    << (at ? time_of_day_text(*at) : std::string("-"))
                    << "   rule: " << printable(console.style, decision["rule"].text()) << '\n'
                    << table_text(context, quotes_sheet(decision), 2);
    }
    if (decisions.empty()) console.out << "Decision   none yet: no venue was asked\n";
}

void print_tries(const Context& context, const std::vector<Try>& tries) {
    Sheet sheet({{"attempt", "#"},
                 {"began", "BEGAN"},
                 {"venue", "VENUE"},
                 {"result", "RESULT"},
                 {"tx", "TX"},
                 {"pause", "THEN"},
                 {"detail", "DETAIL"}});
    const Style& style = context.console.style;
    for (const Try& one : tries) {
        const bool good = one.result == "confirmed";
        const std::string result = one.result.empty() ? (one.in_doubt ? "in doubt" : "open") : one.result;
        sheet.add({"#" + one.number, one.began ? time_of_day_text(*one.began) : std::string(), one.venue,
                   Cell(result, result,
                        good                 ? Colour::green
                        : one.result.empty() ? Colour::yellow
                                             : Colour::red),
                   short_signature(one.tx, style.ellipsis()),
                   one.pause ? "waited " + elapsed_text(*one.pause) : std::string(), one.detail});
    }
    Options options = context.options;
    options.columns.clear();  // those are of the quotes
    options.header = false;
    context.console.out << "Attempts\n"
                        << table_text({context.wire, options, context.console, context.clock}, sheet, 2);
}

ExitCode explain_command(const Context& context, const Arguments& arguments) {
    const Options& options = context.options;
    Console& console = context.console;
    const std::string path = "/api/orders/" + resolve_order(context, arguments.text("ID"));
    const JsonValue order = fetch_document(context, path)["order"];
    const JsonValue routing = fetch_document(context, path + "/routing");
    const JsonValue events = fetch_document(context, path + "/events")["events"];
    const JsonValue queue = order["status"].text() == "pending"
                                ? fetch_document(context, "/api/queue/metrics")["metrics"]
                                : JsonValue();
    const std::vector<JsonValue> decisions = routing["decisions"].items();
    const std::vector<JsonValue> list = events.items();
    const Verdict verdict = verdict_on(order, decisions, list, queue, context.clock.now(), console.style);

    if (options.output == Output::json || options.output == Output::ndjson) {
        console.out << "{\"verdict\":" << verdict_json(verdict) << ",\"order\":" << order.json()
                    << ",\"routing\":" << routing.json() << ",\"events\":" << events.json() << "}\n";
        return ExitCode::done;
    }
    if (options.output == Output::csv) {
        Sheet sheet = quotes_sheet({});
        for (const JsonValue& decision : decisions) add_quotes(sheet, decision);
        sheet.print(context);
        return ExitCode::done;
    }
    if (!options.quiet) {
        console.out << order_head(order, console.style) << '\n';
        print_decisions(context, decisions);
        if (const std::vector<Try> tries = tries_of(list); !tries.empty()) print_tries(context, tries);
    }
    const std::size_t columns = console.style.in_place && !options.wide ? console.style.columns : 100;
    const std::pair<std::string_view, const std::string&> lines[] = {{"Verdict    ", verdict.what},
                                                                     {"  funds    ", verdict.funds},
                                                                     {"  repeat   ", verdict.repeat},
                                                                     {"  next     ", verdict.next}};
    for (const auto& [name, words] : lines) console.out << name << fill_words(words, 11, 11, columns) << '\n';
    if (!options.quiet) print_pages(context, order);
    return ExitCode::done;
}

}  // namespace

const CommandSpec& explain_spec() {
    static const CommandSpec spec{
        .name = "explain",
        .summary = "Say in words why an order went where it went, why it failed, or what it waits for",
        .description =
            "Shows every venue's quote in every attempt and why it won or lost, each attempt with its "
            "result, "
            "and a verdict: what happened, whether funds moved, whether a repeat is safe, what to do next. "
            "CSV has the quotes alone.",
        .words = {{"ID", "The order's id, its beginning, or @last", WordSpec::Count::one, Completes::order}},
        .options = {},
        .examples = {{"execctl explain @last", "the newest order"},
                     {"execctl explain 01a1fd89 -q", "the verdict alone"},
                     {"execctl explain @last -o csv --columns attempt,venue,net,note", "the quotes"}},
        .run = explain_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
