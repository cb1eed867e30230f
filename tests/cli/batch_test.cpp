// The commands that change orders: cancel, retry, quote, and submit with a file.
#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "libexec/json/value.hpp"
#include "order_poll.hpp"
#include "scripted_wire.hpp"
#include "trade_file.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;
using Kind = HttpOutcome::Kind;

namespace {

const std::string second_id = "01890a5d-ac97-774b-bcce-b302099a8057";

std::string accepted(const std::string& id) {
    return R"({"success":true,"orderId":")" + id + R"(","status":"pending"})";
}

std::string ended(const std::string& id, const std::string& status) {
    return R"({"order":{"id":")" + id + R"(","status":")" + status +
           R"(","tokenOut":"USDC","amountOut":"150.100000","dexUsed":"orca","failure":)" +
           (status == "failed" ? R"({"code":"venue_error"})" : "null") + "}}";
}

std::string header_of(const HttpCall& call, const std::string& name) {
    for (const std::string& header : call.headers) {
        if (header.starts_with(name + ": ")) return header.substr(name.size() + 2);
    }
    return {};
}

/// A file that is gone at the end.
struct TradeFile {
    explicit TradeFile(const std::string& text)
        : name((std::filesystem::temp_directory_path() / ("orders-" + std::to_string(::getpid()))).string()) {
        std::ofstream(name) << text;
    }
    ~TradeFile() { std::filesystem::remove(name); }
    std::string name;
};

std::string refused_lines(const std::string& text) {
    std::istringstream in(text);
    try {
        read_trade_file(in, {});
    } catch (const Trouble& trouble) {
        CHECK(trouble.complaint().exit == ExitCode::usage);
        return trouble.complaint().what;
    }
    return {};
}

}  // namespace

TEST_SUITE("cli/batch") {
    TEST_CASE("a file has an order a line, as words or as JSON") {
        std::istringstream in(
            "# mine\n\nSOL USDC 1\nSOL/USDC 1_000.5 --slippage-bps 5 # fast\n  USDC SOL 2 --exact-out\r\n"
            R"({"tokenIn":"SOL","tokenOut":"USDC","amountOut":"3","slippageBps":7,"clientOrderId":"a"})");
        Trade usual;
        usual.slippage_bps = 50;
        const std::vector<TradeLine> lines = read_trade_file(in, usual);
        REQUIRE(lines.size() == 4);
        CHECK(lines[0].number == 3);
        CHECK(lines[0].trade.slippage_bps == 50u);
        CHECK(lines[1].trade.amount == "1000.5");
        CHECK(lines[1].trade.slippage_bps == 5u);
        CHECK(lines[2].trade.exact_out);
        CHECK(lines[3].number == 6);
        CHECK(lines[3].trade.exact_out);
        CHECK(lines[3].trade.client_order_id == "a");
        CHECK(lines[3].trade.slippage_bps == 7u);
    }

    TEST_CASE("every bad line is named, and one is enough for none to be sent") {
        const std::string what = refused_lines(
            "SOL USDC 1\nSOL USDC\nSOL SOL 1\nSOL USDC 1 --fast\n"
            "{\"tokenin\":\"SOL\"}\n{\nSOL USDC 1 --slippage-bps\n");
        for (const char* const part :
             {"6 lines cannot be read", "line 2: ", "line 3: the two tokens are the same", "--fast",
              "line 5: there is no field tokenin: did you mean tokenIn?", "line 6: ", "needs a value"}) {
            CAPTURE(part);
            CHECK(has(what, part));
        }
        CHECK_FALSE(has(what, "line 1:"));
        CHECK(has(refused_lines("\n# nothing\n"), "no order"));
        ScriptedWire nothing;
        const TradeFile file("SOL USDC 1\nSOL USDC x\n");
        CHECK(run_line(nothing, {"submit", "--file", file.name.c_str()}).exit == ExitCode::usage);
        CHECK(run_line(nothing, {"submit", "--file", "/nonexistent"}).exit == ExitCode::usage);
        CHECK(run_line(nothing, {"submit", "SOL", "--file", file.name.c_str()}).exit == ExitCode::usage);
        CHECK(run_line(nothing, {"submit", "--file", file.name.c_str(), "--concurrency", "65"}).exit ==
              ExitCode::usage);
    }

    TEST_CASE("a row for each order as it ends, and the worst of them is the exit code") {
        const TradeFile file("SOL USDC 1\nSOL USDC 2\nSOL USDC 3\n");
        ScriptedWire wire;
        wire.answers(202, accepted(order_id))
            .answers(202, accepted(second_id))
            .answers(200, R"({"order":{"status":"routing"}})")
            .answers(200, ended(second_id, "confirmed"))
            .answers(400, R"({"code":"unknown_token","title":"Unknown token"})")
            .answers(200, ended(order_id, "failed"));
        const Outcome outcome =
            run_line(wire, {"submit", "--file", file.name.c_str(), "--concurrency", "2", "--idempotency-key",
                            "k", "-o", "csv", "--columns", "line,orderId,status,amountOut,reason"});
        CHECK(outcome.exit == ExitCode::order_failed);
        CHECK(outcome.out == "line,orderId,status,amountOut,reason\r\n2," + second_id +
                                 ",confirmed,150.100000,\r\n3,,refused,,unknown_token\r\n1," + order_id +
                                 ",failed,,venue_error\r\n");
        CHECK(has(outcome.err, "line 3: Unknown token"));
        CHECK(header_of(wire.calls[0], "Idempotency-Key") == "k.1");
        CHECK(header_of(wire.calls[4], "Idempotency-Key") == "k.3");
    }

    TEST_CASE("a server that goes away meanwhile is waited for, with the same key") {
        const TradeFile file("SOL USDC 1\nSOL USDC 2\n");
        ScriptedWire wire;
        wire.answers(202, accepted(order_id))
            .fails(Kind::not_sent)
            .answers(202, accepted(second_id))
            .fails(Kind::not_sent)
            .answers(200, ended(order_id, "confirmed"))
            .answers(200, ended(second_id, "confirmed"));
        const Outcome outcome = run_line(wire, {"submit", "--file", file.name.c_str(), "-o", "json"});
        CHECK(outcome.exit == ExitCode::done);
        CHECK(header_of(wire.calls[1], "Idempotency-Key") == header_of(wire.calls[2], "Idempotency-Key"));
        CHECK(has(outcome.err, "reconnecting (1)"));
        const auto document = JsonValue::parse(outcome.out);
        REQUIRE(document);
        CHECK(document.value()["items"].items()[1]["order"]["status"].text() == "confirmed");

        ScriptedWire nobody;
        nobody.fails(Kind::not_sent);
        const Outcome away = run_line(nobody, {"submit", "--file", file.name.c_str()});
        CHECK(away.exit == ExitCode::unreachable);
        CHECK(has(away.err, "nothing was sent"));
    }

    TEST_CASE("Ctrl-C says which orders live on, and where to go on") {
        const TradeFile file("SOL USDC 1\nSOL USDC 2\n");
        ScriptedWire wire;
        wire.answers(202, accepted(order_id)).answers(200, R"({"order":{"status":"routing"}})");
        wire.interrupt_pause(1);
        const Outcome outcome =
            run_line(wire, {"submit", "--file", file.name.c_str(), "--concurrency", "1", "-o", "json"});
        CHECK(outcome.exit == ExitCode::interrupted);
        CHECK(has(outcome.err, "execctl watch " + order_id));
        CHECK(has(outcome.err, "nothing was sent of what comes after line 1"));
        const auto document = JsonValue::parse(outcome.out);
        REQUIRE(document);
        CHECK(document.value()["items"].items()[0]["status"].text() == "running");
    }

    TEST_CASE("an order that takes too long is left alone, and said to live on") {
        const TradeFile file("SOL USDC 1\n");
        ScriptedWire wire;
        wire.answers(202, accepted(order_id));
        for (int i = 0; i < 3; ++i) wire.answers(200, R"({"order":{"status":"routing"}})");
        const Outcome outcome = run_line(wire, {"submit", "--file", file.name.c_str(), "--timeout", "120ms"});
        CHECK(outcome.exit == ExitCode::still_running);
        CHECK(has(outcome.out, "wait_timed_out"));
    }

    TEST_CASE("cancelling: at once, asked for, or too late") {
        ScriptedWire wire;
        wire.answers(200, ended(order_id, "cancelled"));
        const Outcome done = run_line(wire, {"cancel", order_id.c_str()});
        CHECK(done.exit == ExitCode::done);
        CHECK(done.out == "order " + order_id + "  cancelled\n");
        CHECK(wire.calls[0].method == "POST");
        CHECK(has(wire.calls[0].url, order_id + "/cancel"));

        wire.answers(202, R"({"cancelRequested":true})");
        const Outcome asked = run_line(wire, {"cancel", order_id.c_str()});
        CHECK(asked.exit == ExitCode::done);
        CHECK(has(asked.out, "cancel requested: an attempt is open, nothing new will be signed"));

        wire.answers(202, R"({"cancelRequested":true})").answers(200, ended(order_id, "confirmed"));
        const Outcome late = run_line(wire, {"cancel", order_id.c_str(), "--wait"});
        CHECK(late.exit == ExitCode::conflict);
        CHECK(has(late.out, "confirmed, 150.1 USDC received"));

        wire.answers(409, R"({"code":"too_late_to_cancel","title":"Too late","detail":"it is confirmed"})");
        const Outcome ended_before = run_line(wire, {"cancel", order_id.c_str()});
        CHECK(ended_before.exit == ExitCode::conflict);
        CHECK(has(ended_before.err, "cancelling twice is cancelling once"));
        CHECK_FALSE(has(ended_before.err, "only reads"));
    }

    TEST_CASE("several cancellations: all are known before one is sent, a row each, the worst code") {
        ScriptedWire wire;
        wire.answers(200, R"({"items":[]})");
        const Outcome unknown = run_line(wire, {"cancel", order_id.c_str(), "0189ffff"});
        CHECK(unknown.exit == ExitCode::not_found);
        CHECK(wire.calls.size() == 1);

        wire.fails(Kind::lost)
            .answers(200, ended(order_id, "cancelled"))
            .answers(409, R"({"code":"too_late_to_cancel","title":"Too late"})");
        const Outcome both = run_line(wire, {"cancel", order_id.c_str(), second_id.c_str(), "-o", "csv"});
        CHECK(both.exit == ExitCode::conflict);
        CHECK(both.out == "orderId,result,status,note\r\n" + order_id + ",cancelled,cancelled,cancelled\r\n" +
                              second_id + ",too_late_to_cancel,,Too late\r\n");
    }

    TEST_CASE("one order is retried and followed like a submission") {
        ScriptedWire wire;
        wire.fails(Kind::lost).answers(202, accepted(second_id));
        const Outcome outcome =
            run_line(wire, {"retry", order_id.c_str(), "--slippage-bps", "200", "--no-wait", "-q"});
        CHECK(outcome.out == second_id + "\n");
        CHECK(has(wire.calls[1].url, "/api/orders/" + order_id + "/retry"));
        CHECK(wire.calls[1].body == R"({"slippageBps":200})");
        CHECK(header_of(wire.calls[0], "Idempotency-Key") == header_of(wire.calls[1], "Idempotency-Key"));
        wire.answers(409, R"({"code":"not_failed","title":"Only an order that ended without a fill"})");
        const Outcome alive = run_line(wire, {"retry", order_id.c_str()});
        CHECK(alive.exit == ExitCode::conflict);
        CHECK(has(alive.err, "cancel it first"));
    }

    TEST_CASE("all that failed are retried once, and only when that is wanted") {
        const std::string third = "01890a5d-ac98-774b-bcce-b302099a8057";
        const std::string orders = R"({"items":[{"id":")" + third + R"(","status":"confirmed","retryOf":")" +
                                   second_id + R"("},{"id":")" + second_id +
                                   R"(","status":"failed","retryOf":null},{"id":")" + order_id +
                                   R"(","status":"expired","retryOf":null}],"nextCursor":null})";
        ScriptedWire wire;
        wire.answers(200, orders);
        const Outcome unasked = run_line(wire, {"retry", "--all-failed", "--since", "1h"});
        CHECK(unasked.exit == ExitCode::usage);
        CHECK(has(unasked.err, "would place 1 order again"));
        wire.answers(200, orders).answers(202, accepted(third)).answers(200, ended(third, "confirmed"));
        const Outcome outcome =
            run_line(wire, {"retry", "--all-failed", "--since", "1h", "--yes", "-o", "ndjson"});
        CHECK(outcome.exit == ExitCode::done);
        CHECK(JsonValue::parse(outcome.out).value()["retryOf"].text() == order_id);
        CHECK(header_of(wire.calls[2], "Idempotency-Key") == "retry-" + order_id);
        CHECK(run_line(wire, {"retry", "--all-failed"}).exit == ExitCode::usage);
        CHECK(run_line(wire, {"retry"}).exit == ExitCode::usage);
        CHECK(run_line(wire, {"retry", order_id.c_str(), "--since", "1h"}).exit == ExitCode::usage);
    }

    TEST_CASE("a quote is asked for again and again until Ctrl-C, and places nothing") {
        const std::string quotes =
            R"({"decidedAt":"2026-01-02T03:04:05.000000Z","chosenDex":"orca","mode":"exact_in","slippageBps":50,)"
            R"("tokenOut":{"symbol":"USDC"},"minAmountOut":"149.000000","quotes":[)"
            R"({"venue":"orca","price":"150.0","net":"150.000000","feeBps":25}]})";
        ScriptedWire wire;
        wire.answers(200, quotes).answers(200, quotes);
        wire.interrupt_pause(2);
        const Outcome outcome = run_line(wire, {"quote", "SOL", "USDC", "1", "--watch"});
        CHECK(outcome.exit == ExitCode::interrupted);
        CHECK(has(wire.calls[1].url, "/api/quotes"));
        CHECK(wire.calls[1].body == R"({"type":"market","tokenIn":"SOL","tokenOut":"USDC","amountIn":"1"})");
        CHECK(wire.pauses == std::vector<std::chrono::milliseconds>{2s, 2s});
        CHECK(has(outcome.out, "orca, the only one with an offer   min out 149.000000 at 0.50 %"));
        CHECK(has(outcome.err, "a quote places nothing"));
        CHECK(run_line(wire, {"quote", "SOL", "USDC", "1", "--watch", "-o", "json"}).exit == ExitCode::usage);

        wire.answers(200, R"({"chosenDex":null,"quotes":[]})");
        const Outcome none = run_line(wire, {"quote", "SOL", "USDC", "1"});
        CHECK(none.exit == ExitCode::done);
        CHECK(has(none.err, "no venue makes an offer"));
    }

    TEST_CASE("the worst of several ends is what a script learns") {
        CHECK(worst_of({}) == ExitCode::done);
        CHECK(worst_of({ExitCode::done, ExitCode::conflict, ExitCode::order_failed}) ==
              ExitCode::order_failed);
        CHECK(worst_of({ExitCode::still_running, ExitCode::unreachable}) == ExitCode::unreachable);
        CHECK(worst_of({ExitCode::usage, ExitCode::done}) == ExitCode::usage);
    }
}
