#pragma once

#include <optional>
#include <string>

#include "command.hpp"

namespace libexec::cli {

/// What a command line asks for, or a text to show instead.
struct ParsedCommand {
    Options options;
    const CommandSpec* command = nullptr;
    Arguments arguments;
    std::optional<std::string> help;  ///< print this on standard output and be done
};

/// Reads a command line and EXEC_SERVER, EXEC_OUTPUT. Throws Trouble (usage) saying what is wrong.
ParsedCommand parse_command_line(int count, const char* const* words);

/// The output a command line asks for, also when the rest of it is wrong: a mistake, too, is told in the
/// format the reader expects.
Output output_asked_for(int count, const char* const* words);

}  // namespace libexec::cli
