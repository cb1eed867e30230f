#include "options.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

#include "trouble.hpp"

using namespace libexec::cli;
using namespace std::chrono_literals;

namespace {

ParsedCommand parse(std::vector<const char*> words) {
    words.insert(words.begin(), "execctl");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

/// Why a command line is refused; empty when it is not.
std::string refusal(const std::vector<const char*>& words) {
    try {
        parse(words);
        return {};
    } catch (const Trouble& trouble) {
        CHECK(trouble.complaint().exit == ExitCode::usage);
        CHECK(trouble.complaint().funds == "nothing was sent, no funds moved");
        return trouble.complaint().what + " / " + trouble.complaint().next;
    }
}

SubmitOptions submit(const std::vector<const char*>& words) {
    return std::get<SubmitOptions>(parse(words).command);
}

}  // namespace

TEST_SUITE("cli/options") {
    TEST_CASE("a trade is two tokens and an amount, or a pair and an amount") {
        for (const SubmitOptions& trade :
             {submit({"submit", "SOL", "USDC", "1_000.5"}), submit({"submit", "SOL/USDC", "1000.5"})}) {
            CHECK(trade.token_in == "SOL");
            CHECK(trade.token_out == "USDC");
            CHECK(trade.amount == "1000.5");
            CHECK(trade.wait);
            CHECK_FALSE(trade.slippage_bps);
        }
    }

    TEST_CASE("options may stand before and after the command") {
        const ParsedCommand before =
            parse({"-o", "json", "-s", "h:1/", "submit", "SOL", "USDC", "1", "--slippage-bps", "0"});
        const ParsedCommand after =
            parse({"submit", "SOL", "USDC", "1", "--slippage-bps", "0", "-o", "json", "-s", "http://h:1"});
        for (const ParsedCommand& parsed : {before, after}) {
            CHECK(parsed.options.output == Output::json);
            CHECK(parsed.options.server == "http://h:1");
            CHECK(std::get<SubmitOptions>(parsed.command).slippage_bps == 0u);
        }
    }

    TEST_CASE("what cannot be meant is refused before anything is sent") {
        const std::vector<std::vector<const char*>> lines{
            {},
            {"submit"},
            {"submit", "SOL", "USDC"},
            {"submit", "SOL/USDC"},
            {"submit", "SOL", "SOL", "1"},
            {"submit", "SOL/", "1"},
            {"submit", "SOL/USDC", "X", "1"},
            {"submit", "SOL", "USDC", "1", "2"},
            {"submit", "SOL", "USDC", "0"},
            {"submit", "SOL", "USDC", "0.00"},
            {"submit", "SOL", "USDC", "-1"},
            {"submit", "SOL", "USDC", "1e3"},
            {"submit", "SOL", "USDC", "1.2.3"},
            {"submit", "SOL", "USDC", ".5"},
            {"submit", "SOL", "USDC", "max"},
            {"submit", "SOL", "USDC", "1", "--slippage-bps", "10001"},
            {"submit", "SOL", "USDC", "1", "-o", "xml"},
            {"submit", "SOL", "USDC", "1", "--timeout", "30"},
            {"submit", "SOL", "USDC", "1", "-s", "ftp://h"},
            {"watch"},
            {"watch", "../x"},
            {"get", "a b"},
            {"bench", "--orders", "0"},
            {"bench", "--mode", "fast"},
            {"frobnicate"}};
        for (const auto& line : lines) {
            std::string shown;
            for (const char* word : line) shown += std::string(word) + " ";
            CAPTURE(shown);
            CHECK_FALSE(refusal(line).empty());
        }
    }

    TEST_CASE("a mistyped command is recognised") {
        CHECK(refusal({"sumbit", "SOL", "USDC", "1"}).find("did you mean 'submit'?") != std::string::npos);
        CHECK(refusal({"bensh"}).find("did you mean 'bench'?") != std::string::npos);
    }

    TEST_CASE("the environment names a server, the command line overrules it") {
        ::setenv("EXEC_SERVER", "http://from-environment:1", 1);
        CHECK(parse({"version"}).options.server == "http://from-environment:1");
        CHECK(parse({"version", "--server", "http://from-flag"}).options.server == "http://from-flag");
        ::unsetenv("EXEC_SERVER");
        CHECK(parse({"version"}).options.server == "http://localhost:3000");
    }

    TEST_CASE("help is an answer, not a mistake") {
        CHECK(parse({"--help"}).help.value().find("Exit codes") != std::string::npos);
        CHECK(parse({"submit", "--help"}).help.value().find("--exact-out") != std::string::npos);
        CHECK(parse({"--version"}).help.value().find("execctl") == 0);
    }
}
