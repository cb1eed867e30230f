#include "command_line.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

#include "libexec/json/value.hpp"
#include "scripted_wire.hpp"
#include "trade_words.hpp"
#include "trouble.hpp"

using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;

namespace {

ParsedCommand parse(std::vector<const char*> words) {
    words.insert(words.begin(), "execctl");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

/// Why a command line is refused before anything is sent; empty when it is not.
std::string refusal(std::vector<const char*> words) {
    ScriptedWire nothing;
    const Outcome outcome = run_line(nothing, std::move(words));
    if (outcome.exit == ExitCode::done) return {};
    CHECK(outcome.exit == ExitCode::usage);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find("nothing was sent, no funds moved") != std::string::npos);
    return outcome.err;
}

Trade trade_in(const std::vector<const char*>& words) { return read_trade(parse(words).arguments); }

}  // namespace

TEST_SUITE("cli/options") {
    TEST_CASE("a trade is two tokens and an amount, or a pair and an amount") {
        for (const Trade& trade :
             {trade_in({"submit", "SOL", "USDC", "1_000.5"}), trade_in({"submit", "SOL/USDC", "1000.5"})}) {
            CHECK(trade.token_in == "SOL");
            CHECK(trade.token_out == "USDC");
            CHECK(trade.amount == "1000.5");
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
            CHECK(read_trade(parsed.arguments).slippage_bps == 0u);
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
            {"watch", "../x"},
            {"get", "a b"},
            {"bench", "--orders", "0"},
            {"bench", "--mode", "fast"},
            {"submit", "SOL", "USDC", "1", "--slippage-bps", "1", "--slippage-bps", "2"},
            {"get", "01890"},
            {"version", "--columns", "nmae", "-o", "csv"},
            {"frobnicate"}};
        for (const auto& line : lines) {
            std::string shown;
            for (const char* word : line) shown += std::string(word) + " ";
            CAPTURE(shown);
            CHECK_FALSE(refusal(line).empty());
        }
    }

    TEST_CASE("a word may be called like a command") {
        CHECK(parse({"help", "config", "show"}).arguments.texts("COMMAND") ==
              std::vector<std::string>{"config", "show"});
        CHECK(parse({"get", "list"}).command->name == "get");
        CHECK(parse({"get", "list", "-o", "json"}).options.output == Output::json);
        ScriptedWire nothing;
        CHECK(run_line(nothing, {"help", "config", "show"}).out.find("execctl config show") !=
              std::string::npos);
    }

    TEST_CASE("a mistyped command is recognised") {
        CHECK(refusal({"sumbit", "SOL", "USDC", "1"}).find("did you mean 'submit'?") != std::string::npos);
        CHECK(refusal({"bensh"}).find("did you mean 'bench'?") != std::string::npos);
        CHECK(refusal({"submit", "SOL", "USDC", "1", "--slipage-bps", "1"})
                  .find("did you mean '--slippage-bps'?") != std::string::npos);
        CHECK(refusal({"version", "-o", "jsn"}).find("did you mean 'json'?") != std::string::npos);
    }

    TEST_CASE("the environment names a server, the command line overrules it") {
        ::setenv("EXEC_SERVER", "http://from-environment:1", 1);
        CHECK(parse({"version"}).options.server == "http://from-environment:1");
        CHECK(parse({"version", "--server", "http://from-flag"}).options.server == "http://from-flag");
        ::unsetenv("EXEC_SERVER");
        CHECK(parse({"version"}).options.server == "http://localhost:3000");

        ::setenv("EXEC_OUTPUT", "csv", 1);
        CHECK(parse({"version"}).options.output == Output::csv);
        CHECK(parse({"version", "-o", "json"}).options.output == Output::json);
        ::setenv("EXEC_OUTPUT", "cvs", 1);
        CHECK(refusal({"version"}).find("did you mean 'csv'?") != std::string::npos);
        ::unsetenv("EXEC_OUTPUT");
        CHECK(parse({"version"}).options.output == Output::table);
    }

    TEST_CASE("a mistake is told as a document where documents were asked for") {
        ScriptedWire nothing;
        for (const auto& words : std::vector<std::vector<const char*>>{{"sumbit", "-o", "json"},
                                                                       {"-ojson", "watch"},
                                                                       {"submit", "SOL", "--output=json"},
                                                                       {"-o", "ndjson"}}) {
            const Outcome outcome = run_line(nothing, words);
            CHECK(outcome.exit == ExitCode::usage);
            const auto document = libexec::JsonValue::parse(outcome.out);
            REQUIRE(document);
            CHECK(document.value()["code"].text() == "usage");
        }
    }

    TEST_CASE("help is an answer, not a mistake") {
        CHECK(parse({"--help"}).help.value().find("Exit codes") != std::string::npos);
        CHECK(parse({"submit", "--help"}).help.value().find("--exact-out") != std::string::npos);
        CHECK(parse({"--version"}).help.value().find("execctl") == 0);
    }
}
