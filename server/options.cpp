#include "options.hpp"

#include <algorithm>

#include <asio/ip/address.hpp>

namespace libexec::server {
namespace {

constexpr std::string_view redis_note =
    "REDIS_URL is set and not needed: queue and events live in the database, nothing will connect to Redis";

std::string shown_name(const ResolvedValue& value) {
    const Setting& setting = *value.setting;
    switch (value.origin) {
        case Origin::flag:
            return std::string(setting.flag.substr(0, setting.flag.find(',')));
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
    if (setting.secret && !text.empty()) return "****";
    const std::size_t at = text.find('@');
    const std::size_t scheme = text.find("://");
    if (at == std::string::npos || scheme == std::string::npos || scheme > at) return text;
    const std::size_t colon = text.find(':', scheme + 3);
    if (colon == std::string::npos || colon > at) return text;
    return text.substr(0, colon + 1) + "****" + text.substr(at);
}

ResolvedValue pick(const Setting& setting, const SettingTexts& flags, const Environment& environment,
                   const SettingTexts& file) {
    if (const auto flag = flags.find(setting.env); flag != flags.end())
        return {&setting, flag->second, Origin::flag};
    if (auto text = environment(setting.env); text && !text->empty()) {
        return {&setting, std::move(*text), Origin::environment};
    }
    if (const auto entry = file.find(setting.env); entry != file.end())
        return {&setting, entry->second, Origin::file};
    return {&setting, std::string(setting.fallback), Origin::fallback};
}

void check_together(ResolvedOptions& resolved) {
    const Options& options = resolved.options;
    if (!options.insecure && !options.http.host.empty() && !is_loopback(options.http.host)) {
        resolved.errors.push_back(
            "HOST '" + options.http.host +
            "' can be reached from other machines and this server asks nobody for a key: listen on "
            "127.0.0.1, or say --insecure");
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
                                const SettingTexts& file) {
    ResolvedOptions resolved;
    for (const Setting& setting : settings()) {
        ResolvedValue value = pick(setting, flags, environment, file);
        if (!setting.take(resolved.options, value.text)) {
            resolved.errors.push_back(shown_name(value) + " '" + masked(setting, value.text) + "' (" +
                                      std::string(to_string(value.origin)) + "): must be " +
                                      std::string(setting.rule));
        }
        resolved.values.push_back(std::move(value));
    }
    for (const UnavailableSetting& setting : unavailable_settings()) {
        const auto text = environment(setting.env);
        if ((text && !text->empty()) || flags.contains(setting.env) || file.contains(setting.env)) {
            resolved.errors.push_back(std::string(setting.env) + " is set, but " + std::string(setting.why) +
                                      ": unset it");
        }
    }
    if (const auto redis = environment("REDIS_URL"); redis && !redis->empty()) {
        resolved.notes.emplace_back(redis_note);
    }
    check_together(resolved);
    return resolved;
}

std::string print_options(const ResolvedOptions& resolved) {
    std::string text;
    for (const ResolvedValue& value : resolved.values) {
        std::string line(value.setting->env);
        line.resize(std::max<std::size_t>(line.size() + 1, 20), ' ');
        const std::string shown = masked(*value.setting, value.text);
        line += shown.empty() ? "(none)" : shown;
        line.resize(std::max<std::size_t>(line.size() + 1, 48), ' ');
        text += line + std::string(to_string(value.origin)) + "\n";
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
        cell(setting.flag.substr(0, setting.flag.find(',')), true);
        cell(setting.key, true);
        cell(setting.fallback, true);
        cell(setting.rule, false);
        cell(setting.meaning, false);
        text += "\n";
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
