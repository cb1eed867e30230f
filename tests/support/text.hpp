#pragma once

#include <cstddef>
#include <string_view>

namespace libexec::test {

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// How often it is in there.
inline std::size_t times_in(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++times;
    return times;
}

}  // namespace libexec::test
