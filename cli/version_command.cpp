#include <ostream>

#include "commands.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

ExitCode version_command(const Context& context, const Arguments&) {
    if (context.options.quiet) {
        context.console.out << LIBEXEC_VERSION << '\n';
        return ExitCode::done;
    }
    Sheet sheet({{"name", "NAME"}, {"version", "VERSION"}});
    sheet.add({"execctl", LIBEXEC_VERSION});
    if (context.options.output == Output::table) {
        context.console.out << "execctl " LIBEXEC_VERSION "\n";
    } else {
        sheet.print_one(context);
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& version_spec() {
    static const CommandSpec spec{.name = "version",
                                  .summary = "Print the version",
                                  .description = {},
                                  .words = {},
                                  .options = {},
                                  .examples = {{"execctl version -q", "the number alone, for scripts"}},
                                  .run = version_command,
                                  .children = {},
                                  .hidden = false};
    return spec;
}

}  // namespace libexec::cli
