#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/embed/config.hpp"
#include "libexec/net/http_server.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec::server {

/// Everything the daemon needs to know, checked. Where a default is not said here, it is in the table.
struct Options {
    Config engine;
    HttpServerConfig http;
    std::uint32_t rate_limit = 30;          ///< submissions per minute and address; 0: no limit
    std::uint32_t ws_per_order = 3;         ///< sockets per order and address; 0: no limit
    std::vector<std::string> cors_origins;  ///< web pages that may use this server; "*": all
    LogLevel log_level = LogLevel::info;
    std::optional<LogFormat> log_format;                ///< nothing: text on a terminal, JSON otherwise
    std::string tls_cert;                               ///< PEM file; empty: plain HTTP
    std::string tls_key;                                ///< PEM file; with `tls_cert` read into `http.tls`
    bool insecure = false;                              ///< may listen beyond loopback without keys
    std::string api_keys_file;                          ///< who may come in; empty: everybody
    std::chrono::milliseconds signature_window{5'000};  ///< how old a signed request may be
};

/// One setting: the only place that knows its names, its rule and its default.
struct Setting {
    std::string_view env;       ///< PORT; also its identity
    std::string_view flag;      ///< --port, or several names with commas
    std::string_view key;       ///< port, in the TOML file
    std::string_view rule;      ///< "a whole number from 0 to 65535"
    std::string_view fallback;  ///< the default, as one would write it
    std::string_view meaning;
    bool secret = false;  ///< never printed in full
    /// Takes the value over, or leaves everything as it was and says false: then the rule is broken.
    bool (*take)(Options&, std::string_view) = nullptr;
    std::string_view words = {};  ///< of a setting that is one of a few words: those, with blanks between
    bool live = false;            ///< SIGHUP applies it; the others count from the next start on
};

std::span<const Setting> settings();
/// Whether its flag stands alone, without a value behind it.
inline bool is_switch(const Setting& setting) { return setting.words == "true false"; }

enum class Origin : std::uint8_t { fallback, file, environment, flag };
std::string_view to_string(Origin origin);

/// Texts by the setting's environment name.
using SettingTexts = std::map<std::string, std::string, std::less<>>;
/// The environment, or a test's idea of one.
using Environment = std::function<std::optional<std::string>(std::string_view)>;

/// What a configuration file says.
struct ConfigFile {
    SettingTexts texts;
    SettingTexts places;              ///< file and line of each: "exec.toml:4"
    std::vector<std::string> errors;  ///< each with file and line
};

struct ResolvedValue {
    const Setting* setting = nullptr;
    std::string text;
    Origin origin = Origin::fallback;
    std::string place = {};  ///< of a value from a file, where in it: "exec.toml:4"
};

struct ResolvedOptions {
    Options options;
    std::vector<ResolvedValue> values;  ///< one a setting, in the table's order
    std::string file;                   ///< the configuration file that was read; empty: none
    std::vector<std::string> notes;     ///< lines for the operator
    std::vector<std::string> errors;    ///< every bad value with its rule; empty: good to go
};

/// Flags over environment over file over defaults. An empty environment variable counts as not set.
ResolvedOptions resolve_options(const SettingTexts& flags, const Environment& environment,
                                const ConfigFile& file);

/// The value as it may be shown: secrets and passwords masked.
std::string shown_text(const ResolvedValue& value);
/// "default", "file exec.toml:4", "environment PORT" or "flag --port".
std::string describe_origin(const ResolvedValue& value);

/// One line a setting: name, value, origin; secrets masked.
std::string print_options(const ResolvedOptions& resolved);
/// The table as Markdown.
std::string describe_settings();
/// A configuration file to start from: every key with its meaning, rule and default, each commented out, so
/// that a setting nobody chose keeps following the program's default.
std::string default_config_text();

/// Whether only this machine can reach that address.
bool is_loopback(const std::string& host);

}  // namespace libexec::server
