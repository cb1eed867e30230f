#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "order_view.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

JsonValue parse_answer(const std::string& body) {
    Result<JsonValue> parsed = JsonValue::parse(body);
    if (parsed) return std::move(parsed).value();
    Complaint complaint;
    complaint.code = "bad_answer";
    complaint.what = "the server's answer is " + parsed.error().detail;
    complaint.funds = "this command only reads, it moves no funds";
    complaint.repeat = "safe";
    complaint.next = "check that --server names an execd";
    throw Trouble(complaint);
}

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

}  // namespace

ExitCode get_command(Wire& wire, const Options& options, const GetOptions& get, Console& console) {
    const std::string path = "/api/orders/" + get.order;
    const std::string body = fetch(wire, options, path);
    if (options.output != Output::table) {
        console.out << one_line(body) << '\n';
        return ExitCode::done;
    }
    const JsonValue order = parse_answer(body)["order"];
    if (options.quiet) {
        console.out << printable(console.style, order["status"].text()) << '\n';
        return ExitCode::done;
    }
    const JsonValue events = parse_answer(fetch(wire, options, path + "/events"))["events"];
    console.out << order_head(order, console.style) << '\n';
    const std::vector<JsonValue> list = events.items();
    print_timeline(list, console);
    if (!order["attempts"].items().empty()) console.out << "attempts\n";
    print_attempts(order, console);
    if (!order["failure"].is_null()) {
        console.out << failure_text(order, list.empty() ? JsonValue() : list.back(), options.server,
                                    console.style);
    }
    return ExitCode::done;
}

}  // namespace libexec::cli
