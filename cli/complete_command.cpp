#include <algorithm>
#include <ostream>

#include "api.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "settings.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// Longer than this nobody waits for a press of a key.
constexpr std::chrono::milliseconds patience{300};
constexpr std::size_t prefix_least = 6;  // of an id, so that the server can look for it

struct Candidate {
    std::string text;
    std::string meaning;
};

/// Where in a command line the cursor stands.
struct Place {
    const CommandSpec* command = nullptr;
    std::vector<std::string> words;      ///< those given to the command by position
    const OptionSpec* option = nullptr;  ///< whose value comes next
    bool only_words = false;             ///< after "--"
    bool lost = false;                   ///< after a word that is no command
    std::string server;                  ///< what --server says
};

const OptionSpec* find_option(const CommandSpec& command, std::string_view name) {
    for (const auto* const list : {&command.options, &global_options()}) {
        for (const OptionSpec& option : *list) {
            for (std::string_view names = option.names; !names.empty();) {
                const std::size_t comma = std::min(names.find(','), names.size());
                if (names.substr(0, comma) == name) return &option;
                names.remove_prefix(std::min(comma + 1, names.size()));
            }
        }
    }
    return nullptr;
}

void take_value(Place& place, const OptionSpec& option, std::string_view value) {
    if (long_name(option.names) == "server") place.server = value;
}

void take_option(Place& place, std::string_view word) {
    const bool is_long = word.starts_with("--");
    const std::size_t end =
        is_long ? std::min(word.find('='), word.size()) : std::min<std::size_t>(2, word.size());
    const OptionSpec* const option = find_option(*place.command, word.substr(0, end));
    if (option == nullptr || option->value.empty()) return;
    if (end == word.size()) {
        place.option = option;
    } else {
        take_value(place, *option, word.substr(word[end] == '=' ? end + 1 : end));
    }
}

Place find_place(const std::vector<std::string>& before) {
    Place place;
    place.command = &command_tree();
    for (const std::string& word : before) {
        if (place.option != nullptr) {
            take_value(place, *place.option, word);
            place.option = nullptr;
        } else if (!place.only_words && word == "--") {
            place.only_words = true;
        } else if (!place.only_words && word.size() > 1 && word.front() == '-') {
            take_option(place, word);
        } else if (place.command->children.empty()) {
            place.words.push_back(word);
        } else {
            const auto& children = place.command->children;
            const auto child = std::find_if(children.begin(), children.end(),
                                            [&word](const CommandSpec* spec) { return spec->name == word; });
            place.lost = child == children.end();
            if (place.lost) break;
            place.command = *child;
        }
    }
    return place;
}

/// Asks the server; what cannot be had in time is simply not offered.
class Source {
public:
    Source(const Context& context, const Place& place) : context_(context), options_(context.options) {
        options_.timeout = patience;
        if (!place.server.empty()) options_.server = server_address(place.server);
    }

    std::vector<Candidate> orders(const std::string& begun) const {
        std::vector<Candidate> found{{"@last", "the newest order"}};
        const std::string hex = lower_case(begun);
        if (begun.starts_with('@') || hex.find_first_not_of("0123456789abcdef-") != std::string::npos)
            return found;
        const std::string looked_for = hex.size() >= prefix_least ? "&id=" + hex : "";
        for (const JsonValue& order : ask("/api/orders?limit=20" + looked_for)["items"].items())
            found.push_back({order["id"].text(), order["status"].text()});
        return found;
    }
    std::vector<Candidate> named(const std::string& path, std::string_view list, std::string_view name,
                                 std::string_view meaning) const {
        std::vector<Candidate> found;
        for (const JsonValue& item : ask(path)[list].items())
            found.push_back({item[name].text(), item[meaning].text()});
        return found;
    }

private:
    JsonValue ask(const std::string& path) const {
        return read_document(fetch(context_.wire, options_, path));
    }

    const Context& context_;
    Options options_;
};

std::vector<Candidate> commands_below(const CommandSpec& command) {
    std::vector<Candidate> found;
    for (const CommandSpec* const child : command.children) {
        if (!child->hidden) found.push_back({std::string(child->name), std::string(child->summary)});
    }
    return found;
}

std::vector<Candidate> settings_known() {
    std::vector<Candidate> found;
    for (const server::Setting& setting : server::settings())
        found.push_back({std::string(setting.env), std::string(setting.meaning)});
    return found;
}

std::vector<Candidate> candidates_for(Completes what, const Source& source, const Place& place,
                                      const std::string& begun) {
    switch (what) {
        case Completes::order:
            return source.orders(begun);
        case Completes::token:
            return source.named("/api/tokens", "tokens", "symbol", "mint");
        case Completes::venue:
            return source.named("/api/venues", "venues", "name", "state");
        case Completes::fault_target: {
            std::vector<Candidate> found = source.named("/api/venues", "venues", "name", "state");
            found.push_back({"chain", "the simulated chain"});
            return found;
        }
        case Completes::file:
            return {{":files", ""}};
        case Completes::setting:
            return settings_known();
        case Completes::shell:
            return {{"bash", ""}, {"zsh", ""}, {"fish", ""}};
        case Completes::command: {
            const Place named = find_place(place.words);
            return named.lost ? std::vector<Candidate>{} : commands_below(*named.command);
        }
        case Completes::nothing:
            break;
    }
    return {};
}

std::vector<Candidate> values_of(const OptionSpec& option, const Source& source, const Place& place,
                                 const std::string& begun) {
    std::vector<Candidate> found;
    for (const std::string_view choice : choices_of(option.value)) found.push_back({std::string(choice), ""});
    return found.empty() ? candidates_for(option.completes, source, place, begun) : found;
}

std::vector<Candidate> options_of(const CommandSpec& command) {
    std::vector<Candidate> found;
    for (const auto* const list : {&command.options, &global_options()}) {
        for (const OptionSpec& option : *list)
            found.push_back({"--" + std::string(long_name(option.names)), std::string(option.meaning)});
    }
    found.push_back({"--help", "What the command does and takes"});
    return found;
}

/// All that may stand where `begun` stands, begun so or not.
std::vector<Candidate> candidates(const Context& context, const Place& place, const std::string& begun) {
    const Source source(context, place);
    if (place.lost) return {};
    if (place.option != nullptr) return values_of(*place.option, source, place, begun);
    if (!place.only_words && begun.starts_with('-')) {
        const std::size_t equals = begun.find('=');
        if (equals == std::string::npos) return options_of(*place.command);
        const OptionSpec* const option = find_option(*place.command, begun.substr(0, equals));
        if (option == nullptr) return {};
        std::vector<Candidate> values = values_of(*option, source, place, begun.substr(equals + 1));
        for (Candidate& value : values) {
            if (!value.text.starts_with(':')) value.text.insert(0, begun.substr(0, equals + 1));
        }
        return values;
    }
    if (!place.command->children.empty()) return commands_below(*place.command);
    const std::vector<WordSpec>& specs = place.command->words;
    if (specs.empty()) return {};
    const std::size_t at = std::min(place.words.size(), specs.size() - 1);
    const bool repeats = specs[at].count == WordSpec::Count::many || specs[at].count == WordSpec::Count::any;
    if (place.words.size() >= specs.size() && !repeats) return {};
    return candidates_for(specs[at].completes, source, place, begun);
}

/// Words of a server end up on a command line: nothing in them may mean something to a shell.
bool is_plain(std::string_view text) {
    return !text.empty() && text.find_first_not_of(
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789._:/@=+-") == std::string_view::npos;
}

ExitCode complete_command(const Context& context, const Arguments& arguments) {
    std::vector<std::string> words = arguments.texts("WORD");
    if (words.empty()) words.emplace_back();
    const std::string begun = words.back();
    words.pop_back();
    const Style ascii;
    try {
        for (const Candidate& candidate : candidates(context, find_place(words), begun)) {
            const bool files = candidate.text == ":files";
            if (!files && (!candidate.text.starts_with(begun) || !is_plain(candidate.text))) continue;
            context.console.out << candidate.text;
            if (!candidate.meaning.empty())
                context.console.out << '\t' << printable(ascii, candidate.meaning);
            context.console.out << '\n';
        }
    } catch (const Trouble&) {
        // In the middle of a line being typed there is nobody to tell: nothing is offered.
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& complete_spec() {
    static const CommandSpec spec{
        .name = "__complete",
        .summary = "Print what may stand in place of the last word, for the completion scripts",
        .description = {},
        .words = {{"WORD", "The command line after execctl", WordSpec::Count::any, Completes::nothing}},
        .options = {},
        .examples = {},
        .run = complete_command,
        .children = {},
        .hidden = true};
    return spec;
}

}  // namespace libexec::cli
