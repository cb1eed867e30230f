#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "text.hpp"

namespace libexec::cli {
namespace {

std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::green:
            return "\x1b[32m";
        case Colour::red:
            return "\x1b[31m";
        case Colour::yellow:
            return "\x1b[33m";
        case Colour::grey:
            return "\x1b[90m";
        case Colour::none:
            break;
    }
    return "";
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The length of the escape sequence or code point that begins at `at`.
std::size_t unit_length(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    if (text[at] == '\x1b') {
        while (end < text.size() && text[end] != 'm') ++end;
        return std::min(end + 1, text.size()) - at;
    }
    while (end < text.size() && is_continuation(text[end])) ++end;
    return end - at;
}

}  // namespace

Style choose_style(const TerminalFacts& facts, ColourChoice choice) {
    const bool dumb = facts.environment("TERM") == "dumb";
    Style style;
    style.columns = facts.columns;
    style.rows = facts.rows;
    style.follows_window = facts.is_terminal;
    style.in_place = facts.is_terminal && !dumb;
    style.colour = facts.is_terminal && !dumb;
    if (!facts.environment("NO_COLOR").empty()) {
        style.colour = false;
    } else if (const std::string force = facts.environment("CLICOLOR_FORCE");
               !force.empty() && force != "0") {
        style.colour = true;
    }
    if (choice != ColourChoice::automatic) style.colour = choice == ColourChoice::always;

    // The first variable that is set decides, as setlocale(LC_CTYPE) does it.
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string locale = lower_case(facts.environment(name));
        if (locale.empty()) continue;
        style.utf8 = locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
        break;
    }
    return style;
}

TerminalFacts standard_output_facts() {
    TerminalFacts facts;
    facts.is_terminal = ::isatty(STDOUT_FILENO) == 1;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        facts.columns = size.ws_col;
        if (size.ws_row > 0) facts.rows = size.ws_row;
    }
    facts.environment = [](const char* name) {
        const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it here
        return std::string(value != nullptr ? value : "");
    };
    return facts;
}

std::string paint(const Style& style, Colour colour, std::string_view text) {
    if (!style.colour || colour == Colour::none) return std::string(text);
    return std::string(code_of(colour)).append(text).append("\x1b[0m");
}

std::string printable(const Style& style, std::string_view text) {
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        std::size_t length = 1;
        if (first >= 0x80) {
            while (at + length < text.size() && is_continuation(text[at + length])) ++length;
        }
        // U+0080..U+009F are control characters as well: C2 80 .. C2 9F.
        const bool control = first < 0x20 || first == 0x7F ||
                             (first == 0xC2 && static_cast<unsigned char>(text[at + length - 1]) < 0xA0);
        if (control || (first >= 0x80 && !style.utf8)) {
            clean.push_back('?');
        } else {
            clean.append(text.substr(at, length));
        }
        at += length;
    }
    return clean;
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size(); at += unit_length(text, at)) {
        if (text[at] != '\x1b') ++width;
    }
    return width;
}

std::string cut_to_width(std::string_view text, std::size_t columns) {
    std::string cut;
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = unit_length(text, at);
        const bool escape = text[at] == '\x1b';
        // Escape sequences after the cut are kept: they switch colours off again.
        if (escape || width < columns) cut.append(text.substr(at, length));
        if (!escape) ++width;
        at += length;
    }
    return cut;
}

std::string fill_words(std::string_view words, std::size_t indent, std::size_t used, std::size_t columns) {
    std::string filled;
    std::size_t column = used;
    for (std::size_t begin = 0; begin < words.size();) {
        const std::size_t end = std::min(words.find(' ', begin), words.size());
        const std::string_view word = words.substr(begin, end - begin);
        const std::size_t width = width_of(word);
        const bool first = column == indent;
        if (!first && column + 1 + width > columns) {
            filled += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (!first) {
            filled += " ";
            column += 1;
        }
        filled += word;
        column += width;
        begin = end + 1;
    }
    return filled;
}

}  // namespace libexec::cli
