#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "commands.hpp"
#include "terminal.hpp"
#include "wire.hpp"
#include "support/text.hpp"

namespace libexec::cli::test {

/// A server that answers from a script, on time that passes only in pauses.
class ScriptedWire final : public Wire {
public:
    /// What the next call meets.
    ScriptedWire& answers(int status, std::string body = "",
                          std::optional<std::chrono::seconds> retry_after = {}) {
        Step step;
        step.outcome.kind = HttpOutcome::Kind::answered;
        step.outcome.sent = true;
        step.outcome.answer.status = status;
        step.outcome.answer.body = std::move(body);
        step.outcome.answer.retry_after = retry_after;
        return add(std::move(step));
    }
    ScriptedWire& fails(HttpOutcome::Kind kind, std::string why = "down") {
        Step step;
        step.outcome.kind = kind;
        step.outcome.sent = kind != HttpOutcome::Kind::not_sent;
        step.outcome.trouble = std::move(why);
        return add(std::move(step));
    }
    /// A stream that sends these pieces and then ends in `kind`.
    ScriptedWire& streams(std::vector<std::string> pieces, HttpOutcome::Kind kind = HttpOutcome::Kind::lost) {
        fails(kind, "the server ended the stream");
        script_.back().pieces = std::move(pieces);
        return *this;
    }
    /// Ctrl-C during the pause with this number, from 1.
    void interrupt_pause(std::size_t number) { interrupted_pause_ = number; }

    HttpOutcome exchange(const HttpCall& call, HttpSink* sink) override {
        calls.push_back(call);
        REQUIRE_MESSAGE(!script_.empty(), "one call more than the script has: ", call.method, " ", call.url);
        Step step = std::move(script_.front());
        script_.pop_front();
        for (const std::string& piece : step.pieces) {
            REQUIRE(sink != nullptr);
            if (sink->take(piece)) continue;
            step.outcome.kind = HttpOutcome::Kind::answered;
            step.outcome.answer.status = 200;
            break;
        }
        return step.outcome;
    }
    bool pause(std::chrono::milliseconds time) override {
        pauses.push_back(time);
        now_ += time;
        return pauses.size() != interrupted_pause_;
    }
    std::chrono::steady_clock::time_point now() const override { return now_; }

    bool script_is_over() const { return script_.empty(); }
    std::vector<HttpCall> calls;
    std::vector<std::chrono::milliseconds> pauses;

private:
    struct Step {
        HttpOutcome outcome;
        std::vector<std::string> pieces;
    };
    ScriptedWire& add(Step step) {
        script_.push_back(std::move(step));
        return *this;
    }

    std::deque<Step> script_;
    std::chrono::steady_clock::time_point now_;
    std::size_t interrupted_pause_ = 0;
};

/// A console whose words can be read back.
struct RecordedConsole {
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err, Style{}};
};

/// A clock that stands still, at 2026-01-02T03:05:00Z, shortly after the orders of these tests.
class StandingClock final : public Clock {
public:
    Time now() const override {
        using namespace std::chrono;
        return sys_days(year(2026) / 1 / 2) + 3h + 5min;
    }
};

/// How a command line ended, and what it wrote.
struct Outcome {
    ExitCode exit = ExitCode::unexpected;
    std::string out;
    std::string err;
};

/// Runs `work` as execctl would, against a script; the script must be over afterwards.
template <typename Work>
Outcome run_with(ScriptedWire& wire, const Options& options, Work work, Style style = {}) {
    RecordedConsole recorded;
    recorded.console.style = style;
    const StandingClock clock;
    const Context context{wire, options, recorded.console, clock};
    const ExitCode exit = run_guarded(context, [&] { return work(context); });
    CHECK(wire.script_is_over());
    return {exit, recorded.out.str(), recorded.err.str()};
}

/// Runs a whole command line against a script, mistakes in it included.
inline Outcome run_line(ScriptedWire& wire, std::vector<const char*> words, Style style = {}) {
    words.insert(words.begin(), "execctl");
    const int count = static_cast<int>(words.size());
    try {
        const ParsedCommand parsed = parse_command_line(count, words.data());
        if (parsed.help) return {ExitCode::done, *parsed.help, ""};
        return run_with(
            wire, parsed.options,
            [&](const Context& context) { return parsed.command->run(context, parsed.arguments); }, style);
    } catch (const Trouble& trouble) {
        RecordedConsole recorded;
        const ExitCode exit =
            report(trouble.complaint(), output_asked_for(count, words.data()), recorded.console);
        return {exit, recorded.out.str(), recorded.err.str()};
    }
}

inline const std::string order_id = "01890a5d-ac96-774b-bcce-b302099a8057";

/// An event as the server sends it.
inline std::string event(int seq, const std::string& status, const std::string& data = "{}",
                         const std::string& kind = "moved", const std::string& more = "") {
    return R"({"v":1,"seq":)" + std::to_string(seq) + R"(,"kind":")" + kind + R"(","orderId":")" + order_id +
           R"(","status":")" + status + R"(","timestamp":"2026-01-02T03:04:0)" + std::to_string(seq % 10) +
           R"(.250000Z","attempt":1,"maxAttempts":3)" + more + R"(,"inDoubt":false,"data":)" + data +
           R"(,"correlationId":null})";
}

inline const std::string quotes_data =
    R"({"quotes":[{"venue":"meteora","amountIn":"10.000000000","amountOut":"1503.087800","net":"1503.087800"},)"
    R"({"venue":"raydium","amountIn":"10.000000000","amountOut":"1499.687400","net":"1499.687400"},)"
    R"({"venue":"orca","error":{"code":"venue_timeout","detail":"no answer"}}],)"
    R"("decision":{"chosenDex":"meteora","mode":"exact_in","tokenIn":{"symbol":"SOL"},"tokenOut":{"symbol":"USDC"}}})";

/// A good order's life.
inline std::vector<std::string> good_life() {
    return {
        event(1, "pending"),
        event(2, "routing"),
        event(3, "routing", quotes_data, "quotes"),
        event(4, "building", R"({"dexUsed":"meteora","minAmountOut":"1495.572361"})"),
        event(5, "submitted", R"({"txHash":"4kQmAAAAAAAAAAAA9dXe","lastValidBlockHeight":9})"),
        event(
            6, "confirmed",
            R"({"txHash":"4kQmAAAAAAAAAAAA9dXe","executedPrice":"150.261100000000","amountIn":"10.000000000",)"
            R"("amountOut":"1502.611000","dexUsed":"meteora"})")};
}

inline std::string as_sse(const std::string& event_json, const std::string& id = "") {
    return (id.empty() ? "" : "id: " + id + "\n") + "data: " + event_json + "\n\n";
}

/// Events as the pieces of a stream.
inline std::vector<std::string> stream_of(const std::vector<std::string>& events) {
    std::vector<std::string> pieces;
    for (const std::string& event : events) pieces.push_back(as_sse(event));
    return pieces;
}

/// The idempotency key a call carries; empty: none.
inline std::string key_of(const HttpCall& call) {
    for (const std::string& header : call.headers) {
        if (header.starts_with("Idempotency-Key: ")) return header.substr(17);
    }
    return {};
}

using libexec::test::has;

}  // namespace libexec::cli::test
