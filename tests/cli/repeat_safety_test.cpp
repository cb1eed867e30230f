// Once an order may have been taken, no words of execctl lead anybody to place it a second time.
#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "libexec/json/value.hpp"
#include "order_verdict.hpp"
#include "scripted_wire.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using Kind = HttpOutcome::Kind;

namespace {

const std::string accepted = R"({"success":true,"orderId":")" + order_id + R"(","status":"pending"})";

/// Two orders to place, gone at the end.
struct TwoTrades {
    TwoTrades()
        : name((std::filesystem::temp_directory_path() / ("trades-" + std::to_string(::getpid()))).string()) {
        std::ofstream(name) << "SOL USDC 1\nSOL USDC 2\n";
    }
    ~TwoTrades() { std::filesystem::remove(name); }
    std::string name;
};

}  // namespace

TEST_SUITE("cli/repeat safety") {
    TEST_CASE("an answer that leaves the order's fate open comes with the key that makes a repeat safe") {
        for (const char* const body : {"<html>", R"({"code":"internal","title":"Internal error"})"}) {
            ScriptedWire wire;
            const Outcome outcome =
                run_line(wire.answers(502, body), {"submit", "SOL", "USDC", "1", "--no-wait"});
            CHECK(outcome.exit == ExitCode::unreachable);
            CHECK(has(outcome.err, "safe only with --idempotency-key " + key_of(wire.calls[0])));
        }
    }

    TEST_CASE("a refusal after a lost answer says nothing about what the lost one did") {
        ScriptedWire wire;
        wire.fails(Kind::lost).answers(400, R"({"code":"unknown_token","title":"Unknown token"})");
        const Outcome outcome = run_line(wire, {"submit", "SOL", "USDC", "1", "--no-wait"});
        CHECK(outcome.exit == ExitCode::unreachable);
        CHECK(has(outcome.err, "safe with --idempotency-key " + key_of(wire.calls[0])));
        CHECK_FALSE(has(outcome.err, "moved no funds"));
    }

    TEST_CASE("whatever goes wrong after the acceptance, the order is named and not called safe to repeat") {
        for (const int status : {302, 400, 401, 404}) {
            CAPTURE(status);
            ScriptedWire wire;
            wire.answers(202, accepted).answers(status, R"({"code":"x","title":"No"})");
            const Outcome outcome = run_line(wire, {"submit", "SOL", "USDC", "1", "-o", "json"});
            CHECK(outcome.exit != ExitCode::done);
            CHECK(has(outcome.err, "order   " + order_id));
            CHECK(has(outcome.err, "may still trade"));
            CHECK_FALSE(has(outcome.err, "repeat  safe"));
            const auto document = JsonValue::parse(outcome.out);
            REQUIRE(document);
            CHECK(document.value()["orderId"].text() == order_id);
        }
    }

    TEST_CASE("an order whose end was seen is said to have ended so, also without its document") {
        ScriptedWire wire;
        wire.answers(202, accepted).streams(stream_of(good_life())).fails(Kind::not_sent, "refused");
        const Outcome outcome = run_line(wire, {"submit", "SOL", "USDC", "1", "-o", "json"});
        CHECK(outcome.exit == ExitCode::unreachable);
        CHECK(has(outcome.err, "ended confirmed"));
        CHECK(has(outcome.err, "has traded"));
        CHECK(has(outcome.err, "would be a second trade"));
        CHECK(has(outcome.out, order_id));
    }

    TEST_CASE("output that cannot be written takes nobody's order id away") {
        for (const char* const way : {"--no-wait", "--quiet"}) {
            CAPTURE(way);
            ScriptedWire wire;
            wire.answers(202, accepted);
            if (way == std::string("--quiet")) wire.streams(stream_of(good_life()));
            const char* const words[] = {"execctl", "submit", "SOL", "USDC", "1", way};
            const ParsedCommand parsed = parse_command_line(std::size(words), words);
            RecordedConsole recorded;
            recorded.out.setstate(std::ios::badbit);
            const StandingClock clock;
            const Context context{wire, parsed.options, recorded.console, clock};
            const ExitCode exit =
                run_guarded(context, [&] { return parsed.command->run(context, parsed.arguments); });
            CHECK(exit == ExitCode::unexpected);
            CHECK(has(recorded.err.str(), "could not write to standard output"));
            CHECK(has(recorded.err.str(), "order   " + order_id));
            CHECK(has(recorded.err.str(), "would be a second order"));
        }
    }

    TEST_CASE("a file of orders that broke off is not called safe to send again") {
        const TwoTrades file;
        const std::vector<const char*> line{"submit",    "--file", file.name.c_str(), "--concurrency", "1",
                                            "--timeout", "100ms"};
        const std::string ended = R"({"order":{"id":")" + order_id + R"(","status":"confirmed"}})";

        ScriptedWire away;
        away.answers(202, accepted).answers(200, ended).fails(Kind::not_sent, "refused");
        const Outcome stopped = run_line(away, line);
        CHECK(stopped.exit == ExitCode::unreachable);
        CHECK(has(stopped.err, "stopped at line 2"));
        CHECK_FALSE(has(stopped.err, "funds   nothing was sent"));
        CHECK_FALSE(has(stopped.err, "repeat  safe\n"));

        ScriptedWire lost;
        lost.answers(202, accepted).answers(404, R"({"code":"not_found","title":"Not found"})");
        const Outcome broken = run_line(lost, line);
        CHECK(broken.exit == ExitCode::not_found);
        CHECK_FALSE(has(broken.err, "moves no funds"));
        CHECK_FALSE(has(broken.err, "repeat  safe\n"));
    }

    TEST_CASE("an attempt that sent nothing is not shown with the transaction of another") {
        const auto read = [](const std::string& text) { return JsonValue::parse(text).value(); };
        const std::vector<Try> tries = tries_of(
            {read(event(1, "pending")), read(event(2, "routing")),
             read(event(3, "submitted", R"({"txHash":"first"})")),
             read(event(4, "pending", R"({"reason":"slippage_exceeded"})")), read(event(5, "routing")),
             read(event(6, "failed", R"({"failureReason":"slippage_exceeded","txHash":"first"})"))});
        REQUIRE(tries.size() == 2);
        CHECK(tries[0].tx == "first");
        CHECK(tries[1].tx.empty());
        CHECK(tries[1].result == "slippage_exceeded");
    }

    TEST_CASE("what is no execd is not taken for an empty one") {
        ScriptedWire wire;
        for (const auto& words : std::vector<std::vector<const char*>>{
                 {"list"}, {"stats"}, {"export"}, {"get", order_id.c_str()}, {"get", "@last"}}) {
            CAPTURE(words.front());
            wire.answers(200, "{}");
            const Outcome outcome = run_line(wire, words);
            CHECK(outcome.exit == ExitCode::unexpected);
            CHECK(outcome.err.find("check that --server names an execd") != std::string::npos);
        }
        wire.answers(202, R"({"orderId":"5\u001b[31m"})");
        const Outcome submitted = run_line(wire, {"submit", "SOL", "USDC", "1", "--no-wait"});
        CHECK(submitted.exit == ExitCode::unreachable);
        CHECK(submitted.err.find("--idempotency-key") != std::string::npos);
    }

    TEST_CASE("a retry done again is the same retry") {
        ScriptedWire wire;
        const std::string taken = R"({"orderId":")" + order_id + R"("})";
        wire.answers(202, taken);
        CHECK(run_line(wire, {"retry", order_id.c_str(), "--no-wait"}).exit == ExitCode::done);
        CHECK(key_of(wire.calls.back()) == "retry-" + order_id);
        wire.answers(202, taken);
        CHECK(run_line(wire, {"retry", order_id.c_str(), "--no-wait", "--idempotency-key", "k"}).exit ==
              ExitCode::done);
        CHECK(key_of(wire.calls.back()) == "k");
    }

    TEST_CASE("what nobody expected is told in the same words as everything else") {
        ScriptedWire wire;
        const std::string long_name(5'000, 'a');
        const Outcome outcome = run_line(wire, {"export", "--file", long_name.c_str()});
        CHECK(outcome.exit == ExitCode::unexpected);
        CHECK(outcome.err.find("  repeat  ") != std::string::npos);
        Options options;
        options.output = Output::json;
        const Outcome thrown =
            run_with(wire, options, [](const Context&) -> ExitCode { throw std::runtime_error("surprise"); });
        CHECK(thrown.exit == ExitCode::unexpected);
        CHECK(libexec::JsonValue::parse(thrown.out).value()["code"].text() == "unexpected");
    }
}
