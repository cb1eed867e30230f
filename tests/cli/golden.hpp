#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace libexec::cli::test {

/// Compares with a file of the repository. `UPDATE_GOLDEN=1 cli_tests` writes the files anew instead; look at
/// `git diff` then.
inline void check_golden(const std::string& path, const std::string& text) {
    const char* const update = std::getenv("UPDATE_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
    if (update != nullptr && std::string(update) == "1") {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << text;
        REQUIRE_MESSAGE(file.good(), path, " cannot be written");
        return;
    }
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), path, " is missing: UPDATE_GOLDEN=1 cli_tests writes it");
    std::ostringstream wanted;
    wanted << file.rdbuf();
    INFO("UPDATE_GOLDEN=1 cli_tests renews ", path);
    CHECK(text == wanted.str());
}

/// A file of tests/cli/golden.
inline std::string golden(const std::string& name) { return CLI_GOLDEN_DIR "/" + name; }

}  // namespace libexec::cli::test
