#include "settings.hpp"

#include <algorithm>

#include <asio/ip/address.hpp>

#include "libexec/json/nearest_word.hpp"

namespace libexec::server {
namespace {

constexpr std::string_view redis_note =
    "REDIS_URL is set and not needed: queue and events live in the database, nothing will connect to Redis";

std::string_view first_flag(const Setting& setting) { return setting.flag.substr(0, setting.flag.find(',')); }

std::string shown_name(const ResolvedValue& value) {
    const Setting& setting = *value.setting;
    switch (value.origin) {
        case Origin::flag:
            return std::string(first_flag(setting));
        case Origin::file:
            return std::string(setting.key);
        case Origin::environment:
        case Origin::fallback:
            break;
    }
    return std::string(setting.env);
}

/// The password of a URL, and whole values that are secret.
std::string masked(const Setting& setting, const std::string& text) {
    return setting.secret && !text.empty() ? "****" : without_password(text);
}

ResolvedValue pick(const Setting& setting, const SettingTexts& flags, const Environment& environment,
                   const ConfigFile& file) {
    if (const auto flag = flags.find(setting.env); flag != flags.end())
        return {&setting, flag->second, Origin::flag};
    if (auto text = environment(setting.env); text && !text->empty()) {
        return {&setting, std::move(*text), Origin::environment};
    }
    if (const auto entry = file.texts.find(setting.env); entry != file.texts.end()) {
        const auto place = file.places.find(setting.env);
        return {&setting, entry->second, Origin::file, place != file.places.end() ? place->second : ""};
    }
    return {&setting, std::string(setting.fallback), Origin::fallback};
}

/// "; did you mean 'info'?" or nothing.
std::string suggest_word(const Setting& setting, std::string_view text) {
    std::vector<std::string_view> words;
    for (std::string_view rest = setting.words; !rest.empty();) {
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        words.push_back(rest.substr(0, blank));
        rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
    const std::string_view near = nearest_word(text, words);
    return near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?";
}

std::string describe_error(const ResolvedValue& value) {
    const std::string where = value.place.empty() ? std::string(to_string(value.origin)) : value.place;
    return shown_name(value) + " '" + shown_text(value) + "' (" + where + "): must be " +
           std::string(value.setting->rule) + suggest_word(*value.setting, value.text);
}

/// As TOML has it: a number stays one, everything else is quoted.
std::string toml_value(std::string_view text) {
    const bool number = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos &&
                        text.find('.') == text.rfind('.');
    if (number || text == "true" || text == "false") return std::string(text);
    return '"' + std::string(text) + '"';
}

/// A transaction on a cluster lives for a minute, and finality takes another quarter; a venue asks a node
/// several times before it has built one.
void give_the_chain_its_time(ResolvedOptions& resolved) {
    if (resolved.options.engine.chain != "solana") return;
    for (ResolvedValue& value : resolved.values) {
        if (value.origin != Origin::fallback) continue;
        if (value.setting->env == "ORDER_DEADLINE_MS") value.text = "120000";
        if (value.setting->env == "QUOTE_TIMEOUT_MS") value.text = "5000";
        value.setting->take(resolved.options, value.text);
    }
}

void check_together(ResolvedOptions& resolved) {
    const Options& options = resolved.options;
    if (!options.insecure && options.api_keys_file.empty() && !options.http.host.empty() &&
        !is_loopback(options.http.host)) {
        resolved.errors.push_back(
            "HOST '" + options.http.host +
            "' can be reached from other machines and this server asks nobody for a key: listen on "
            "127.0.0.1, give it keys with --api-keys-file, or say --insecure");
    }
}

}  // namespace

std::string_view to_string(Origin origin) {
    switch (origin) {
        case Origin::fallback:
            return "default";
        case Origin::file:
            return "file";
        case Origin::environment:
            return "environment";
        case Origin::flag:
            return "flag";
    }
    return "default";
}

ResolvedOptions resolve_options(const SettingTexts& flags, const Environment& environment,
                                const ConfigFile& file) {
    ResolvedOptions resolved;
    for (const Setting& setting : settings()) {
        ResolvedValue value = pick(setting, flags, environment, file);
        if (!setting.take(resolved.options, value.text)) resolved.errors.push_back(describe_error(value));
        resolved.values.push_back(std::move(value));
    }
    if (const auto redis = environment("REDIS_URL"); redis && !redis->empty()) {
        resolved.notes.emplace_back(redis_note);
    }
    give_the_chain_its_time(resolved);
    check_together(resolved);
    return resolved;
}

std::string shown_text(const ResolvedValue& value) { return masked(*value.setting, value.text); }

std::string describe_origin(const ResolvedValue& value) {
    std::string text(to_string(value.origin));
    if (value.origin == Origin::flag) text += " " + std::string(first_flag(*value.setting));
    if (value.origin == Origin::environment) text += " " + std::string(value.setting->env);
    if (!value.place.empty()) text += " " + value.place;
    return text;
}

std::string print_options(const ResolvedOptions& resolved) {
    std::string text;
    for (const ResolvedValue& value : resolved.values) {
        std::string line(value.setting->env);
        line.resize(std::max<std::size_t>(line.size() + 1, 20), ' ');
        const std::string shown = shown_text(value);
        line += shown.empty() ? "(none)" : shown;
        line.resize(std::max<std::size_t>(line.size() + 1, 48), ' ');
        text += line + describe_origin(value) + "\n";
    }
    return text;
}

std::string describe_settings() {
    std::string text = "| variable | flag | file | default | rule | meaning |\n|---|---|---|---|---|---|\n";
    for (const Setting& setting : settings()) {
        const auto cell = [&](std::string_view value, bool code) {
            text +=
                code && !value.empty() ? " `" + std::string(value) + "` |" : " " + std::string(value) + " |";
        };
        text += "|";
        cell(setting.env, true);
        cell(first_flag(setting), true);
        cell(setting.key, true);
        cell(setting.fallback, true);
        cell(setting.rule, false);
        cell(setting.meaning, false);
        text += "\n";
    }
    return text;
}

std::string default_config_text() {
    std::string text =
        "# Settings of execd: `execd --config THIS_FILE`. Flags win over the environment, the environment "
        "over\n"
        "# this file, this file over the defaults. Each line below shows a default; take away its first # "
        "to\n"
        "# set it.\n";
    for (const Setting& setting : settings()) {
        text += "\n# " + std::string(setting.meaning) + "\n# " + std::string(setting.rule) + " [" +
                std::string(setting.env) + ", " + std::string(first_flag(setting)) + "]\n";
        text += "#" + std::string(setting.key) + " = " + toml_value(setting.fallback) + "\n";
    }
    return text;
}

bool is_loopback(const std::string& host) {
    if (host == "localhost") return true;
    asio::error_code error;
    const auto address = asio::ip::make_address(host, error);
    return !error && address.is_loopback();
}

}  // namespace libexec::server
