#include "api.hpp"
#include "commands.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

Colour colour_of(std::string_view state) {
    if (state == "active" || state == "closed") return Colour::green;
    return state == "half_open" ? Colour::yellow : Colour::red;
}

Sheet venue_sheet() {
    return Sheet({{"name", "NAME"},
                  {"kind", "KIND"},
                  {"state", "STATE"},
                  {"lastOutcome", "LAST QUOTE"},
                  {"latencyMs", "LATENCY MS", true},
                  {"at", "AT"},
                  {"reason", "WHY"},
                  {"since", "SINCE", false, true},
                  {"nextProbeAt", "TRIED AGAIN", false, true}});
}

Cell time_cell(const JsonValue& value) {
    const std::optional<Time> at = value.time();
    return Cell(at ? time_of_day_text(*at) : std::string(), value.text());
}

void add_venue(Sheet& sheet, const JsonValue& venue) {
    const JsonValue quote = venue["lastQuote"];
    const std::string& state = venue["state"].text();
    sheet.add({venue["name"].text(), venue["kind"].text(), Cell(state, state, colour_of(state)),
               quote["outcome"].text(),
               Cell(without_trailing_zeros(quote["latencyMs"].text()), quote["latencyMs"].text()),
               time_cell(quote["at"]), venue["reason"].text(), time_cell(venue["since"]),
               time_cell(venue["nextProbeAt"])},
              venue);
}

ExitCode venues_command(const Context& context, const Arguments&) {
    const JsonValue document = fetch_document(context, "/api/venues");
    Sheet sheet = venue_sheet();
    for (const JsonValue& venue : document["venues"].items()) add_venue(sheet, venue);
    sheet.print(context, document, "the server has no venues");
    return ExitCode::done;
}

/// A name becomes part of an address: nothing in it may lead elsewhere.
std::string checked_name(const std::string& word) {
    std::string name = lower_case(word);
    if (name.empty() || name.size() > 64 ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos) {
        throw Trouble(
            usage_complaint("'" + word + "' is not the name of a venue", "name a venue of `execctl venues`"));
    }
    return name;
}

/// Asks for the change, which may be asked for twice, and shows the venue as it stands then.
ExitCode change(const Context& context, const std::string& name, const std::string& verb,
                const std::string& body, const std::string& words) {
    const Options& options = context.options;
    const HttpAnswer answer = post(context, "/api/venues/" + name + "/" + verb, body);
    if (answer.status != 200) {
        Complaint complaint = refusal_complaint(answer, false);
        complaint.funds = "this command moves none; what was sent is watched to its end";
        complaint.repeat = "safe: doing it twice is doing it once";
        if (answer.status == 404)
            complaint.next = "execctl venues --server " + options.server + " names the venues";
        throw Trouble(complaint);
    }
    const JsonValue venue = read_document(answer.body);
    Console& console = context.console;
    if (options.quiet) {
        console.out << printable(console.style, venue["state"].text()) << '\n';
    } else if (options.output == Output::table && options.columns.empty()) {
        const std::string& reason = venue["reason"].text();
        console.out << printable(console.style, name + ": " + words + (reason.empty() ? "" : ": " + reason))
                    << '\n';
        if (verb == "pause") console.out << "  undo: execctl venues resume " << name << '\n';
    } else {
        Sheet sheet = venue_sheet();
        add_venue(sheet, venue);
        sheet.print_one(context);
    }
    return ExitCode::done;
}

ExitCode pause_command(const Context& context, const Arguments& arguments) {
    const std::string name = checked_name(arguments.text("NAME"));
    std::string body;
    if (arguments.has("reason")) body = "{\"reason\":" + to_json_string(arguments.text("reason")) + "}";
    return change(context, name, "pause", body, "held, no new orders go there");
}

ExitCode resume_command(const Context& context, const Arguments& arguments) {
    return change(context, checked_name(arguments.text("NAME")), "resume", {}, "takes part in routing again");
}

const CommandSpec pause_spec{
    .name = "pause",
    .summary = "Send no new orders to a venue",
    .description =
        "Orders whose transaction was sent already are watched to their end. The hold is this server's alone "
        "and ends with it, or with execctl venues resume. Orders wait, within their deadlines, while every "
        "venue is left out.",
    .words = {{"NAME", "A venue", WordSpec::Count::one, Completes::venue}},
    .options = {{"--reason", "TEXT", "Why, for whoever reads of it: 200 bytes at most"}},
    .examples = {{"execctl venues pause raydium --reason 'pool drained'", "until it is resumed"}},
    .run = pause_command,
    .children = {},
    .hidden = false};

const CommandSpec resume_spec{
    .name = "resume",
    .summary = "Let a venue take part in routing again",
    .description = "Ends a hold. A venue that was left out for its failures is taken back in at once, too.",
    .words = {{"NAME", "A venue", WordSpec::Count::one, Completes::venue}},
    .options = {},
    .examples = {{"execctl venues resume raydium", "after a hold, or without waiting for its pause to end"}},
    .run = resume_command,
    .children = {},
    .hidden = false};

}  // namespace

const CommandSpec& venues_spec() {
    static const CommandSpec spec{
        .name = "venues",
        .summary = "Show the venues, whether they are in use, and how they answered last",
        .description =
            "A venue that fails too often is left out of routing for a while: it is open. Then one question "
            "tries it again: half_open. One that an operator has paused is held.",
        .words = {},
        .options = {},
        .examples = {{"execctl venues", "all of them"},
                     {"execctl venues --columns name,state -o csv", "their states for a spreadsheet"},
                     {"execctl venues pause raydium", "no new orders go there"}},
        .run = venues_command,
        .children = {&pause_spec, &resume_spec},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
