#include "command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "config_file.hpp"
#include "help.hpp"
#include "libexec/access/api_key.hpp"
#include "libexec/json/nearest_word.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

constexpr std::string_view output_words = "table|json|ndjson|csv";

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& words,
                         const std::string& otherwise) {
    const std::string_view nearest = nearest_word(word, words);
    return nearest.empty() ? otherwise : "did you mean '" + std::string(nearest) + "'?";
}

/// CLI11's idea of one command, and how to read back what was given.
struct Bound {
    const CommandSpec* spec = nullptr;
    CLI::App* app = nullptr;
    std::vector<std::pair<std::string, CLI::Option*>> options;
    std::vector<std::unique_ptr<Bound>> children;
};

bool accept_any(const CLI::results_t&) { return true; }

void bind_option(Bound& bound, const OptionSpec& spec) {
    CLI::Option* const option =
        spec.value.empty() ? bound.app->add_flag(std::string(spec.names))
                           : bound.app->add_option(std::string(spec.names), CLI::callback_t(accept_any));
    if (!spec.value.empty()) {
        option->type_size(1);
        option->expected(1);
        option->multi_option_policy(spec.many ? CLI::MultiOptionPolicy::TakeAll
                                              : CLI::MultiOptionPolicy::Throw);
        if (spec.many) option->expected(1, CLI::detail::expected_max_vector_size);
        if (spec.many) option->allow_extra_args(false);
    }
    bound.options.emplace_back(long_name(spec.names), option);
}

void bind_word(Bound& bound, const WordSpec& spec) {
    using Count = WordSpec::Count;
    CLI::Option* const option = bound.app->add_option(std::string(spec.name), CLI::callback_t(accept_any));
    option->type_size(1);
    const bool many = spec.count == Count::many || spec.count == Count::any;
    option->expected(1, many ? CLI::detail::expected_max_vector_size : 1);
    if (many) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (many) option->allow_extra_args(true);  // or CLI11 takes the first word only
    if (spec.count == Count::one || spec.count == Count::many) option->required();
    bound.options.emplace_back(spec.name, option);
}

std::unique_ptr<Bound> bind(CLI::App& app, const CommandSpec& spec) {
    auto bound = std::make_unique<Bound>();
    bound->spec = &spec;
    bound->app = &app;
    for (const WordSpec& word : spec.words) bind_word(*bound, word);
    for (const OptionSpec& option : spec.options) bind_option(*bound, option);
    for (const CommandSpec* const child : spec.children) {
        bound->children.push_back(bind(*app.add_subcommand(std::string(child->name)), *child));
    }
    app.fallthrough();
    // At most one: otherwise a word of a command that is called like another command would start that one.
    if (!spec.children.empty()) app.require_subcommand(0, 1);
    return bound;
}

/// The innermost command that was named, and its full name.
const Bound* deepest(const Bound& root, std::string& path) {
    for (const auto& child : root.children) {
        if (!child->app->parsed()) continue;
        path += (path.empty() ? "" : " ") + std::string(child->spec->name);
        return deepest(*child, path);
    }
    return &root;
}

void check_choice(const OptionSpec& spec, const std::string& text) {
    const std::vector<std::string_view> choices = choices_of(spec.value);
    if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
    const std::string all(spec.value);
    refuse("--" + std::string(long_name(spec.names)) + " '" + text + "' is none of " + all,
           did_you_mean(text, choices, "write one of " + all));
}

void read_back(const Bound& bound, const std::vector<OptionSpec>& specs, Arguments& arguments) {
    for (const auto& [name, option] : bound.options) {
        if (option->count() == 0) continue;
        arguments.set(name, option->results());
        for (const OptionSpec& spec : specs) {
            if (long_name(spec.names) != name) continue;
            for (const std::string& text : option->results()) check_choice(spec, text);
        }
    }
}

std::string environment(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it here
    return value != nullptr ? value : "";
}

std::optional<Output> output_called(std::string_view word) {
    if (word == "table") return Output::table;
    if (word == "json") return Output::json;
    if (word == "ndjson") return Output::ndjson;
    if (word == "csv") return Output::csv;
    return std::nullopt;
}

Output read_output(const Arguments& global) {
    const std::string from_environment = environment("EXEC_OUTPUT");
    const std::string word = global.text("output", from_environment);
    if (word.empty()) return Output::table;
    if (const auto output = output_called(word)) return *output;
    refuse("EXEC_OUTPUT '" + word + "' is none of " + std::string(output_words),
           did_you_mean(word, choices_of(output_words), "set one of them, or unset it"));
}

/// The key itself, or what the file after an @ holds.
std::string read_api_key(std::string word) {
    if (word.starts_with('@')) {
        const std::string path = word.substr(1);
        const auto text = server::read_text_file(path);
        if (!text)
            refuse("the API key file '" + path + "' cannot be read", "write --api-key @FILE, or the key");
        word = std::string(trim(*text));
    }
    // Whatever else was meant: it goes into a header, and a mistake is not repeated on the screen.
    if (!word.empty() && !BearerToken::parse(word)) {
        refuse("the API key is not written like one",
               "it looks like lx_ID_SECRET: give it with --api-key or EXEC_API_KEY, as execctl keys create "
               "showed it");
    }
    return word;
}

/// What the command line says of the two goes before what the environment says.
void read_access(const Arguments& global, Options& options) {
    if (global.has("api-key") && global.has("sign-key"))
        refuse("--api-key and --sign-key cannot both be meant", "give one of them");
    const bool given = global.has("api-key") || global.has("sign-key");
    const std::string key = global.text("api-key", given ? std::string() : environment("EXEC_API_KEY"));
    options.sign_key =
        global.text("sign-key", given || !key.empty() ? std::string() : environment("EXEC_SIGN_KEY"));
    options.api_key = read_api_key(key);
}

std::vector<std::string> split_list(std::string_view list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        if (const std::string_view part = trim(list.substr(begin, end - begin)); !part.empty())
            parts.emplace_back(part);
        begin = end + 1;
    }
    return parts;
}

Options read_options(const Arguments& global) {
    Options options;
    options.output = read_output(global);
    const std::string server = environment("EXEC_SERVER");
    options.server = server_address(global.text("server", server.empty() ? options.server : server));
    options.ca_cert = global.text("ca-cert", environment("EXEC_CA_CERT"));
    options.insecure_tls = global.has("insecure-tls");
    const std::string colour = global.text("color", "auto");
    if (colour != "auto") options.colour = colour == "always" ? ColourChoice::always : ColourChoice::never;
    if (const auto timeout = global.duration("timeout")) options.timeout = *timeout;
    options.timeout_given = global.has("timeout");
    options.quiet = global.has("quiet");
    options.columns = split_list(global.text("columns"));
    options.header = !global.has("no-header");
    options.wide = global.has("wide");
    options.trace = global.has("trace");
    read_access(global, options);
    return options;
}

/// CLI11 has no "did you mean": words at the places of commands are looked at before it does.
/// Returns the innermost command that is named before the first option.
const CommandSpec& check_command_words(int count, const char* const* words, std::string& path) {
    std::vector<std::string> names;
    for (int i = 1; i < count && words[i][0] != '-' && words[i][0] != '\0'; ++i) names.emplace_back(words[i]);
    return named_command(names, path);
}

/// CLI11 names the words it did not expect; the nearest option is worth more than its sentence.
[[noreturn]] void refuse_line(const CLI::ParseError& error, const CommandSpec& command,
                              const std::string& path, int count, const char* const* words) {
    std::string next = "execctl " + path + (path.empty() ? "" : " ") + "--help";
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
        std::vector<std::string> known;
        for (const auto* const list : {&command.options, &global_options()}) {
            for (const OptionSpec& option : *list)
                known.push_back("--" + std::string(long_name(option.names)));
        }
        const std::vector<std::string_view> names(known.begin(), known.end());
        for (int i = 1; i < count; ++i) {
            const std::string_view word =
                std::string_view(words[i]).substr(0, std::string_view(words[i]).find('='));
            if (!word.starts_with("--") || std::find(names.begin(), names.end(), word) != names.end())
                continue;
            refuse("there is no option " + std::string(word),
                   did_you_mean(word, names, next + " lists the options"));
        }
    }
    refuse(error.what(), next);
}

/// The line being completed is anything but finished: its words are taken as they are.
ParsedCommand read_completion(int count, const char* const* words) {
    ParsedCommand parsed;
    parsed.command = &complete_spec();
    const int first = count > 2 && std::string_view(words[2]) == "--" ? 3 : 2;
    parsed.arguments.set("WORD", std::vector<std::string>(words + std::min(first, count), words + count));
    try {
        parsed.options = read_options({});
    } catch (const Trouble&) {
        // A bad EXEC_SERVER or EXEC_OUTPUT is told of when the command runs; here the defaults do.
    }
    parsed.options.output = Output::table;
    return parsed;
}

}  // namespace

std::string server_address(const std::string& word) {
    std::string url = word.find("://") == std::string::npos ? "http://" + word : word;
    while (url.ends_with('/')) url.pop_back();
    const bool known = url.starts_with("http://") || url.starts_with("https://");
    const std::size_t host = url.find("://") + 3;
    if (!known || url.size() <= host || url.find_first_of(" \t\r\n?#") != std::string::npos) {
        refuse("'" + word + "' is not a server's address", "write --server http://HOST:PORT");
    }
    return url;
}

const CommandSpec& named_command(const std::vector<std::string>& words, std::string& path) {
    const CommandSpec* command = &command_tree();
    for (const std::string& word : words) {
        if (command->children.empty()) break;
        std::vector<std::string_view> names;
        const CommandSpec* found = nullptr;
        for (const CommandSpec* const child : command->children) {
            if (!child->hidden) names.push_back(child->name);
            if (child->name == word) found = child;
        }
        if (found == nullptr) {
            const std::string parent = path.empty() ? "execctl" : "execctl " + path;
            refuse("there is no command '" + word + "'",
                   did_you_mean(word, names, parent + " --help lists the commands"));
        }
        command = found;
        path += (path.empty() ? "" : " ") + word;
    }
    return *command;
}

Output output_asked_for(int count, const char* const* words) {
    std::string_view asked;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if ((word == "-o" || word == "--output") && i + 1 < count) asked = words[i + 1];
        if (word.starts_with("--output=")) asked = word.substr(9);
        if (word.starts_with("-o") && word.size() > 2) asked = word.substr(word[2] == '=' ? 3 : 2);
    }
    if (!asked.empty()) return output_called(asked).value_or(Output::table);
    return output_called(environment("EXEC_OUTPUT")).value_or(Output::table);
}

ParsedCommand parse_command_line(int count, const char* const* words) {
    if (count > 1 && words[1] == complete_spec().name) return read_completion(count, words);
    std::string first_words;
    const CommandSpec& first_named = check_command_words(count, words, first_words);
    const CommandSpec& tree = command_tree();
    CLI::App app{std::string(tree.summary), std::string(tree.name)};
    const auto bound = bind(app, tree);
    for (const OptionSpec& option : global_options()) bind_option(*bound, option);
    app.set_version_flag("--version", "execctl " LIBEXEC_VERSION);

    ParsedCommand parsed;
    std::string path;
    try {
        app.parse(count, words);
    } catch (const CLI::CallForVersion& version) {
        parsed.help = std::string(version.what()) + "\n";
        return parsed;
    } catch (const CLI::CallForHelp&) {
        const Bound* const asked = deepest(*bound, path);
        parsed.help = help_text(*asked->spec, path);
        return parsed;
    } catch (const CLI::ParseError& error) {
        refuse_line(error, first_named, first_words, count, words);
    }

    const Bound* const named = deepest(*bound, path);
    Arguments global;
    read_back(*bound, global_options(), global);
    parsed.options = read_options(global);
    parsed.command = named->spec;
    if (named->spec->run == nullptr) {
        const std::string line = "execctl " + path + (path.empty() ? "" : " ");
        refuse(path.empty() ? "no command was given" : "'" + path + "' needs one more word",
               line + "--help lists the commands");
    }
    if (named != bound.get()) read_back(*named, named->spec->options, parsed.arguments);
    return parsed;
}

}  // namespace libexec::cli
