#include "help.hpp"

#include <algorithm>

namespace libexec::cli {
namespace {

constexpr std::size_t line_width = 80;

/// A line that is too long goes on below, after one of the bars between its choices.
std::string fold_choices(std::string line) {
    std::size_t begin = 0;
    while (line.size() - begin > line_width) {
        const std::size_t bar = line.rfind('|', begin + line_width - 1);
        if (bar == std::string::npos || bar <= begin) break;
        line.insert(bar + 1, "\n          ");
        begin = bar + 2;
    }
    return line;
}

/// A heading and its meaning in two columns.
void add_entry(std::string& text, std::string_view heading, std::string_view meaning, std::size_t column) {
    std::string line = "  " + std::string(heading);
    if (line.size() + 2 > column) {
        text += fold_choices(line) + "\n" + std::string(column, ' ');
    } else {
        line.resize(column, ' ');
        text += line;
    }
    text += fill_words(meaning, column, column, line_width) + "\n";
}

std::string meaning_of(const OptionSpec& option) {
    std::string meaning(option.meaning);
    if (!option.fallback.empty()) meaning += " [" + std::string(option.fallback) + "]";
    return meaning;
}

void add_options(std::string& text, std::string_view title, const std::vector<OptionSpec>& options) {
    if (options.empty()) return;
    text += "\n" + std::string(title) + ":\n";
    for (const OptionSpec& option : options) add_entry(text, option_heading(option), meaning_of(option), 26);
}

}  // namespace

std::string option_heading(const OptionSpec& option) {
    std::string heading(option.names);
    if (const std::size_t comma = heading.find(','); comma != std::string::npos)
        heading.insert(comma + 1, " ");
    if (heading.starts_with("--")) heading.insert(0, "    ");
    if (!option.value.empty()) heading += " " + std::string(option.value);
    return heading;
}

std::string usage_line(const CommandSpec& command, const std::string& path) {
    std::string line = path.empty() ? "execctl" : "execctl " + path;
    if (!command.children.empty()) line += command.run != nullptr ? " [COMMAND]" : " COMMAND";
    for (const WordSpec& word : command.words) {
        const std::string name(word.name);
        switch (word.count) {
            case WordSpec::Count::one:
                line += " " + name;
                break;
            case WordSpec::Count::optional:
                line += " [" + name + "]";
                break;
            case WordSpec::Count::many:
                line += " " + name + "...";
                break;
            case WordSpec::Count::any:
                line += " [" + name + "...]";
                break;
        }
    }
    return line + " [OPTIONS]";
}

std::string help_text(const CommandSpec& command, const std::string& path) {
    std::string text = fill_words(std::string(command.summary) + ".", 0, 0, line_width) + "\n";
    if (!command.description.empty()) text += "\n" + fill_words(command.description, 0, 0, line_width) + "\n";
    text += "\nUsage: " + usage_line(command, path) + "\n";
    if (!command.words.empty()) text += "\n";
    for (const WordSpec& word : command.words) add_entry(text, word.name, word.meaning, 14);
    if (!command.children.empty()) text += "\nCommands:\n";
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden) add_entry(text, child->name, child->summary, 14);
    }
    add_options(text, "Options", command.options);
    if (!command.examples.empty()) text += "\nExamples:\n";
    for (const Example& example : command.examples) {
        text += "  " + std::string(example.line) + "\n      " +
                fill_words(example.meaning, 6, 6, line_width) + "\n";
    }
    if (!path.empty()) {
        text += "\nEvery command also takes the options and has the exit codes of execctl --help.\n";
        return text;
    }
    add_options(text, "Options of every command", global_options());
    text += "\nExit codes:\n";
    for (const ExitMeaning& exit : exit_meanings())
        add_entry(text, std::to_string(exit.code), exit.meaning, 8);
    text += "\nEnvironment:\n";
    for (const VariableMeaning& variable : variable_meanings())
        add_entry(text, variable.name, variable.meaning, 18);
    return text;
}

const std::vector<ExitMeaning>& exit_meanings() {
    static const std::vector<ExitMeaning> meanings{
        {0, "done: the order is confirmed, or accepted with --no-wait; an empty list is done, too"},
        {1, "unexpected: a bug, or an input or output error"},
        {2, "wrong usage or invalid input, also when the server says so"},
        {3, "the server cannot be reached, takes no orders, or the stream was lost for good"},
        {4, "not found"},
        {5, "the order failed, expired, or was cancelled while waiting; a saved pool refuses the trade"},
        {6, "the wait timed out; the order lives on and its id is printed"},
        {7, "refused for now: rate_limited, queue_full, too_many_connections"},
        {8, "conflict: another order has that key, or it is too late for what was asked"},
        {9, "a check found something wrong"},
        {130, "interrupted; no order is cancelled by that"}};
    return meanings;
}

const std::vector<VariableMeaning>& variable_meanings() {
    static const std::vector<VariableMeaning> meanings{
        {"EXEC_SERVER", "the server's address, as --server"},
        {"EXEC_CA_CERT", "who may vouch for an https:// server, as --ca-cert"},
        {"EXEC_OUTPUT", "the output format, as --output"},
        {"EXEC_API_KEY", "the key a server asks for, as --api-key"},
        {"EXEC_SIGN_KEY", "the key to sign with instead, as --sign-key"},
        {"NO_COLOR", "no colours when set and not empty"},
        {"CLICOLOR_FORCE", "colours also where no terminal is"},
        {"TERM", "dumb: no colours, nothing redrawn in place"},
        {"LC_ALL, LANG", "without UTF-8: ASCII signs only"}};
    return meanings;
}

}  // namespace libexec::cli
