#include <ostream>
#include <sstream>

#include "api.hpp"
#include "commands.hpp"
#include "decision_view.hpp"
#include "live_block.hpp"
#include "text.hpp"
#include "trade_words.hpp"

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds watch_interval{2'000};

JsonValue ask(const Context& context, const std::string& body) {
    const HttpAnswer answer = post(context, "/api/quotes", body);
    if (answer.status == 200) return read_document(answer.body);
    Complaint complaint = refusal_complaint(answer, false);
    complaint.funds = "a quote places nothing and moves no funds";
    throw Trouble(complaint);
}

std::string head_of(const Trade& trade, const JsonValue& quotes, const Style& style) {
    const std::string arrow = " " + std::string(style.arrow()) + " ";
    const std::string in = printable(style, trade.token_in), out = printable(style, trade.token_out);
    const auto at = quotes["decidedAt"].time();
    std::string head = at ? time_of_day_text(*at) + "  " : std::string();
    head += trade.exact_out ? in + arrow + trade.amount + " " + out : trade.amount + " " + in + arrow + out;
    head += "   " + choice_text(quotes, style);
    const JsonValue least = quotes["minAmountOut"], most = quotes["maxAmountIn"];
    if (!least.is_null()) head += "   min out " + printable(style, least.text());
    if (!most.is_null()) head += "   max in " + printable(style, most.text());
    if (const auto bps = quotes["slippageBps"].whole()) head += " at " + percent_text(*bps);
    return head + "\n";
}

void print_round(const Context& context, const Trade& trade, const JsonValue& quotes, LiveBlock* block) {
    const Options& options = context.options;
    Console& console = context.console;
    if (options.output == Output::json || options.output == Output::ndjson) {
        console.out << quotes.json() << std::endl;
    } else if (options.output == Output::csv) {
        quotes_sheet(quotes).print(context);
        console.out.flush();
    } else if (options.quiet) {
        console.out << printable(console.style, quotes["chosenDex"].text()) << std::endl;
    } else {
        const std::string text =
            head_of(trade, quotes, console.style) + table_text(context, quotes_sheet(quotes), 2);
        if (block != nullptr) {
            block->draw(text);
        } else {
            console.out << text << std::flush;
        }
    }
    if (quotes["chosenDex"].is_null() && block == nullptr)
        console.err << "no venue makes an offer for this now" << std::endl;
}

ExitCode watch_quotes(const Context& context, const Trade& trade) {
    if (context.options.output == Output::json)
        throw Trouble(usage_complaint("--watch writes more than one document",
                                      "use -o ndjson: a document for each round"));
    const Deadline deadline(context.wire, context.options.timeout);
    LiveBlock block(context.console);
    const bool in_place =
        context.console.style.in_place && context.options.output == Output::table && !context.options.quiet;
    Options options = context.options;
    const Context going_on{context.wire, options, context.console, context.clock};
    const std::string body = submit_body(trade);
    for (;;) {
        print_round(going_on, trade, ask(context, body), in_place ? &block : nullptr);
        if (options.output == Output::csv) options.header = false;  // once is enough
        const bool given = context.options.timeout_given;
        if (given && deadline.left() <= watch_interval) return ExitCode::done;
        if (context.wire.pause(watch_interval)) continue;
        Complaint complaint = usage_complaint("stopped asking for quotes", "nothing: no order was placed");
        complaint.exit = ExitCode::interrupted;
        complaint.code = "interrupted";
        complaint.funds = "a quote places nothing and moves no funds";
        complaint.repeat = "safe";
        throw Trouble(complaint);
    }
}

ExitCode quote_command(const Context& context, const Arguments& arguments) {
    const Trade trade = read_trade(arguments);
    if (arguments.has("watch")) return watch_quotes(context, trade);
    print_round(context, trade, ask(context, submit_body(trade)), nullptr);
    return ExitCode::done;
}

}  // namespace

const CommandSpec& quote_spec() {
    static const CommandSpec spec = [] {
        CommandSpec quote;
        quote.name = "quote";
        quote.summary = "Ask every venue what it would offer; nothing is placed";
        quote.description =
            "The best offer after all costs stands first: it is the one an order would take now. With "
            "--watch "
            "the venues are asked every 2 s: drawn in place on a terminal, one block below the other in a "
            "pipe.";
        quote.words = trade_word_specs();
        quote.options = trade_option_specs();
        quote.options.push_back({"--watch", "", "Ask again every 2 s, until Ctrl-C or --timeout"});
        quote.examples = {{"execctl quote SOL USDC 10", "what 10 SOL would bring"},
                          {"execctl quote SOL/USDC 1500 --exact-out", "what 1500 USDC would cost"},
                          {"execctl quote SOL USDC 10 --watch --timeout 1m -o ndjson",
                           "a document every 2 s for a minute"}};
        quote.run = quote_command;
        return quote;
    }();
    return spec;
}

}  // namespace libexec::cli
