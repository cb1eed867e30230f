#pragma once

#include <doctest/doctest.h>

#include <string>

namespace libexec::test {

/// Checks that the words are in the text, which is shown when they are not.
inline bool says(const std::string& text, const std::string& words) {
    CAPTURE(text);
    CAPTURE(words);
    const bool does = text.find(words) != std::string::npos;
    CHECK(does);
    return does;
}

}  // namespace libexec::test
