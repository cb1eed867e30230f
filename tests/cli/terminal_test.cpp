#include "terminal.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace libexec::cli;

namespace {

TerminalFacts facts(bool is_terminal, std::map<std::string, std::string> variables) {
    TerminalFacts made;
    made.is_terminal = is_terminal;
    made.environment = [variables](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    };
    return made;
}

}  // namespace

TEST_SUITE("cli/terminal") {
    TEST_CASE("colours and redrawing are for terminals that can, and that want them") {
        struct Row {
            const char* what;
            bool is_terminal;
            std::map<std::string, std::string> environment;
            ColourChoice choice;
            bool colour;
            bool in_place;
        };
        const ColourChoice automatic = ColourChoice::automatic;
        const std::vector<Row> rows{
            {"a terminal", true, {{"TERM", "xterm"}}, automatic, true, true},
            {"a pipe", false, {{"TERM", "xterm"}}, automatic, false, false},
            {"a dumb terminal", true, {{"TERM", "dumb"}}, automatic, false, false},
            {"NO_COLOR", true, {{"NO_COLOR", "1"}}, automatic, false, true},
            {"an empty NO_COLOR", true, {{"NO_COLOR", ""}}, automatic, true, true},
            {"CLICOLOR_FORCE in a pipe", false, {{"CLICOLOR_FORCE", "1"}}, automatic, true, false},
            {"CLICOLOR_FORCE=0", false, {{"CLICOLOR_FORCE", "0"}}, automatic, false, false},
            {"NO_COLOR over CLICOLOR_FORCE",
             false,
             {{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}},
             automatic,
             false,
             false},
            {"--color always over NO_COLOR", false, {{"NO_COLOR", "1"}}, ColourChoice::always, true, false},
            {"--color never", true, {}, ColourChoice::never, false, true},
        };
        for (const Row& row : rows) {
            CAPTURE(row.what);
            const Style style = choose_style(facts(row.is_terminal, row.environment), row.choice);
            CHECK(style.colour == row.colour);
            CHECK(style.in_place == row.in_place);
        }
    }

    TEST_CASE("the locale decides about UTF-8, its strongest variable first") {
        const auto utf8 = [](std::map<std::string, std::string> variables) {
            return choose_style(facts(true, std::move(variables)), ColourChoice::automatic).utf8;
        };
        CHECK(utf8({{"LANG", "en_US.UTF-8"}}));
        CHECK(utf8({{"LANG", "C.utf8"}}));
        CHECK_FALSE(utf8({}));
        CHECK_FALSE(utf8({{"LANG", "C"}}));
        CHECK_FALSE(utf8({{"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}}));
        CHECK(utf8({{"LC_CTYPE", "de_DE.UTF-8"}, {"LANG", "C"}}));
    }

    TEST_CASE("cutting keeps code points whole and colours closed") {
        const std::string text = "\x1b[32m✓ abc\x1b[0m";
        CHECK(width_of(text) == 5);
        CHECK(cut_to_width(text, 3) == "\x1b[32m✓ a\x1b[0m");
        CHECK(cut_to_width(text, 5) == text);
        CHECK(cut_to_width("✓✓✓", 2) == "✓✓");
    }

    TEST_CASE("text from elsewhere is made harmless") {
        Style utf8;
        utf8.utf8 = true;
        CHECK(printable(utf8, "a\x1b[31mb\r\n\t→\xC2\x9B") == "a?[31mb???→?");
        CHECK(printable(Style{}, "a→b") == "a?b");
    }
}
