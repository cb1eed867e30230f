#include "trace_context.hpp"

#include <doctest/doctest.h>

#include <set>

#include "server/api_server.hpp"

using namespace libexec;
using namespace libexec::server;
using namespace libexec::test;

namespace {

const std::string trace = "0af7651916cd43dd8448eb211c80319c";
const std::string span = "b7ad6b7169203331";
const std::string given = "00-" + trace + "-" + span + "-01";

/// The trace of an answer's traceparent, which must be valid and hold a span of the server's own.
std::string trace_in(const ApiAnswer& answer) {
    const auto context = TraceContext::parse(answer.header("traceparent"));
    REQUIRE_MESSAGE(context, answer.head);
    CHECK(context->span_id != span);
    return context->trace_id;
}

}  // namespace

TEST_SUITE("server/trace_context") {
    TEST_CASE("a valid traceparent is taken apart and put together again") {
        const auto context = TraceContext::parse(given);
        REQUIRE(context);
        CHECK(context->trace_id == trace);
        CHECK(context->span_id == span);
        CHECK(context->sampled);
        CHECK(context->to_string() == given);
        CHECK_FALSE(TraceContext::parse("00-" + trace + "-" + span + "-00")->sampled);
        // Flags nobody has defined yet say nothing.
        CHECK(TraceContext::parse("00-" + trace + "-" + span + "-ff")->to_string() == given);
        CHECK_FALSE(TraceContext::parse("00-" + trace + "-" + span + "-fe")->sampled);
        // A later version is read as far as we know it.
        CHECK(TraceContext::parse("cc-" + trace + "-" + span + "-01")->to_string() == given);
        CHECK(TraceContext::parse("cc-" + trace + "-" + span + "-01-what.comes.later"));
    }

    TEST_CASE("anything else is not a traceparent") {
        for (const std::string& text : {
                 std::string(),
                 "00-" + trace + "-" + span,
                 "00-" + trace + "-" + span + "-1",
                 "00-" + trace + "-" + span + "-0g",
                 "00-" + trace + "-" + span + "-01-",
                 "00-" + trace + "-" + span + "-01-more",
                 "00-" + trace + "-" + span + "-01 ",
                 "ff-" + trace + "-" + span + "-01",
                 "0x-" + trace + "-" + span + "-01",
                 "cc-" + trace + "-" + span + "-01.more",
                 "00_" + trace + "-" + span + "-01",
                 "00-" + trace + "_" + span + "-01",
                 "00-" + trace + "-" + span + "_01",
                 "00-" + std::string(32, '0') + "-" + span + "-01",
                 "00-" + trace + "-" + std::string(16, '0') + "-01",
                 "00-" + std::string(32, 'A') + "-" + span + "-01",
                 "00-" + trace + "-" + std::string(16, 'B') + "-01",
                 "00-" + std::string(31, 'a') + "-" + span + "-01",
                 "00-" + std::string(33, 'a') + "-" + span + "-01",
                 "00-" + trace.substr(0, 31) + "\n-" + span + "-01",
             }) {
            CAPTURE(text);
            CHECK_FALSE(TraceContext::parse(text));
        }
    }

    TEST_CASE("new traces are valid and all different") {
        HandClock clock;
        UuidGenerator ids(clock, 7);
        std::set<std::string> seen;
        for (int i = 0; i < 100; ++i) {
            const TraceContext made = new_trace(ids);
            CHECK(TraceContext::parse(made.to_string()) == made);
            seen.insert(made.trace_id);
            seen.insert(made.span_id);
        }
        CHECK(seen.size() == 200);
    }

    TEST_CASE("the trace and the request id of a submission come back and go with the order") {
        ApiServer api;
        const ApiAnswer answer = api.submit(ten_sol, "X-Request-Id: req-7\r\nTraceparent: " + given + "\r\n");
        REQUIRE(answer.status == 202);
        CHECK(answer.header("X-Request-Id") == "req-7");
        CHECK(trace_in(answer) == trace);
        CHECK(answer.header("traceparent").ends_with("-01"));
        REQUIRE(api.service.options.size() == 1);
        CHECK(api.service.options[0].correlation_id == "req-7");
        CHECK(api.service.options[0].trace_id == trace);
    }

    TEST_CASE("without a valid trace a new one is made, and the order has that") {
        ApiServer api;
        std::set<std::string> traces;
        for (const std::string& headers :
             {std::string(), std::string("traceparent: 00-" + trace + "-" + span + "\r\n"),
              "traceparent: " + given + "\r\ntraceparent: " + given + "\r\n"}) {
            const ApiAnswer answer = api.submit(ten_sol, headers);
            REQUIRE(answer.status == 202);
            traces.insert(trace_in(answer));
            CHECK(api.service.options.back().trace_id == trace_in(answer));
            CHECK_FALSE(answer.header("X-Request-Id").empty());
        }
        CHECK(traces.size() == 3);
        CHECK_FALSE(traces.contains(trace));
    }

    TEST_CASE("errors, event streams and the handshake of a WebSocket carry both ids") {
        ApiServer api;
        const OrderId id = api.service.place();
        api.service.confirm(id);
        const std::string ids = "X-Request-Id: req-7\r\ntraceparent: " + given + "\r\n";
        for (const std::string& target : {std::string("/nowhere"), "/api/orders/" + id.to_string(),
                                          std::string("/api/orders/nonsense"), std::string("/livez")}) {
            CAPTURE(target);
            const ApiAnswer answer = api.get(target, ids);
            CHECK(answer.header("X-Request-Id") == "req-7");
            CHECK(trace_in(answer) == trace);
        }
        const ApiAnswer stream =
            api.get("/api/orders/" + id.to_string() + "/events", ids + "Accept: text/event-stream\r\n");
        CHECK(stream.status == 200);
        CHECK(stream.header("X-Request-Id") == "req-7");
        CHECK(trace_in(stream) == trace);

        std::string upgrade = upgrade_request("/ws/orders/" + id.to_string());
        upgrade.insert(upgrade.size() - 2, ids);
        const ApiAnswer socket = api.send(upgrade);
        CHECK(socket.status == 101);
        CHECK(socket.header("X-Request-Id") == "req-7");
        CHECK(trace_in(socket) == trace);

        // A handshake that net itself refuses, and what never became a request.
        std::string old = upgrade_request("/ws/orders/" + id.to_string());
        old.replace(old.find("13\r\n"), 2, "12");
        old.insert(old.size() - 2, ids);
        const ApiAnswer refused = api.send(old);
        CHECK(refused.status == 426);
        CHECK(refused.head.find("X-Request-Id: req-7") != std::string::npos);
        CHECK(refused.head.find("traceparent: 00-" + trace) != std::string::npos);
        const ApiAnswer broken = api.send("GET / HTTP/1.1\r\nHost x\r\n\r\n");
        CHECK(broken.status == 400);
        CHECK_FALSE(broken.header("X-Request-Id").empty());
        CHECK(trace_in(broken) != trace);
    }
}
