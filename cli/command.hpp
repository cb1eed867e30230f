#pragma once

#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "context.hpp"
#include "exit_code.hpp"

namespace libexec::cli {

/// What the shell may offer for a word of the command line.
enum class Completes { nothing, order, token, venue, fault_target, file, setting, shell, command };

/// A word a command takes by its position.
struct WordSpec {
    std::string_view name;     ///< as the help shows it: "IN"; also its name in `Arguments`
    std::string_view meaning;  ///< one line
    enum class Count { one, optional, many, any } count = Count::one;
    Completes completes = Completes::nothing;
};

/// A flag, or an option with a value.
struct OptionSpec {
    std::string_view names;       ///< "-n,--limit"; `Arguments` knows it by its long name without dashes
    std::string_view value;       ///< "N", or the words to choose from: "accept|execute"; empty: a flag
    std::string_view meaning;     ///< one line
    std::string_view fallback{};  ///< what holds without it, for the help; empty: nothing to say
    bool many = false;            ///< may be given more than once
    Completes completes = Completes::nothing;
};

struct Example {
    std::string_view line;
    std::string_view meaning;
};

/// A command: what it is called, what it takes, what it says of itself, what it does. Parser, help, man
/// pages, completion and docs/cli.md are all made from this, so none of them can be wrong about another.
struct CommandSpec {
    std::string_view name;
    std::string_view summary;      ///< one line, without a full stop
    std::string_view description;  ///< sentences for the help and the man page; may be empty
    std::vector<WordSpec> words;
    std::vector<OptionSpec> options;
    std::vector<Example> examples;
    ExitCode (*run)(const Context&, const Arguments&) = nullptr;  ///< null when there are only `children`
    std::vector<const CommandSpec*> children;
    bool hidden = false;  ///< for machines: not in the help
};

/// Options every command takes.
const std::vector<OptionSpec>& global_options();

/// execctl itself: its children are the commands, in the order of the help.
const CommandSpec& command_tree();

/// The words a value may be, of "accept|execute"; nothing for "N".
std::vector<std::string_view> choices_of(std::string_view value);
/// "limit" for "-n,--limit".
std::string_view long_name(std::string_view names);

}  // namespace libexec::cli
