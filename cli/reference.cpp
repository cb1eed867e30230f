#include "reference.hpp"

#include "help.hpp"
#include "libexec/json/value.hpp"

namespace libexec::cli {
namespace {

std::string below(const std::string& path, const CommandSpec& child) {
    return (path.empty() ? "" : path + " ") + std::string(child.name);
}

/// A cell of a table: a bar in it would begin the next one.
std::string cell(std::string_view text) {
    std::string cell;
    for (const char c : text) cell += c == '|' ? "\\|" : std::string(1, c);
    return cell;
}

std::string code(std::string_view text) { return text.empty() ? "" : "`" + cell(text) + "`"; }

void add_option_table(std::string& page, const std::vector<OptionSpec>& options) {
    if (options.empty()) return;
    page += "\n| option | meaning | without it |\n|---|---|---|\n";
    for (const OptionSpec& option : options) {
        std::string heading(option.names);
        if (const std::size_t comma = heading.find(','); comma != std::string::npos)
            heading.insert(comma + 1, " ");
        if (!option.value.empty()) heading += " " + std::string(option.value);
        page += "| " + code(heading) + " | " + cell(option.meaning) +
                (option.many ? "; may be repeated" : "") + " | " + cell(option.fallback) + " |\n";
    }
}

void add_command(std::string& page, const CommandSpec& command, const std::string& path) {
    page += "\n## execctl " + path + "\n\n" + std::string(command.summary) + ".\n";
    if (!command.description.empty()) page += "\n" + std::string(command.description) + "\n";
    page += "\n```\n" + usage_line(command, path) + "\n```\n";
    if (!command.words.empty()) page += "\n| word | meaning |\n|---|---|\n";
    for (const WordSpec& word : command.words)
        page += "| " + code(word.name) + " | " + cell(word.meaning) + " |\n";
    if (!command.children.empty()) page += "\n| command | |\n|---|---|\n";
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden) page += "| " + code(child->name) + " | " + cell(child->summary) + " |\n";
    }
    add_option_table(page, command.options);
    if (!command.examples.empty()) page += "\n| example | |\n|---|---|\n";
    for (const Example& example : command.examples)
        page += "| " + code(example.line) + " | " + cell(example.meaning) + " |\n";
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden) add_command(page, *child, below(path, *child));
    }
}

/// {"name":...}, from pairs of names and JSON.
class Object {
public:
    Object& text(std::string_view name, std::string_view value) { return json(name, to_json_string(value)); }
    Object& flag(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }
    Object& json(std::string_view name, const std::string& value) {
        text_ += (text_.empty() ? "{" : ",") + to_json_string(name) + ":" + value;
        return *this;
    }
    std::string done() const { return text_ + "}"; }

private:
    std::string text_;
};

template <typename Items, typename Write>
std::string array(const Items& items, Write write) {
    std::string text = "[";
    for (const auto& item : items) text += (text.size() == 1 ? "" : ",") + write(item);
    return text + "]";
}

std::string_view word_count(WordSpec::Count count) {
    switch (count) {
        case WordSpec::Count::one:
            return "one";
        case WordSpec::Count::optional:
            return "optional";
        case WordSpec::Count::many:
            return "many";
        case WordSpec::Count::any:
            break;
    }
    return "any";
}

std::string options_json(const std::vector<OptionSpec>& options) {
    return array(options, [](const OptionSpec& option) {
        return Object()
            .text("names", option.names)
            .text("value", option.value)
            .text("meaning", option.meaning)
            .text("default", option.fallback)
            .flag("many", option.many)
            .done();
    });
}

}  // namespace

std::string markdown_reference() {
    const CommandSpec& root = command_tree();
    std::string page = "# execctl\n\nThis page is what `execctl __docs markdown` prints.\n\n";
    page += std::string(root.summary) + ".\n\n";
    page +=
        "Data goes to standard output, everything else to standard error. With `-o json` and `-o ndjson` a "
        "failure "
        "is a JSON document on standard output, too.\n";
    page +=
        "A table is cut at the width of a terminal, never in a pipe. An order is named by its id, by six or "
        "more "
        "characters of its beginning, or by `@last`.\n";
    page +=
        "Every error says what happened, whether funds moved, whether doing it again is safe, and what to do "
        "next.\n";
    page += "\n| command | |\n|---|---|\n";
    for (const CommandSpec* const child : root.children) {
        if (!child->hidden)
            page += "| [" + std::string(child->name) + "](#execctl-" + std::string(child->name) + ") | " +
                    cell(child->summary) + " |\n";
    }
    page += "\n## Options of every command\n";
    add_option_table(page, global_options());
    page += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
    for (const ExitMeaning& exit : exit_meanings())
        page += "| " + std::to_string(exit.code) + " | " + cell(exit.meaning) + " |\n";
    page += "\n## Environment\n\n| variable | meaning |\n|---|---|\n";
    for (const VariableMeaning& variable : variable_meanings())
        page += "| " + code(variable.name) + " | " + cell(variable.meaning) + " |\n";
    for (const CommandSpec* const child : root.children) {
        if (!child->hidden) add_command(page, *child, std::string(child->name));
    }
    return page;
}

std::string command_json(const CommandSpec& command, const std::string& path) {
    Object object;
    object.text("name", command.name)
        .text("path", path)
        .text("summary", command.summary)
        .text("description", command.description)
        .flag("runs", command.run != nullptr)
        .flag("hidden", command.hidden)
        .json("words", array(command.words,
                             [](const WordSpec& word) {
                                 return Object()
                                     .text("name", word.name)
                                     .text("meaning", word.meaning)
                                     .text("count", word_count(word.count))
                                     .done();
                             }))
        .json("options", options_json(path.empty() ? global_options() : command.options))
        .json("examples",
              array(command.examples,
                    [](const Example& example) {
                        return Object().text("line", example.line).text("meaning", example.meaning).done();
                    }))
        .json("commands", array(command.children, [&path](const CommandSpec* child) {
                  return command_json(*child, below(path, *child));
              }));
    return object.done();
}

}  // namespace libexec::cli
