#pragma once

#include <string_view>

namespace libexec {

// The small alphabet of HTTP/1.1 (RFC 9110 section 5.6), free of the locale.

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline bool is_token_char(char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline bool is_token(std::string_view text) {
    for (const char c : text) {
        if (!is_token_char(c)) return false;
    }
    return !text.empty();
}

/// Control characters, DEL included; a tab is one too.
inline bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// Without blanks and tabs around it.
inline std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Takes the part before `mark` off the front of `rest`, and the mark with it; all of it when there is no
/// mark.
inline std::string_view cut_at(std::string_view& rest, char mark) {
    const std::size_t at = rest.find(mark);
    const std::string_view front = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
    return front;
}

}  // namespace libexec
