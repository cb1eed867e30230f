#include <ostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "help.hpp"
#include "reference.hpp"

namespace libexec::cli {
namespace {

ExitCode help_command(const Context& context, const Arguments& arguments) {
    std::string path;
    const CommandSpec& command = named_command(arguments.texts("COMMAND"), path);
    const Output output = context.options.output;
    if (output == Output::json || output == Output::ndjson) {
        context.console.out << command_json(command, path) << '\n';
    } else {
        context.console.out << help_text(command, path);
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& help_spec() {
    static const CommandSpec spec{.name = "help",
                                  .summary = "Explain execctl or one of its commands, as --help does",
                                  .description = {},
                                  .words = {{"COMMAND", "The command, such as `config show`",
                                             WordSpec::Count::any, Completes::command}},
                                  .options = {},
                                  .examples = {{"execctl help submit", "what submit takes"},
                                               {"execctl help -o json", "every command as data"}},
                                  .run = help_command,
                                  .children = {},
                                  .hidden = false};
    return spec;
}

}  // namespace libexec::cli
