// Configuration files: every complaint names its place, and what is accepted means the same when written
// plainly.

#include "config_file.hpp"
#include "fuzz/fuzz_target.hpp"

using namespace libexec;
using namespace libexec::server;
using fuzz::require;

namespace {

const std::string file_name = "exec.toml";

std::optional<std::string> nothing_set(std::string_view) { return std::nullopt; }

std::string key_of(const std::string& env) {
    for (const Setting& setting : settings()) {
        if (setting.env == env) return std::string(setting.key);
    }
    std::string key;
    for (const char c : env) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return key;
}

std::string written_plainly(const SettingTexts& texts) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string toml;
    for (const auto& [env, value] : texts) {
        toml += key_of(env) + " = \"";
        for (const char c : value) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || byte == 0x7f) {
                toml += "\\u00";
                toml += {hex[byte >> 4], hex[byte & 15]};
            } else {
                if (c == '"' || c == '\\') toml += '\\';
                toml += c;
            }
        }
        toml += "\"\n";
    }
    return toml;
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const ConfigFile file = parse_config(fuzz::text_of(data, size), file_name);
    for (const std::string& error : file.errors) {
        require(error.starts_with(file_name + ":"), "an error names file and line");
        require(error.size() > file_name.size() + 4, "and says something");
    }
    const ConfigFile again = parse_config(written_plainly(file.texts), file_name);
    require(again.errors.empty() && again.texts == file.texts,
            "what is read reads the same when written plainly");

    const ResolvedOptions as_file = resolve_options({}, nothing_set, file);
    const ResolvedOptions as_flags = resolve_options(file.texts, nothing_set, {});
    require(as_file.errors.size() == as_flags.errors.size(),
            "a setting is as good in a file as on the command line");
    require(as_file.values.size() == settings().size(), "every setting has a value");
    require(file.places.size() <= file.texts.size(), "a place belongs to a text");
    for (const ResolvedValue& value : as_file.values) {
        const auto given = file.texts.find(value.setting->env);
        require(given == file.texts.end() || given->second.empty() || value.text == given->second,
                "what is given counts");
    }
    require(!print_options(as_file).empty(), "settings can be shown");
    return 0;
}
