#include "commands.hpp"

#include <doctest/doctest.h>

#include "scripted_wire.hpp"

using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;
using Kind = HttpOutcome::Kind;

namespace {

Outcome watch(ScriptedWire& wire, const char* timeout = "60s") {
    return run_line(wire, {"watch", order_id.c_str(), "-o", "ndjson", "--timeout", timeout});
}

std::string all_of(const std::vector<std::string>& events) {
    std::string text;
    for (const std::string& event : events) text += event + "\n";
    return text;
}

std::string path(int after) {
    return "http://localhost:3000/api/orders/" + order_id + "/events?after=" + std::to_string(after);
}

}  // namespace

TEST_SUITE("cli/follow") {
    TEST_CASE("wherever the connection breaks, every event is shown exactly once") {
        const std::vector<std::string> life = good_life();
        for (std::size_t broken_after = 0; broken_after < life.size(); ++broken_after) {
            CAPTURE(broken_after);
            std::vector<std::string> first;
            std::vector<std::string> second;
            // The server repeats what was already seen; it may, and nobody should notice.
            for (std::size_t i = 0; i < life.size(); ++i) {
                if (i < broken_after) first.push_back(as_sse(life[i]));
                if (i + 1 >= broken_after) second.push_back(as_sse(life[i]));
            }
            ScriptedWire wire;
            wire.streams(first).fails(Kind::not_sent).answers(503, "", 1s).streams(second);
            const Outcome outcome = watch(wire);
            CHECK(outcome.exit == ExitCode::done);
            CHECK(outcome.out == all_of(life));
            CHECK(wire.calls.front().url == path(0));
            CHECK(wire.calls.back().url == path(static_cast<int>(broken_after)));
            CHECK(has(outcome.err, "reconnecting (1)"));
            CHECK(has(outcome.err, "reconnecting (2)"));
            CHECK(has(outcome.err, "reconnecting (3)"));
        }
    }

    TEST_CASE("a hole in the stream is mended by asking again") {
        const std::vector<std::string> life = good_life();
        ScriptedWire wire;
        wire.streams({as_sse(life[0]), as_sse(life[2])});
        wire.streams({as_sse(life[1]) + as_sse(life[2]), as_sse(life[3]), as_sse(life[4]) + as_sse(life[5])});
        const Outcome outcome = watch(wire);
        CHECK(outcome.out == all_of(life));
        CHECK(wire.calls[1].url == path(1));
    }

    TEST_CASE("comments and messages that are no events are passed over") {
        std::vector<std::string> pieces{": still here\n\n", "data: not json\n\n", "data: {\"hello\":1}\n\n"};
        for (const std::string& event : good_life()) pieces.push_back(as_sse(event));
        ScriptedWire wire;
        wire.streams(pieces);
        CHECK(watch(wire).out == all_of(good_life()));
    }

    TEST_CASE("history that was pruned is said, and the rest is shown") {
        const std::vector<std::string> life = good_life();
        ScriptedWire wire;
        wire.streams({as_sse(R"({"gap":{"from":1,"to":4}})"), as_sse(life[4]), as_sse(life[5])});
        const Outcome outcome = watch(wire);
        CHECK(outcome.exit == ExitCode::done);
        CHECK(outcome.out == all_of({life[4], life[5]}));
        CHECK(has(outcome.err, "no longer keeps events 1 to 4"));
    }

    TEST_CASE("an order that takes too long is 6, a server that stays away is 3; both live on") {
        ScriptedWire slow;
        slow.streams({as_sse(good_life()[0])}, Kind::timed_out);
        const Outcome timed_out = watch(slow, "10s");
        CHECK(timed_out.exit == ExitCode::still_running);
        CHECK(has(timed_out.err, order_id));

        ScriptedWire gone;
        gone.streams({as_sse(good_life()[0])}).fails(Kind::not_sent).fails(Kind::not_sent);
        const Outcome lost = watch(gone, "300ms");
        CHECK(lost.exit == ExitCode::unreachable);
        CHECK(has(lost.err, "lives on"));
    }

    TEST_CASE("what is not there is not waited for") {
        ScriptedWire wire;
        wire.fails(Kind::not_sent);
        CHECK(watch(wire).exit == ExitCode::unreachable);
        wire.answers(404, R"({"code":"not_found","title":"Not found"})");
        CHECK(watch(wire).exit == ExitCode::not_found);
        wire.answers(400, R"({"code":"invalid_parameter"})");
        CHECK(watch(wire).exit == ExitCode::usage);
        CHECK(wire.pauses.empty());
    }

    TEST_CASE("Ctrl-C between two connections is heard as well") {
        ScriptedWire wire;
        wire.streams({as_sse(good_life()[0])});
        wire.interrupt_pause(1);
        const Outcome outcome = watch(wire);
        CHECK(outcome.exit == ExitCode::interrupted);
        CHECK(has(outcome.err, "not cancelled"));
    }
}
