#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace libexec::cli {

/// How to write for whoever reads standard output.
struct Style {
    bool colour = false;
    bool utf8 = false;
    bool in_place = false;  ///< a terminal that can redraw its last line
    std::size_t columns = 80;
    std::size_t rows = 24;
    bool follows_window = false;  ///< the window's size may be asked for again

    std::string_view tick() const { return utf8 ? "✓" : "+"; }
    std::string_view cross() const { return utf8 ? "✗" : "x"; }
    std::string_view going() const { return utf8 ? "▸" : ">"; }
    std::string_view again() const { return utf8 ? "↻" : "~"; }
    std::string_view arrow() const { return utf8 ? "→" : "->"; }
    std::string_view back_arrow() const { return utf8 ? "←" : "<-"; }
    std::string_view ellipsis() const { return utf8 ? "…" : "..."; }
};

enum class Colour { none, green, red, yellow, grey };
enum class ColourChoice { automatic, always, never };

/// What decides a style; a test fills it by hand.
struct TerminalFacts {
    bool is_terminal = false;
    std::size_t columns = 80;
    std::size_t rows = 24;
    std::function<std::string(const char*)> environment;  ///< empty text: unset
};

/// NO_COLOR, CLICOLOR_FORCE, TERM and the locale are honoured; a choice on the command line wins.
Style choose_style(const TerminalFacts& facts, ColourChoice choice);

/// The facts about standard output of this process.
TerminalFacts standard_output_facts();

/// `text` in a colour, if the style has colours.
std::string paint(const Style& style, Colour colour, std::string_view text);

/// Text from elsewhere, made harmless: no control characters, and ASCII only where the terminal needs that.
std::string printable(const Style& style, std::string_view text);

/// How many columns a text takes: one for each code point, escape sequences none.
std::size_t width_of(std::string_view text);
/// At most `columns` wide, without cutting a code point or an escape sequence.
std::string cut_to_width(std::string_view text, std::size_t columns);

/// Words filled into lines of at most `columns` (one word may be longer), each but the first begun with
/// `indent` blanks; the first has `used` columns taken already.
std::string fill_words(std::string_view words, std::size_t indent, std::size_t used, std::size_t columns);

/// Where a command writes: data to `out`, talk to `err`.
struct Console {
    std::ostream& out;
    std::ostream& err;
    Style style;
};

}  // namespace libexec::cli
