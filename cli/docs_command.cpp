#include <fstream>
#include <ostream>

#include "commands.hpp"
#include "reference.hpp"

namespace libexec::cli {
namespace {

void write_file(const Context& context, const std::string& folder, const std::string& name,
                std::string_view text) {
    const std::string path = folder + "/" + name;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file)
        throw Trouble(usage_complaint("'" + path + "' cannot be written", "name a folder that is there"));
    if (!context.options.quiet) context.console.out << name << '\n';
}

/// Under the names that the shells look for.
ExitCode write_completions(const Context& context, const std::string& folder) {
    write_file(context, folder, "execctl", completion_script("bash"));
    write_file(context, folder, "_execctl", completion_script("zsh"));
    write_file(context, folder, "execctl.fish", completion_script("fish"));
    return ExitCode::done;
}

ExitCode write_man_pages(const Context& context, const std::string& folder) {
    for (const ManPage& page : man_pages()) write_file(context, folder, page.file, page.text);
    return ExitCode::done;
}

ExitCode docs_command(const Context& context, const Arguments& arguments) {
    const std::string what = arguments.text("WHAT");
    if (what == "man") return write_man_pages(context, arguments.text("FOLDER", "."));
    if (what == "completions") return write_completions(context, arguments.text("FOLDER", "."));
    if (what == "markdown") {
        context.console.out << markdown_reference();
    } else if (what == "json") {
        context.console.out << command_json(command_tree(), "") << '\n';
    } else {
        throw Trouble(usage_complaint("there is no reference '" + what + "'",
                                      "name one of man, completions, markdown and json"));
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& docs_spec() {
    static const CommandSpec spec{.name = "__docs",
                                  .summary = "Write the reference of the commands, for the build",
                                  .description = {},
                                  .words = {{"WHAT", "man, completions, markdown or json"},
                                            {"FOLDER", "Where the files go; this one without it",
                                             WordSpec::Count::optional, Completes::file}},
                                  .options = {},
                                  .examples = {},
                                  .run = docs_command,
                                  .children = {},
                                  .hidden = true};
    return spec;
}

}  // namespace libexec::cli
