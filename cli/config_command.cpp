#include <algorithm>
#include <cerrno>
#include <fstream>
#include <ostream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "commands.hpp"
#include "config_file.hpp"
#include "libexec/json/nearest_word.hpp"
#include "libexec/json/value.hpp"
#include "settings.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::string_view untouched = "nothing was sent, no funds moved";

/// The file execd would read here, and who named it; empty: none.
struct ChosenFile {
    std::string path;
    std::string_view named_by;
};

ChosenFile chosen_file(const Arguments& arguments) {
    if (arguments.has("config")) return {arguments.text("config"), "--config"};
    const std::string path = server::process_environment("CONFIG_FILE").value_or("");
    return {path, path.empty() ? "" : "CONFIG_FILE"};
}

server::ResolvedOptions resolve_here(const Arguments& arguments) {
    return server::load_options({}, server::process_environment, chosen_file(arguments).path);
}

Complaint bad_configuration(const std::vector<std::string>& errors) {
    Complaint complaint;
    complaint.exit = ExitCode::usage;
    complaint.code = "bad_configuration";
    complaint.what = "execd would not start with this configuration";
    complaint.funds = untouched;
    complaint.repeat = "safe, once corrected";
    complaint.next = "correct each line above; docs/configuration.md lists every setting with its rule";
    std::string document = complaint_json(complaint);
    document.back() = ',';
    document += "\"errors\":[";
    for (const std::string& error : errors) {
        complaint.what += "\n  - " + error;
        document +=
            (&error == errors.data() ? "{\"message\":" : ",{\"message\":") + to_json_string(error) + "}";
    }
    complaint.problem = document + "]}";
    return complaint;
}

/// A bad value is still shown, with what is wrong with it on standard error.
ExitCode show_command(const Context& context, const Arguments& arguments) {
    const server::ResolvedOptions resolved = resolve_here(arguments);
    std::vector<std::string_view> known;
    for (const server::Setting& setting : server::settings()) {
        known.push_back(setting.env);
        known.push_back(setting.key);
    }
    const std::vector<std::string> wanted = arguments.texts("SETTING");
    for (const std::string& name : wanted) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string_view near = nearest_word(name, known);
        throw Trouble(usage_complaint(
            "there is no setting '" + name + "'",
            near.empty() ? "execctl config show lists them" : "did you mean '" + std::string(near) + "'?"));
    }

    const bool origin = arguments.has("origin");
    Sheet sheet({{"setting", "SETTING"},
                 {"key", "KEY", false, true},
                 {"value", "VALUE"},
                 {"origin", "ORIGIN", false, !origin},
                 {"default", "DEFAULT", false, true}});
    std::string values;
    for (const server::ResolvedValue& value : resolved.values) {
        const server::Setting& setting = *value.setting;
        const auto names_it = [&setting](const std::string& name) {
            return name == setting.env || name == setting.key;
        };
        if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(), names_it)) continue;
        const std::string text = server::shown_text(value);
        const Colour colour = value.origin == server::Origin::fallback ? Colour::grey : Colour::none;
        sheet.add({setting.env, setting.key, Cell(text, text, colour), server::describe_origin(value),
                   setting.fallback});
        values += printable(context.console.style, text) + "\n";
    }
    if (!resolved.errors.empty()) {
        // Not as a document: what was asked for, the values, is one already.
        report(bad_configuration(resolved.errors), Output::table, context.console);
    }
    if (context.options.quiet && context.options.output == Output::table) {
        context.console.out << values;
    } else {
        sheet.print(context);
    }
    return resolved.errors.empty() ? ExitCode::done : ExitCode::usage;
}

[[noreturn]] void refuse_file(const std::string& path, int error) {
    if (error == EEXIST) {
        throw Trouble(usage_complaint("'" + path + "' exists already and was left as it is",
                                      "name another with --file, or overwrite it with --force"));
    }
    Complaint complaint;
    complaint.code = "file";
    complaint.what = "'" + path + "' cannot be written (" + std::generic_category().message(error) + ")";
    complaint.funds = untouched;
    complaint.repeat = "safe";
    complaint.next = "name a file in a folder you may write to with --file";
    throw Trouble(complaint);
}

/// Everything or an error number. Without `force` the kernel refuses a file that is there, whoever made it.
int write_file(const std::string& path, const std::string& text, bool force) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0644);
    if (file < 0) return errno;
    int error = 0;
    for (std::size_t done = 0; done < text.size() && error == 0;) {
        const ssize_t written = ::write(file, text.data() + done, text.size() - done);
        if (written < 0 && errno != EINTR) error = errno;
        if (written > 0) done += static_cast<std::size_t>(written);
    }
    if (::close(file) != 0 && error == 0) error = errno;
    return error;
}

ExitCode init_command(const Context& context, const Arguments& arguments) {
    const std::string path = arguments.text("file", "exec.toml");
    const int error = write_file(path, server::default_config_text(), arguments.has("force"));
    if (error != 0) refuse_file(path, error);
    if (context.options.output == Output::table) {
        context.console.out << (context.options.quiet ? "" : "wrote ")
                            << printable(context.console.style, path) << '\n';
        context.console.err << "every line is a default, commented out; use it with: execd --config "
                            << printable(context.console.style, path) << '\n';
        return ExitCode::done;
    }
    Sheet sheet(std::vector<Column>{{"file", "FILE"}});
    sheet.add({path});
    sheet.print_one(context);
    return ExitCode::done;
}

ExitCode check_command(const Context& context, const Arguments& arguments) {
    const server::ResolvedOptions resolved = resolve_here(arguments);
    if (!resolved.errors.empty()) throw Trouble(bad_configuration(resolved.errors));
    const std::string file = chosen_file(arguments).path;
    const auto chosen = std::count_if(resolved.values.begin(), resolved.values.end(), [](const auto& value) {
        return value.origin != server::Origin::fallback;
    });
    for (const std::string& note : resolved.notes) context.console.err << note << '\n';
    if (context.options.output == Output::table) {
        if (!context.options.quiet) {
            context.console.out << "good  " << chosen << " of " << resolved.values.size()
                                << " settings differ from the defaults\n";
        }
        return ExitCode::done;
    }
    Sheet sheet({{"state", "STATE"}, {"file", "FILE"}, {"set", "SET", true}});
    sheet.add({"good", file, std::to_string(chosen)});
    sheet.print_one(context);
    return ExitCode::done;
}

ExitCode path_command(const Context& context, const Arguments& arguments) {
    const ChosenFile file = chosen_file(arguments);
    const bool there = !file.path.empty() && ::access(file.path.c_str(), R_OK) == 0;
    if (context.options.output == Output::table) {
        if (file.path.empty()) {
            context.console.err << "no file: execd reads one only when --config or CONFIG_FILE names it\n";
            return ExitCode::done;
        }
        context.console.out << printable(context.console.style, file.path) << '\n';
        if (!there) context.console.err << "it cannot be read; `execctl config init --file` writes one\n";
        return ExitCode::done;
    }
    Sheet sheet({{"file", "FILE"}, {"namedBy", "NAMED BY"}, {"readable", "READABLE"}});
    sheet.add({file.path, file.named_by, there ? "true" : "false"});
    sheet.print_one(context);
    return ExitCode::done;
}

const OptionSpec config_option{
    "-c,--config", "FILE", "Another configuration file", "the one CONFIG_FILE names", false, Completes::file};

const CommandSpec show_spec{
    .name = "show",
    .summary = "Show every setting as execd would have it here",
    .description =
        "The environment and the file are those execd would use if it were started here. Secrets "
        "are masked.",
    .words = {{"SETTING", "Only these, by variable or key", WordSpec::Count::any, Completes::setting}},
    .options = {{"--origin", "", "Where each value came from: environment, file with its line, or default"},
                config_option},
    .examples = {{"execctl config show --origin", "every value and who set it"},
                 {"execctl config show PORT -q", "one value alone"}},
    .run = show_command,
    .children = {},
    .hidden = false};

const CommandSpec init_spec{
    .name = "init",
    .summary = "Write a configuration file to start from",
    .description =
        "Every setting is in it with its meaning, rule and default, commented out. A file that is "
        "there is left alone.",
    .words = {},
    .options = {{"--file", "FILE", "Where to", "exec.toml", false, Completes::file},
                {"--force", "", "Overwrite a file that is there"}},
    .examples = {{"execctl config init --file /etc/execd.toml", "write it, then edit it"}},
    .run = init_command,
    .children = {},
    .hidden = false};

const CommandSpec check_spec{
    .name = "check",
    .summary = "Check the configuration: exit code 0 when execd would start with it, 2 when not",
    .description = "Every error is listed, with the value, its rule and the nearest valid key.",
    .words = {},
    .options = {config_option},
    .examples = {{"execctl config check --config exec.toml", "before a restart"}},
    .run = check_command,
    .children = {},
    .hidden = false};

const CommandSpec path_spec{.name = "path",
                            .summary = "Show which configuration file execd would read here",
                            .description = {},
                            .words = {},
                            .options = {config_option},
                            .examples = {},
                            .run = path_command,
                            .children = {},
                            .hidden = false};

}  // namespace

const CommandSpec& config_spec() {
    static const CommandSpec spec{
        .name = "config",
        .summary = "Show, write and check execd's configuration",
        .description =
            "Flags of execd win over the environment, the environment over the file, the file "
            "over the defaults.",
        .words = {},
        .options = {},
        .examples = {{"execctl config show --origin", "every setting, its value and where it came from"}},
        .run = nullptr,
        .children = {&show_spec, &init_spec, &check_spec, &path_spec},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
