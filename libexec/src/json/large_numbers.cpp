#include "large_numbers.hpp"

#include <algorithm>

namespace libexec::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The text that begins here, with its quotes; all the rest when it has no end.
std::string_view quoted_at_front(std::string_view rest) {
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '\\') {
            ++i;
        } else if (rest[i] == '"') {
            return rest.substr(0, i + 1);
        }
    }
    return rest;
}

std::size_t digits_at_front(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    return count;
}

/// -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t whole = digits_at_front(text);
    if (whole == 0 || (whole > 1 && text.front() == '0')) return false;
    text.remove_prefix(whole);
    if (text.starts_with('.')) {
        const std::size_t fraction = digits_at_front(text.substr(1));
        if (fraction == 0) return false;
        text.remove_prefix(1 + fraction);
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        const std::size_t power = digits_at_front(text);
        if (power == 0) return false;
        text.remove_prefix(power);
    }
    return text.empty();
}

bool may_be_large(std::string_view number) {
    constexpr std::size_t digits_of_any_double = 300;
    return number.size() > digits_of_any_double || number.find_first_of("eE") != std::string_view::npos;
}

}  // namespace

LargeNumbers set_aside_large_numbers(std::string_view text) {
    LargeNumbers aside;
    aside.text = text;
    std::size_t position = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        std::size_t size = 1;
        if (rest.front() == '"') {
            size = quoted_at_front(rest).size();
        } else if (rest.front() == '-' || is_digit(rest.front())) {
            size = std::min(rest.find_first_not_of("+-.0123456789eE"), rest.size());
            const std::string_view number = rest.substr(0, size);
            if (may_be_large(number) && is_number(number)) {
                aside.by_position.emplace(position, number);
                // Blanks fill up, so that every byte keeps its place in messages.
                aside.text.replace(at, size, std::string(size, ' ')).replace(at, 1, "0");
            }
            ++position;
        }
        at += size;
    }
    return aside;
}

}  // namespace libexec::json
