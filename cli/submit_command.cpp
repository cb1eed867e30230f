#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/uuid.hpp"
#include "order_end.hpp"
#include "order_follower.hpp"
#include "submit_command.hpp"
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

ExitCode run_submit(const Context& context, const Arguments& arguments) {
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
    Wire& wire = context.wire;
    const Options& options = context.options;
    Console& console = context.console;
    // The key makes a repetition after a lost answer the same order, here and in the hands of the trader.
    const std::string key = submit.idempotency_key.empty() ? fresh_key() : submit.idempotency_key;
    const Deadline deadline(wire, options.timeout);
    const Accepted accepted = place_order(wire, options, submit, key, deadline, console);
    if (!submit.wait) {
        print_acceptance(options, accepted, console);
        return ExitCode::done;
    }
    if (options.quiet) console.out << accepted.order << std::endl;
    if (accepted.replayed)
        console.err << "this key was used before: following the order it placed" << std::endl;
    return follow_to_end(wire, options, accepted.order, true, deadline, console);
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
            "order.";
        submit.words = trade_word_specs();
        submit.options = trade_option_specs();
        submit.options.push_back({"--client-order-id", "TEXT", "Your own name for the order, used once"});
        submit.options.push_back(
            {"--idempotency-key", "TEXT", "Makes a repetition the same order", "a fresh one"});
        submit.options.push_back({"--no-wait", "", "Return once the order is accepted"});
        submit.options.push_back({"--retry", "", "When refused for now, wait and repeat"});
        submit.examples = {
            {"execctl submit SOL USDC 10 --slippage-bps 50", "give 10 SOL, at most 0.50 % below the quote"},
            {"execctl submit SOL/USDC 1500 --exact-out", "receive exactly 1500 USDC"},
            {"execctl submit SOL USDC 10 --no-wait -q", "print the id and return"}};
        submit.run = run_submit;
        return submit;
    }();
    return spec;
}

}  // namespace libexec::cli
