#include "config_file.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include <toml++/toml.h>

#include "libexec/access/key_file.hpp"
#include "libexec/json/nearest_word.hpp"
#include "libexec/model/token.hpp"
#include "tls_files.hpp"

namespace libexec::server {
namespace {

/// The shortest decimal that means the same number, which is what people wrote.
std::string plain_decimal(double value) {
    char digits[512];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed);
    return error == std::errc{} ? std::string(digits, end) : std::string();
}

std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* const text = node.as_string()) return text->get();
    if (const auto* const whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* const decimal = node.as_floating_point()) return plain_decimal(decimal->get());
    if (const auto* const truth = node.as_boolean()) return truth->get() ? "true" : "false";
    return std::nullopt;
}

const Setting* find_setting(std::string_view key) {
    for (const Setting& setting : settings()) {
        if (setting.key == key) return &setting;
    }
    return nullptr;
}

std::string place(const std::string& file_name, const toml::source_region& region) {
    return file_name + ":" + std::to_string(region.begin.line);
}

/// A list of tokens that cannot be read is a bad setting, not a machine's fault.
void check_tokens_file(ResolvedOptions& resolved) {
    const std::string& path = resolved.options.engine.tokens_file;
    if (path.empty()) return;
    const auto text = read_text_file(path);
    if (!text) {
        resolved.errors.push_back("TOKENS_FILE '" + path + "' cannot be read");
        return;
    }
    const Result<Done> added = TokenRegistry::with_defaults().add_lines(*text);
    if (!added) resolved.errors.push_back("TOKENS_FILE '" + path + "': " + added.error().detail);
}

void check_keys_file(ResolvedOptions& resolved) {
    const std::string& path = resolved.options.api_keys_file;
    if (path.empty()) return;
    const auto keys = KeyFile(path).read();
    if (!keys) resolved.errors.push_back("API_KEYS_FILE " + keys.error().detail);
}

}  // namespace

ConfigFile parse_config(std::string_view text, const std::string& file_name) {
    ConfigFile file;
    toml::table table;
    try {
        table = toml::parse(text, file_name);
    } catch (const toml::parse_error& error) {
        file.errors.push_back(place(file_name, error.source()) + ": " + std::string(error.description()));
        return file;
    }
    std::vector<std::string_view> keys;
    for (const Setting& setting : settings()) keys.push_back(setting.key);
    for (const auto& [key, node] : table) {
        const std::string at = place(file_name, key.source());
        const auto value = text_of(node);
        if (const Setting* const setting = find_setting(key.str())) {
            if (value) {
                file.texts.emplace(setting->env, *value);
                file.places.emplace(setting->env, at);
            } else {
                file.errors.push_back(at + ": " + std::string(key.str()) + " must be " +
                                      std::string(setting->rule));
            }
        } else {
            const std::string_view near = nearest_word(key.str(), keys);
            file.errors.push_back(at + ": unknown key '" + std::string(key.str()) + "'" +
                                  (near.empty() ? ": execd --list-settings shows those there are"
                                                : ": did you mean '" + std::string(near) + "'?"));
        }
    }
    return file;
}

std::optional<std::string> read_text_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream.is_open()) return std::nullopt;
    try {
        std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
        return stream.bad() ? std::nullopt : std::optional(std::move(text));
    } catch (const std::ios_base::failure&) {
        return std::nullopt;  // a folder can be opened, and throws when read
    }
}

ConfigFile read_config_file(const std::string& path) {
    if (const auto text = read_text_file(path)) return parse_config(*text, path);
    ConfigFile file;
    file.errors.push_back("configuration file '" + path + "' cannot be read");
    return file;
}

ResolvedOptions load_options(const SettingTexts& flags, const Environment& environment,
                             const std::string& path) {
    const std::string chosen = path.empty() ? environment("CONFIG_FILE").value_or("") : path;
    ConfigFile file;
    if (!chosen.empty()) file = read_config_file(chosen);
    ResolvedOptions resolved = resolve_options(flags, environment, file);
    if (resolved.errors.empty()) {
        check_tokens_file(resolved);
        load_tls_files(resolved);
        check_keys_file(resolved);
    }
    resolved.file = chosen;
    resolved.errors.insert(resolved.errors.begin(), file.errors.begin(), file.errors.end());
    return resolved;
}

std::optional<std::string> process_environment(std::string_view name) {
    const char* const text =
        std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe): nobody changes it here
    return text != nullptr ? std::optional<std::string>(text) : std::nullopt;
}

std::string suggest_flag(std::string_view flag) {
    std::vector<std::string_view> flags;
    flags = {"--config", "--check-config", "--print-config", "--list-settings", "--help", "--version"};
    for (const Setting& setting : settings()) {
        std::string_view names = setting.flag;
        while (!names.empty()) {
            const std::size_t comma = std::min(names.find(','), names.size());
            flags.push_back(names.substr(0, comma));
            names.remove_prefix(std::min(comma + 1, names.size()));
        }
    }
    const std::string_view near = nearest_word(flag.substr(0, flag.find('=')), flags);
    return near.empty() ? std::string() : "did you mean " + std::string(near) + "?";
}

}  // namespace libexec::server
