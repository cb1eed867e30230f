#include <algorithm>
#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "libexec/model/money.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::uint8_t rate_decimals = 6;
constexpr std::uint64_t whole_ppm = 1'000'000;
constexpr std::chrono::hours longest{24};

/// A refusal in words that fit here: no order is placed, and what is not there is a target.
Complaint refused(const HttpAnswer& answer, const Options& options) {
    Complaint complaint = refusal_complaint(answer, false);
    complaint.funds = "a fault touches the simulated world only, no funds moved";
    if (answer.status == 404)
        complaint.next =
            "execctl venues --server " + options.server + " names the venues; the chain is 'chain'";
    return complaint;
}

/// Setting or clearing twice does no harm, so an answer that got lost is only told.
HttpAnswer change(const Context& context, const std::string& method, const std::string& target,
                  std::string body = {}) {
    HttpCall call;
    call.method = method;
    call.url = context.options.server + "/api/faults/" + target;
    call.body = std::move(body);
    call.headers = {"Accept: application/json"};
    if (!call.body.empty()) call.headers.emplace_back("Content-Type: application/json");
    call.timeout = std::min(context.options.timeout, std::chrono::milliseconds(15'000));
    HttpOutcome outcome = context.wire.exchange(call);
    if (outcome.kind == HttpOutcome::Kind::answered) return std::move(outcome.answer);
    Complaint complaint = unreachable_complaint(context.options.server, outcome.trouble);
    complaint.funds = "a fault touches the simulated world only, no funds moved";
    if (outcome.kind == HttpOutcome::Kind::lost)
        complaint.what = "the server did not say whether it changed the fault (" + outcome.trouble + ")";
    if (outcome.kind == HttpOutcome::Kind::interrupted) {
        complaint.exit = ExitCode::interrupted;
        complaint.code = "interrupted";
        complaint.what = "interrupted";
        complaint.next = "execctl fault list shows what holds";
    }
    throw Trouble(complaint);
}

/// A target becomes part of an address: nothing in it may lead elsewhere.
std::string checked_target(const std::string& word) {
    std::string target = lower_case(word);
    if (target.empty() || target.size() > 64 ||
        target.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos) {
        throw Trouble(usage_complaint("'" + word + "' is not the name of a venue",
                                      "name a venue of `execctl venues`, or chain"));
    }
    return target;
}

std::uint64_t checked_rate(const std::string& word) {
    const Result<Amount> rate = parse_token_units(word, rate_decimals, false);
    if (rate && rate.value().base_units() > 0 && rate.value().base_units() <= whole_ppm)
        return rate.value().base_units();
    throw Trouble(usage_complaint("--rate '" + word + "' is no part of all",
                                  "write a decimal above 0 up to 1 with at most 6 digits after the point, "
                                  "such as 0.3"));
}

/// "30 %" for "0.3".
std::string share_text(const JsonValue& rate) {
    const Result<Amount> ppm = parse_token_units(rate.text(), rate_decimals, false);
    if (!ppm) return rate.text();
    return without_trailing_zeros(to_text({ppm.value(), 4})) + " %";
}

std::string consequence(const JsonValue& fault) {
    const std::string& mode = fault["mode"].text();
    const std::string share = share_text(fault["rate"]);
    if (mode == "timeout") return share + " of quotes will time out";
    if (mode == "error") return share + " of quotes will fail";
    if (mode == "slow") return share + " of quotes will take three times as long";
    if (mode == "drop") return share + " of transactions will be lost";
    if (mode == "stall") return "no slots: nothing lands, nothing expires";
    return mode + ", " + share;
}

std::string until_text(const JsonValue& fault) {
    const std::optional<Time> until = fault["until"].time();
    return until ? "until " + time_of_day_text(*until) : "until it is cleared";
}

std::string undo(const std::string& target) { return "execctl fault clear " + target; }

Sheet fault_sheet() {
    return Sheet({{"target", "TARGET"},
                  {"mode", "MODE"},
                  {"rate", "RATE", true},
                  {"until", "UNTIL"},
                  {"undo", "UNDO", false, true}});
}

void add_fault(Sheet& sheet, const JsonValue& fault) {
    const std::optional<Time> until = fault["until"].time();
    sheet.add(
        {fault["target"].text(), fault["mode"].text(), Cell(share_text(fault["rate"]), fault["rate"].text()),
         Cell(until ? time_of_day_text(*until) : "cleared", fault["until"].text()),
         undo(fault["target"].text())},
        fault);
}

ExitCode set_command(const Context& context, const Arguments& arguments) {
    const std::string target = checked_target(arguments.text("TARGET"));
    if (!arguments.has("mode")) {
        throw Trouble(usage_complaint(
            "--mode is missing", "venues: --mode timeout, error or slow; the chain: --mode drop or stall"));
    }
    std::string body = "{\"mode\":" + to_json_string(arguments.text("mode"));
    if (arguments.has("rate")) {
        const std::uint64_t ppm = checked_rate(arguments.text("rate"));
        body += ",\"rate\":\"" + to_text({Amount(ppm), rate_decimals}) + "\"";
    }
    if (const auto time = arguments.duration("for")) {
        if (*time > longest)
            throw Trouble(usage_complaint("--for is longer than a day", "write 24h or less"));
        body += ",\"forMs\":" + std::to_string(time->count());
    }
    const HttpAnswer answer = change(context, "PUT", target, body + "}");
    if (answer.status != 200) throw Trouble(refused(answer, context.options));
    const JsonValue fault = read_document(answer.body);
    Console& console = context.console;
    if (context.options.output == Output::table && context.options.columns.empty()) {
        if (!context.options.quiet) {
            console.out << printable(console.style,
                                     target + ": " + consequence(fault) + " " + until_text(fault))
                        << "\n  undo: " << undo(target) << '\n';
        }
        return ExitCode::done;
    }
    Sheet sheet = fault_sheet();
    add_fault(sheet, fault);
    sheet.print_one(context);
    return ExitCode::done;
}

ExitCode list_command(const Context& context, const Arguments&) {
    const JsonValue document = fetch_document(context, "/api/faults");
    Sheet sheet = fault_sheet();
    for (const JsonValue& fault : document["faults"].items()) add_fault(sheet, fault);
    sheet.print(context, document, "no faults are set");
    return ExitCode::done;
}

ExitCode clear_command(const Context& context, const Arguments& arguments) {
    const bool all = arguments.has("all");
    if (all == arguments.has("TARGET")) {
        throw Trouble(usage_complaint(all ? "a target and --all cannot both be meant" : "no target was given",
                                      "name a target, or give --all"));
    }
    std::vector<std::string> targets;
    if (all) {
        for (const JsonValue& fault : fetch_document(context, "/api/faults")["faults"].items())
            targets.push_back(checked_target(fault["target"].text()));
    } else {
        targets.push_back(checked_target(arguments.text("TARGET")));
    }
    Sheet sheet = fault_sheet();
    std::string cleared;
    for (const std::string& target : targets) {
        const HttpAnswer answer = change(context, "DELETE", target);
        // One of all may have come to its end by itself.
        if (all && answer.status == 404) continue;
        if (answer.status != 200) throw Trouble(refused(answer, context.options));
        const JsonValue fault = read_document(answer.body);
        add_fault(sheet, fault);
        cleared +=
            printable(context.console.style, target + ": behaves again (was: " + consequence(fault) + ")") +
            "\n";
    }
    if (context.options.output != Output::table || !context.options.columns.empty()) {
        sheet.print(context);
    } else if (cleared.empty()) {
        context.console.err << "no faults were set\n";
    } else if (!context.options.quiet) {
        context.console.out << cleared;
    }
    return ExitCode::done;
}

const CommandSpec set_spec{
    .name = "set",
    .summary = "Make a simulated venue or the simulated chain misbehave",
    .description =
        "timeout: quotes never come in time. error: quotes fail. slow: quotes take three times as "
        "long. drop: transactions are lost. stall: the chain makes no slots. A target has one "
        "fault: setting another takes its place. Faults end with the server.",
    .words = {{"TARGET", "A venue, or chain", WordSpec::Count::one, Completes::fault_target}},
    .options = {{"--mode", "timeout|error|slow|drop|stall",
                 "What goes wrong; timeout, error and slow at venues, drop and stall on the chain"},
                {"--rate", "RATE", "How often, a decimal above 0 up to 1", "1: every time"},
                {"--for", "TIME", "How long, with a unit, a day at most", "until it is cleared"}},
    .examples = {{"execctl fault set raydium --mode timeout --rate 0.3 --for 60s",
                  "three of ten quotes of raydium come too late, for a minute"},
                 {"execctl fault set chain --mode stall --for 10s", "no transaction lands meanwhile"}},
    .run = set_command,
    .children = {},
    .hidden = false};

const CommandSpec clear_spec{
    .name = "clear",
    .summary = "End a fault before its time",
    .description = {},
    .words = {{"TARGET", "A venue, or chain", WordSpec::Count::optional, Completes::fault_target}},
    .options = {{"--all", "", "Every fault there is"}},
    .examples = {{"execctl fault clear raydium", "raydium behaves again"},
                 {"execctl fault clear --all", "everything does"}},
    .run = clear_command,
    .children = {},
    .hidden = false};

const CommandSpec list_spec_of_faults{
    .name = "list",
    .summary = "Show the faults that are set",
    .description = {},
    .words = {},
    .options = {},
    .examples = {{"execctl fault list --wide", "with the command that ends each"}},
    .run = list_command,
    .children = {},
    .hidden = false};

}  // namespace

const CommandSpec& fault_spec() {
    static const CommandSpec spec{
        .name = "fault",
        .summary = "Make the simulated world fail on purpose, to see what becomes of orders",
        .description =
            "Only simulated venues and the simulated chain can be told to fail; no funds are at risk.",
        .words = {},
        .options = {},
        .examples = {{"execctl fault set meteora --mode error --for 1m", "every quote of meteora fails"},
                     {"execctl fault list", "what is set now"}},
        .run = nullptr,
        .children = {&set_spec, &clear_spec, &list_spec_of_faults},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
