#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"

namespace libexec::server {

/// Reads TOML: one flat table of the settings' file keys. Numbers and booleans become the text one would
/// write on the command line. An unknown key is an error that names the nearest one.
ConfigFile parse_config(std::string_view toml, const std::string& file_name);

/// The whole file; nothing when it cannot be read.
std::optional<std::string> read_text_file(const std::string& path);

/// `parse_config` from disk; a file that cannot be read is an error in the answer.
ConfigFile read_config_file(const std::string& path);

/// Everything a start of execd would check, in one place: the file (`path`, or else CONFIG_FILE), every
/// value, the list of tokens, the certificate and its key. All errors are in the answer, those of the file
/// first.
ResolvedOptions load_options(const SettingTexts& flags, const Environment& environment,
                             const std::string& path);

/// The environment of this process.
std::optional<std::string> process_environment(std::string_view name);

/// "did you mean --port?" or empty, for flags that do not exist.
std::string suggest_flag(std::string_view flag);

}  // namespace libexec::server
