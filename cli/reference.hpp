#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"

namespace libexec::cli {

/// The manual page of a command, in troff with the man macros; `path` is its full name below execctl.
std::string man_page(const CommandSpec& command, const std::string& path);

struct ManPage {
    std::string file;  ///< "execctl-config-show.1"
    std::string text;
};
/// One page a command that is not hidden, execctl's own first.
std::vector<ManPage> man_pages();

/// docs/cli.md: everything the help says, on one page.
std::string markdown_reference();

/// What the shell sources: bash, zsh or fish; empty for any other.
std::string_view completion_script(std::string_view shell);

/// A command and those below it as a JSON object:
/// {name, path, summary, description, runs, hidden, words, options, examples, commands}.
std::string command_json(const CommandSpec& command, const std::string& path);

}  // namespace libexec::cli
