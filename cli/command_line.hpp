#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command.hpp"

namespace libexec::cli {

/// What a command line asks for, or a text to show instead.
struct ParsedCommand {
    Options options;
    const CommandSpec* command = nullptr;
    Arguments arguments;
    std::optional<std::string> help;  ///< print this on standard output and be done
};

/// Reads a command line and EXEC_SERVER, EXEC_CA_CERT, EXEC_OUTPUT, EXEC_API_KEY, EXEC_SIGN_KEY. Throws
/// Trouble (usage) saying what is wrong.
ParsedCommand parse_command_line(int count, const char* const* words);

/// The command these words name, as far as they are commands, and its full name below execctl. Throws
/// Trouble (usage) with the nearest one for a word that is none.
const CommandSpec& named_command(const std::vector<std::string>& words, std::string& path);

/// A server's address as one may write it, with http:// when nothing else is said and without a slash at the
/// end. Throws Trouble (usage).
std::string server_address(const std::string& word);

/// The output a command line asks for, also when the rest of it is wrong: a mistake, too, is told in the
/// format the reader expects.
Output output_asked_for(int count, const char* const* words);

}  // namespace libexec::cli
