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

ExitCode venues_command(const Context& context, const Arguments&) {
    const JsonValue document = fetch_document(context, "/api/venues");
    Sheet sheet({{"name", "NAME"},
                 {"kind", "KIND"},
                 {"state", "STATE"},
                 {"lastOutcome", "LAST QUOTE"},
                 {"latencyMs", "LATENCY MS", true},
                 {"at", "AT"}});
    for (const JsonValue& venue : document["venues"].items()) {
        const JsonValue quote = venue["lastQuote"];
        const std::string& state = venue["state"].text();
        const std::optional<Time> at = quote["at"].time();
        sheet.add({venue["name"].text(), venue["kind"].text(), Cell(state, state, colour_of(state)),
                   quote["outcome"].text(),
                   Cell(without_trailing_zeros(quote["latencyMs"].text()), quote["latencyMs"].text()),
                   Cell(at ? time_of_day_text(*at) : std::string(), quote["at"].text())},
                  venue);
    }
    sheet.print(context, document, "the server has no venues");
    return ExitCode::done;
}

}  // namespace

const CommandSpec& venues_spec() {
    static const CommandSpec spec{
        .name = "venues",
        .summary = "Show the venues, whether they are in use, and how they answered last",
        .description = {},
        .words = {},
        .options = {},
        .examples = {{"execctl venues", "all of them"},
                     {"execctl venues --columns name,state -o csv", "their states for a spreadsheet"}},
        .run = venues_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
