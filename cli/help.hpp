#pragma once

#include <string>

#include "command.hpp"

namespace libexec::cli {

/// What `--help` says of a command; `path` is its full name below execctl, empty for execctl itself.
std::string help_text(const CommandSpec& command, const std::string& path);

/// `execctl submit IN [OUT] [AMOUNT] [OPTIONS]`.
std::string usage_line(const CommandSpec& command, const std::string& path);

/// `-n, --limit N`.
std::string option_heading(const OptionSpec& option);

/// Exit code and what it means, for help, man page and docs/cli.md.
struct ExitMeaning {
    int code;
    std::string_view meaning;
};
const std::vector<ExitMeaning>& exit_meanings();

/// Environment variable and what it does.
struct VariableMeaning {
    std::string_view name;
    std::string_view meaning;
};
const std::vector<VariableMeaning>& variable_meanings();

}  // namespace libexec::cli
