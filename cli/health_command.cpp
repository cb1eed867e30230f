#include <algorithm>
#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds health_patience{5'000};

Complaint not_ready(const Options& options, const HttpAnswer& answer) {
    Complaint complaint;
    complaint.exit = ExitCode::unreachable;
    complaint.code = "not_ready";
    complaint.what = "the server at " + options.server + " takes no orders (" +
                     std::to_string(answer.status) + ": " + std::string(trim(answer.body)) + ")";
    complaint.funds = "this command only reads, it moves no funds";
    complaint.repeat = "safe";
    complaint.next = "execctl doctor --server " + options.server + " looks for the cause";
    return complaint;
}

ExitCode health_command(const Context& context, const Arguments&) {
    const Options& options = context.options;
    HttpCall call;
    call.url = options.server + "/readyz";
    call.timeout = std::min(options.timeout, health_patience);
    const HttpOutcome outcome = context.wire.exchange(call);
    if (outcome.kind == HttpOutcome::Kind::interrupted) {
        Complaint complaint = usage_complaint("interrupted", "repeat when you like");
        complaint.exit = ExitCode::interrupted;
        complaint.code = "interrupted";
        throw Trouble(complaint);
    }
    if (outcome.kind != HttpOutcome::Kind::answered)
        throw Trouble(unreachable_complaint(options.server, outcome.trouble));
    if (outcome.answer.status != 200 || !trim(outcome.answer.body).starts_with("ready"))
        throw Trouble(not_ready(options, outcome.answer));

    if (options.output == Output::table) {
        if (!options.quiet) context.console.out << "ready  " << options.server << '\n';
        return ExitCode::done;
    }
    Sheet sheet({{"status", "STATUS"}, {"server", "SERVER"}});
    sheet.add({"ready", options.server});
    sheet.print_one(context);
    return ExitCode::done;
}

}  // namespace

const CommandSpec& health_spec() {
    static const CommandSpec spec{
        .name = "health",
        .summary = "Say whether the server takes orders: exit code 0 when it does, 3 when not",
        .description =
            "Asks /readyz and waits five seconds at most. Made for containers and service "
            "managers: nothing else has to be installed there.",
        .words = {},
        .options = {},
        .examples = {{"execctl health -q || echo down", "the exit code alone"},
                     {"HEALTHCHECK CMD [\"execctl\", \"health\"]", "in a Dockerfile"}},
        .run = health_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
