#include "commands.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "scripted_wire.hpp"
#include "submit_command.hpp"

using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;
using Kind = HttpOutcome::Kind;

namespace {

const std::string accepted_answer = R"({"success":true,"orderId":")" + order_id + R"(","status":"pending"})";

Outcome submit(ScriptedWire& wire, SubmitOptions order = {}, const Options& options = {}) {
    order.trade.token_in = "SOL";
    order.trade.token_out = "USDC";
    order.trade.amount = "10";
    return run_with(wire, options, [&](const Context& context) { return submit_command(context, order); });
}

SubmitOptions no_wait() {
    SubmitOptions trade;
    trade.wait = false;
    return trade;
}

}  // namespace

TEST_SUITE("cli/submit") {
    TEST_CASE("the order is sent as it was typed, amounts as text, with a key of its own") {
        ScriptedWire wire;
        SubmitOptions trade = no_wait();
        trade.trade.slippage_bps = 50;
        trade.trade.client_order_id = "a\"b";
        wire.answers(202, accepted_answer);
        CHECK(submit(wire, trade).exit == ExitCode::done);
        CHECK(wire.calls[0].method == "POST");
        CHECK(wire.calls[0].url == "http://localhost:3000/api/orders/execute");
        CHECK(
            wire.calls[0].body ==
            R"({"type":"market","tokenIn":"SOL","tokenOut":"USDC","amountIn":"10","slippageBps":50,"clientOrderId":"a\"b"})");
        CHECK(key_of(wire.calls[0]).size() == 36);

        trade.trade.exact_out = true;
        wire.answers(202, accepted_answer);
        submit(wire, trade);
        CHECK(has(wire.calls[1].body, R"("amountOut":"10")"));
        CHECK(key_of(wire.calls[1]) != key_of(wire.calls[0]));
    }

    TEST_CASE("an answer that got lost is asked for again under the same key") {
        ScriptedWire wire;
        SubmitOptions trade = no_wait();
        trade.idempotency_key = "mine";
        wire.fails(Kind::lost)
            .fails(Kind::not_sent)
            .answers(503, R"({"code":"draining"})")
            .answers(202, accepted_answer);
        const Outcome outcome = submit(wire, trade);
        CHECK(outcome.exit == ExitCode::done);
        for (const HttpCall& call : wire.calls) CHECK(key_of(call) == "mine");
        CHECK(wire.pauses == std::vector{200ms, 400ms, 800ms});
        CHECK(has(outcome.err, "asking again with the same key (2)"));
        CHECK(has(outcome.err, "(4)"));
    }

    TEST_CASE("an order whose fate stays unknown is never called safe to repeat without its key") {
        ScriptedWire wire;
        SubmitOptions trade = no_wait();
        trade.idempotency_key = "mine";
        Options options;
        options.timeout = 700ms;
        wire.fails(Kind::lost).answers(429, R"({"code":"queue_full"})").fails(Kind::not_sent);
        const Outcome outcome = submit(wire, trade, options);
        CHECK(outcome.exit == ExitCode::unreachable);
        CHECK(wire.pauses == std::vector{200ms, 400ms, 100ms});
        CHECK(has(outcome.err, "unknown: if the order was accepted"));
        CHECK(has(outcome.err, "safe with --idempotency-key mine"));
    }

    TEST_CASE("undecided answers are asked again, as late as the server wants") {
        ScriptedWire wire;
        wire.answers(409, R"({"code":"in_flight"})", 3s)
            .answers(503, R"({"code":"outcome_unknown"})")
            .answers(200, accepted_answer);
        CHECK(submit(wire, no_wait()).exit == ExitCode::done);
        CHECK(wire.pauses == std::vector<std::chrono::milliseconds>{3s, 400ms});
    }

    TEST_CASE("a server that is not there was sent nothing") {
        ScriptedWire wire;
        wire.fails(Kind::not_sent, "connection refused");
        const Outcome outcome = submit(wire);
        CHECK(outcome.exit == ExitCode::unreachable);
        CHECK(has(outcome.err, "connection refused"));
        CHECK(has(outcome.err, "nothing was sent"));
        CHECK(outcome.out.empty());
    }

    TEST_CASE("refusals end at once, unless told to wait for a better moment") {
        ScriptedWire wire;
        wire.answers(429, R"({"code":"rate_limited","title":"Too many"})", 7s);
        const Outcome refused = submit(wire, no_wait());
        CHECK(refused.exit == ExitCode::refused);
        CHECK(has(refused.err, "wait 7 s"));
        CHECK(wire.pauses.empty());

        SubmitOptions patient = no_wait();
        patient.retry = true;
        wire.answers(429, R"({"code":"rate_limited"})", 7s).answers(202, accepted_answer);
        CHECK(submit(wire, patient).exit == ExitCode::done);
        CHECK(wire.pauses == std::vector<std::chrono::milliseconds>{7s});

        Options short_of_time;
        short_of_time.timeout = 5s;
        wire.answers(429, R"({"code":"rate_limited"})", 7s);
        CHECK(submit(wire, patient, short_of_time).exit == ExitCode::refused);
        CHECK(wire.pauses.back() == 5s);
    }

    TEST_CASE("a confirmed order is 0, a failed one 5 with its reason") {
        ScriptedWire wire;
        wire.answers(202, accepted_answer).streams(stream_of(good_life()));
        const Outcome good = submit(wire);
        CHECK(good.exit == ExitCode::done);
        CHECK(has(good.out, "CONFIRMED"));
        CHECK(good.err.empty());

        const std::string failed =
            event(2, "failed", R"({"failureReason":"no_route","error":"none","attempts":1})");
        wire.answers(202, accepted_answer)
            .streams(stream_of({event(1, "pending"), failed}))
            .answers(200, R"({"order":{"failure":{"code":"no_route","title":"No route","retryable":true}}})");
        const Outcome bad = submit(wire);
        CHECK(bad.exit == ExitCode::order_failed);
        CHECK(has(bad.out, "FAILED reason=no_route"));
        CHECK(has(bad.err, "nothing was swapped"));
    }

    TEST_CASE("what a script gets for each output") {
        ScriptedWire wire;
        Options options;
        options.quiet = true;
        wire.answers(202, accepted_answer);
        CHECK(submit(wire, no_wait(), options).out == order_id + "\n");
        wire.answers(202, accepted_answer).streams(stream_of(good_life()));
        CHECK(submit(wire, {}, options).out == order_id + "\n");
        options.quiet = false;
        options.output = Output::json;
        wire.answers(202, accepted_answer).streams(stream_of(good_life())).answers(200, "{\"order\":\n{}}");
        CHECK(submit(wire, {}, options).out == "{\"order\":{}}\n");
        wire.answers(400, R"({"code":"unknown_token","title":"No"})");
        const Outcome refused = submit(wire, {}, options);
        CHECK(refused.out == "{\"code\":\"unknown_token\",\"title\":\"No\"}\n");
        CHECK(refused.exit == ExitCode::usage);
    }

    TEST_CASE("events as rows of a spreadsheet") {
        ScriptedWire wire;
        Options options;
        options.output = Output::csv;
        wire.answers(202, accepted_answer).streams(stream_of(good_life()));
        const std::string out = submit(wire, {}, options).out;
        CHECK(out.starts_with("timestamp,orderId,seq,kind,status,attempt,venue,"));
        CHECK(has(out, ",6,moved,confirmed,1,meteora,10.000000000,1502.611000,4kQmAAAAAAAAAAAA9dXe,\r\n"));
        CHECK(std::count(out.begin(), out.end(), '\n') == 7);
    }

    TEST_CASE("a traced request is a curl command that a shell can take") {
        ScriptedWire wire;
        std::ostringstream told;
        HttpCall call;
        call.method = "POST";
        call.url = "http://h/x";
        call.body = "{\"a\":\"it's\"}";
        call.headers = {"A: b"};
        wire.answers(200);
        CHECK(make_tracing_wire(wire, told)->exchange(call, nullptr).answer.status == 200);
        CHECK(told.str() == "curl -sS -X POST -H 'A: b' -d '{\"a\":\"it'\\''s\"}' 'http://h/x'\n");
    }

    TEST_CASE("Ctrl-C never cancels, and says what is known") {
        ScriptedWire wire;
        wire.answers(202, accepted_answer).streams({as_sse(event(1, "pending"))}, Kind::interrupted);
        const Outcome following = submit(wire);
        CHECK(following.exit == ExitCode::interrupted);
        CHECK(has(following.err, "not cancelled"));
        CHECK(has(following.err, "execctl watch " + order_id));

        SubmitOptions trade;
        trade.idempotency_key = "mine";
        wire.fails(Kind::interrupted);
        const Outcome submitting = submit(wire, trade);
        CHECK(submitting.exit == ExitCode::interrupted);
        CHECK(has(submitting.err, "--idempotency-key mine"));
    }
}
