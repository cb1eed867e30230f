#pragma once

#include <string>

#include "libexec/embed/config.hpp"

namespace libexec {

/// The path in `sqlite:PATH`. Throws std::runtime_error for any other scheme.
std::string sqlite_path(const std::string& database_url);

/// `chain.journal` in the database's folder, unless the configuration names another file.
std::string journal_path(const Config& config);

/// Throws std::runtime_error naming the first value that breaks its rule.
void check(const Config& config);

}  // namespace libexec
