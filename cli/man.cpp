#include "help.hpp"
#include "reference.hpp"

namespace libexec::cli {
namespace {

/// Text as troff would print it: no backslash, no control line, and minus signs that can be copied.
std::string roff(std::string_view text) {
    std::string line;
    if (text.starts_with('.') || text.starts_with('\'')) line = "\\&";
    for (const char c : text) {
        if (c == '\\') {
            line += "\\e";
        } else if (c == '-') {
            line += "\\-";
        } else {
            line += c;
        }
    }
    return line;
}

std::string page_name(const std::string& path) {
    std::string name = path.empty() ? "execctl" : "execctl-" + path;
    for (char& c : name) {
        if (c == ' ') c = '-';
    }
    return name;
}

std::string upper(std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
}

void add_entry(std::string& page, std::string_view heading, std::string_view meaning) {
    page += ".TP\n\\fB" + roff(heading) + "\\fR\n" + roff(meaning) + "\n";
}

void add_options(std::string& page, const std::vector<OptionSpec>& options) {
    for (const OptionSpec& option : options) {
        std::string heading = option_heading(option);
        heading.erase(0, heading.find_first_not_of(' '));
        std::string meaning(option.meaning);
        meaning += option.many ? "; may be repeated." : ".";
        if (!option.fallback.empty()) meaning += " Without it: " + std::string(option.fallback) + ".";
        add_entry(page, heading, meaning);
    }
}

void add_pages(std::vector<ManPage>& pages, const CommandSpec& command, const std::string& path) {
    pages.push_back({page_name(path) + ".1", man_page(command, path)});
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden)
            add_pages(pages, *child, (path.empty() ? "" : path + " ") + std::string(child->name));
    }
}

}  // namespace

std::string man_page(const CommandSpec& command, const std::string& path) {
    const std::string name = page_name(path);
    std::string page = ".TH " + upper(roff(name)) + " 1 \"\" \"execctl " LIBEXEC_VERSION "\" \"execctl\"\n";
    page += ".SH NAME\n" + roff(name) + " \\- " + roff(command.summary) + "\n";
    page += ".SH SYNOPSIS\n" + roff(usage_line(command, path)) + "\n";
    page += ".SH DESCRIPTION\n" + roff(command.summary) + ".\n";
    if (!command.description.empty()) page += ".PP\n" + roff(command.description) + "\n";
    for (const WordSpec& word : command.words) add_entry(page, word.name, std::string(word.meaning) + ".");
    if (!command.children.empty()) page += ".SH COMMANDS\n";
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden) add_entry(page, child->name, std::string(child->summary) + ".");
    }
    if (path.empty() || !command.options.empty()) page += ".SH OPTIONS\n";
    add_options(page, path.empty() ? global_options() : command.options);
    if (!command.examples.empty()) page += ".SH EXAMPLES\n";
    for (const Example& example : command.examples)
        add_entry(page, example.line, std::string(example.meaning) + ".");
    if (path.empty()) {
        page += ".SH EXIT STATUS\n";
        for (const ExitMeaning& exit : exit_meanings())
            add_entry(page, std::to_string(exit.code), exit.meaning);
        page += ".SH ENVIRONMENT\n";
        for (const VariableMeaning& variable : variable_meanings())
            add_entry(page, variable.name, variable.meaning);
    }
    page += ".SH SEE ALSO\n";
    if (!path.empty()) {
        page += ".BR execctl (1),\nwhich has the options and the exit codes of every command\n";
        return page;
    }
    std::string all;
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden)
            all +=
                (all.empty() ? "" : " ,\n") + (".BR " + roff(page_name(std::string(child->name)))) + " (1)";
    }
    return page + all + "\n";
}

std::vector<ManPage> man_pages() {
    std::vector<ManPage> pages;
    add_pages(pages, command_tree(), "");
    return pages;
}

}  // namespace libexec::cli
