#include <fstream>
#include <iostream>

#include "api.hpp"
#include "batch.hpp"
#include "commands.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/uuid.hpp"
#include "order_end.hpp"
#include "order_follower.hpp"
#include "submit_command.hpp"
#include "trade_file.hpp"
#include "trade_words.hpp"

namespace libexec::cli {
namespace {

std::string fresh_key() {
    const SystemClock clock;
    return UuidGenerator(clock, system_entropy()).next().to_string();
}

void print_acceptance(const Options& options, const Accepted& accepted, Console& console) {
    if (options.quiet) {
        console.out << accepted.order << '\n';
    } else if (options.output != Output::table) {
        console.out << accepted.answer << '\n';
    } else {
        console.out << "order " << accepted.order << (accepted.replayed ? "  accepted before" : "  accepted")
                    << '\n';
        console.err << "follow it: execctl watch " << accepted.order << '\n';
    }
    console.out.flush();
}

/// Says that the order was taken, and follows it to its end if that is wanted. Throws Trouble.
ExitCode see_through(const Context& context, const Accepted& accepted, bool wait, const Deadline& deadline) {
    const Options& options = context.options;
    Console& console = context.console;
    if (!wait) {
        print_acceptance(options, accepted, console);
        return ExitCode::done;
    }
    if (options.quiet) console.out << accepted.order << std::endl;
    if (accepted.replayed)
        console.err << "this key was used before: following the order it placed" << std::endl;
    return follow_to_end(context.wire, options, accepted.order, true, deadline, console);
}

/// The orders of a file, or of standard input for "-".
std::vector<TradeLine> read_lines(const std::string& name, const Trade& usual) {
    if (name == "-") return read_trade_file(std::cin, usual);
    std::ifstream file(name);
    if (!file) {
        throw Trouble(usage_complaint("cannot read '" + name + "'",
                                      "give a file with an order a line, or - for standard input"));
    }
    return read_trade_file(file, usual);
}

ExitCode submit_file(const Context& context, const Arguments& arguments) {
    for (const std::string_view word : {"IN", "OUT", "AMOUNT"}) {
        if (arguments.has(word))
            throw Trouble(usage_complaint("an order and --file", "give one or the other"));
    }
    if (arguments.has("client-order-id"))
        throw Trouble(
            usage_complaint("--client-order-id names one order", "write it on the lines of the file"));
    Trade usual;
    if (const auto bps = arguments.whole("slippage-bps", 0, 10'000))
        usual.slippage_bps = static_cast<std::uint32_t>(*bps);
    usual.exact_out = arguments.has("exact-out");
    BatchPlan plan{.label_key = "line", .label_title = "LINE", .label_right = true};
    plan.concurrency = arguments.whole("concurrency", 1, batch_concurrency_most).value_or(plan.concurrency);
    plan.wait = !arguments.has("no-wait");
    const std::string key = arguments.text("idempotency-key");
    std::vector<BatchItem> items;
    for (TradeLine& line : read_lines(arguments.text("file"), usual)) {
        SubmitOptions submit;
        submit.trade = std::move(line.trade);
        submit.retry = arguments.has("retry");
        BatchItem item;
        item.label = std::to_string(line.number);
        item.placement = placement_of(submit);
        item.key = key.empty() ? fresh_key() : key + "." + item.label;
        items.push_back(std::move(item));
    }
    return run_batch(context, std::move(items), plan);
}

ExitCode run_submit(const Context& context, const Arguments& arguments) {
    if (arguments.has("file")) return submit_file(context, arguments);
    if (arguments.has("concurrency"))
        throw Trouble(usage_complaint("--concurrency goes with --file", "leave it away for one order"));
    SubmitOptions submit;
    submit.trade = read_trade(arguments);
    submit.trade.client_order_id = arguments.text("client-order-id");
    submit.idempotency_key = arguments.text("idempotency-key");
    submit.wait = !arguments.has("no-wait");
    submit.retry = arguments.has("retry");
    return submit_command(context, submit);
}

}  // namespace

ExitCode submit_command(const Context& context, const SubmitOptions& submit) {
    return place_and_follow(context, placement_of(submit), submit.idempotency_key, submit.wait);
}

ExitCode place_and_follow(const Context& context, const Placement& placement, const std::string& given_key,
                          bool wait) {
    Wire& wire = context.wire;
    const Options& options = context.options;
    Console& console = context.console;
    // The key makes a repetition after a lost answer the same order, here and in the hands of the trader.
    const std::string key = given_key.empty() ? fresh_key() : given_key;
    const Deadline deadline(wire, options.timeout);
    const Accepted accepted = place_order(wire, options, placement, key, deadline, console);
    try {
        const ExitCode exit = see_through(context, accepted, wait, deadline);
        if (!console.out.good()) throw Trouble(output_complaint());
        return exit;
    } catch (const Trouble& trouble) {
        throw Trouble(after_acceptance(trouble.complaint(), accepted.order, options.server));
    }
}

const CommandSpec& submit_spec() {
    static const CommandSpec spec = [] {
        CommandSpec submit;
        submit.name = "submit";
        submit.summary = "Place a market order and follow it to its end";
        submit.description =
            "The order is durable once the server has accepted it. A lost answer is asked for again under "
            "the same "
            "key, a lost stream is taken up after the last event seen; Ctrl-C stops watching, never the "
            "order. With --file every line is checked before the first is sent, and each order has a row "
            "when "
            "it ends; --timeout is that of each order, and an --idempotency-key makes a repeated run the "
            "same orders.";
        submit.words = trade_word_specs();
        submit.options = trade_option_specs();
        submit.options.push_back({"--client-order-id", "TEXT", "Your own name for the order, used once"});
        submit.options.push_back(
            {"--idempotency-key", "TEXT", "Makes a repetition the same order", "a fresh one"});
        submit.options.push_back({"--no-wait", "", "Return once the order is accepted"});
        submit.options.push_back({"--retry", "", "When refused for now, wait and repeat"});
        submit.options.push_back({"--file", "FILE",
                                  "Orders from a file, one a line as above or as JSON; - is standard input",
                                  "", false, Completes::file});
        submit.options.push_back(
            {"--concurrency", "N", "With --file: orders alive at a time, up to 64", "10"});
        submit.examples = {
            {"execctl submit SOL USDC 10 --slippage-bps 50", "give 10 SOL, at most 0.50 % below the quote"},
            {"execctl submit SOL/USDC 1500 --exact-out", "receive exactly 1500 USDC"},
            {"execctl submit SOL USDC 10 --no-wait -q", "print the id and return"},
            {"execctl submit --file orders.txt --concurrency 4 --idempotency-key monday",
             "a file of orders, four at a time; safe to repeat"}};
        submit.run = run_submit;
        return submit;
    }();
    return spec;
}

}  // namespace libexec::cli
