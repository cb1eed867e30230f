#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "config_file.hpp"
#include "daemon.hpp"
#include "libexec/base/failpoint.hpp"
#include "libexec/json/nearest_word.hpp"
#include "settings.hpp"

namespace libexec::server {
namespace {

/// What the command line asks for besides settings.
struct Command {
    SettingTexts flags;
    std::string config_path;
    bool print_config = false;
    bool check_config = false;
    bool list_settings = false;
    std::vector<std::string> strangers;
};

/// `execd config check` and `execd config show` for those who expect words: the flags they stand for take
/// their place. Answers with an exit status when the words are no command.
std::optional<int> read_words(std::vector<std::string>& words) {
    if (words.empty() || words[0].starts_with('-')) return std::nullopt;
    constexpr std::array<std::string_view, 2> known{"check", "show"};
    const std::string asked = words.size() > 1 && words[0] == "config" ? words[1] : std::string();
    if (asked == known[0] || asked == known[1]) {
        words.erase(words.begin());
        words[0] = asked == known[0] ? "--check-config" : "--print-config";
        return std::nullopt;
    }
    if (words[0] != "config") return std::nullopt;  // told apart with the other unknown arguments
    const std::string_view near = nearest_word(asked, known);
    std::cerr << "execd: config '" << asked << "' is no command: say config check or config show"
              << (near.empty() ? "" : "; did you mean config " + std::string(near) + "?") << "\n";
    return static_cast<int>(ExitCode::bad_options);
}

std::string describe_sources(const ResolvedOptions& resolved) {
    const auto count = [&](Origin origin) {
        const auto of = [origin](const ResolvedValue& value) { return value.origin == origin; };
        return std::to_string(std::count_if(resolved.values.begin(), resolved.values.end(), of));
    };
    return count(Origin::flag) + " from flags, " + count(Origin::environment) + " from the environment, " +
           count(Origin::file) + " from " + (resolved.file.empty() ? "a file" : resolved.file) + ", " +
           count(Origin::fallback) + " defaults";
}

/// Fills `command`; answers with an exit status when there is nothing more to do.
std::optional<int> read_command_line(std::vector<std::string> words, Command& command) {
    if (const auto status = read_words(words)) return status;
    CLI::App app("Executes swap orders: REST and WebSocket on one port.", "execd");
    app.set_version_flag("--version", "execd " EXECD_VERSION);
    app.add_option("--config,-c", command.config_path, "TOML file with settings [CONFIG_FILE]");
    app.add_flag("--print-config", command.print_config,
                 "show every setting with its value and origin, and stop; also: execd config show");
    app.add_flag("--check-config", command.check_config,
                 "say whether the settings are valid, with every error, and stop; also: execd config check");
    app.add_flag("--list-settings", command.list_settings,
                 "show every setting with its rule as Markdown, and stop");
    // One place for every flag's text: what was not given stays out of `flags`.
    std::vector<std::string> texts(settings().size());
    std::deque<bool> switches(settings().size(), false);
    std::vector<CLI::Option*> options;
    for (std::size_t i = 0; i < settings().size(); ++i) {
        const Setting& setting = settings()[i];
        const std::string help = std::string(setting.meaning) + " [" + std::string(setting.env) +
                                 (setting.fallback.empty() ? "]" : "=" + std::string(setting.fallback) + "]");
        options.push_back(is_switch(setting) ? app.add_flag(std::string(setting.flag), switches[i], help)
                                             : app.add_option(std::string(setting.flag), texts[i], help));
    }
    app.allow_extras();
    try {
        std::reverse(words.begin(), words.end());  // as CLI11 wants them
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
        app.exit(error, std::cout, std::cerr);
        return static_cast<int>(asked ? ExitCode::stopped : ExitCode::bad_options);
    }
    for (std::size_t i = 0; i < settings().size(); ++i) {
        if (options[i]->count() == 0) continue;
        if (is_switch(settings()[i])) texts[i] = switches[i] ? "true" : "false";
        command.flags.emplace(settings()[i].env, texts[i]);
    }
    command.strangers = app.remaining();
    return std::nullopt;
}

int fail_options(const std::vector<std::string>& errors) {
    for (const std::string& error : errors) std::cerr << "execd: " << error << "\n";
    return static_cast<int>(ExitCode::bad_options);
}

int run(int count, char** words) {
    Command command;
    if (const auto status = read_command_line({words + 1, words + count}, command)) return *status;
    if (command.list_settings) {
        std::cout << describe_settings();
        return static_cast<int>(ExitCode::stopped);
    }
    std::vector<std::string> errors;
    if (std::string wrong = failpoint::choose(); !wrong.empty()) errors.push_back(std::move(wrong));
    for (const std::string& stranger : command.strangers) {
        // The value of an unknown flag is no second mistake.
        if (!errors.empty() && !stranger.starts_with('-')) continue;
        const std::string hint = suggest_flag(stranger);
        errors.push_back("unknown argument '" + stranger + "'" +
                         (hint.empty() ? ": see --help" : ": " + hint));
    }
    ResolvedOptions resolved = load_options(command.flags, process_environment, command.config_path);
    errors.insert(errors.end(), resolved.errors.begin(), resolved.errors.end());
    if (command.print_config) std::cout << print_options(resolved);
    if (!errors.empty()) return fail_options(errors);
    if (command.print_config) return static_cast<int>(ExitCode::stopped);
    if (command.check_config) {
        std::cout << "the settings are valid: " << describe_sources(resolved) << "\n";
        return static_cast<int>(ExitCode::stopped);
    }

    const LogFormat usual = stderr_log_format();
    const LogFormat format = resolved.options.log_format.value_or(usual);
    const std::unique_ptr<Log> log = make_stderr_log(resolved.options.log_level, format);
    for (const std::string& note : resolved.notes) log->info("start.note", note);
    DaemonStart start;
    start.resolved = std::move(resolved);
    start.version = EXECD_VERSION;
    start.person = usual == LogFormat::text && format == LogFormat::text;
    start.read = [&command] { return load_options(command.flags, process_environment, command.config_path); };
    return static_cast<int>(run_daemon(std::move(start), *log));
}

}  // namespace
}  // namespace libexec::server

int main(int count, char** words) {
    try {
        return libexec::server::run(count, words);
    } catch (const std::exception& error) {
        std::cerr << "execd: " << error.what() << "\n";
        return static_cast<int>(libexec::server::ExitCode::fault);
    }
}
