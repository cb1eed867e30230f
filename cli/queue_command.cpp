#include "api.hpp"
#include "commands.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

ExitCode queue_command(const Context& context, const Arguments&) {
    const JsonValue metrics = fetch_document(context, "/api/queue/metrics")["metrics"];
    Sheet sheet({{"waiting", "WAITING", true},
                 {"active", "ACTIVE", true},
                 {"delayed", "DELAYED", true},
                 {"completed", "COMPLETED", true},
                 {"failed", "FAILED", true},
                 {"oldestWaitingMs", "OLDEST WAITING", true}});
    const std::optional<std::uint64_t> oldest = metrics["oldestWaitingMs"].whole();
    const std::string age = oldest ? elapsed_text(std::chrono::milliseconds(*oldest)) : std::string();
    sheet.add(
        {metrics["waiting"].text(), metrics["active"].text(), metrics["delayed"].text(),
         metrics["completed"].text(), metrics["failed"].text(), Cell(age, metrics["oldestWaitingMs"].text())},
        metrics);
    sheet.print_one(context);
    return ExitCode::done;
}

}  // namespace

const CommandSpec& queue_spec() {
    static const CommandSpec spec{
        .name = "queue",
        .summary = "Show how many orders wait, run and have ended, and how long the oldest waits",
        .description =
            "Waiting orders have not been started; delayed ones pause before another attempt; "
            "completed counts confirmed orders.",
        .words = {},
        .options = {},
        .examples = {{"execctl queue", "the counts"},
                     {"execctl queue -o ndjson", "the same for a program, on one line"}},
        .run = queue_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
