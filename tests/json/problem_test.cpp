#include "libexec/json/problem.hpp"

#include <doctest/doctest.h>

#include <set>

#include "libexec/json/nearest_word.hpp"
#include "libexec/json/value.hpp"

using namespace libexec;

TEST_SUITE("json/problem") {
    TEST_CASE("every reason has a problem of its own code, except an amount, which is a field of a body") {
        for (int i = 0; i <= static_cast<int>(Reason::outcome_unknown); ++i) {
            const auto reason = static_cast<Reason>(i);
            const Problem problem = make_problem(reject(reason, "why"));
            CAPTURE(to_string(reason));
            REQUIRE(problem.type != nullptr);
            CHECK(problem.type->code == (reason == Reason::bad_amount ? "invalid_body" : to_string(reason)));
            CHECK(problem.type->status >= 400);
            CHECK(problem.type->status < 600);
            CHECK(!problem.type->title.empty());
            CHECK(!problem.type->help.empty());
        }
    }

    TEST_CASE("codes are unique and the contract's statuses hold") {
        std::set<std::string_view> codes;
        for (const ProblemType& type : problem_types()) CHECK(codes.insert(type.code).second);
        const auto status = [](std::string_view code) { return make_problem(code, "").type->status; };
        CHECK(status("unknown_token") == 400);
        CHECK(status("not_found") == 404);
        CHECK(status("method_not_allowed") == 405);
        CHECK(status("too_late_to_cancel") == 409);
        CHECK(status("in_flight") == 409);
        CHECK(status("body_too_large") == 413);
        CHECK(status("unsupported_media_type") == 415);
        CHECK(status("upgrade_required") == 426);
        CHECK(status("queue_full") == 429);
        CHECK(status("too_many_connections") == 429);
        CHECK(status("headers_too_large") == 431);
        CHECK(status("draining") == 503);
        CHECK(status("outcome_unknown") == 503);
        CHECK(status("no such code") == 500);
    }

    TEST_CASE("what is said about a kind of problem is what its answers say") {
        for (const ProblemType& type : problem_types()) {
            CAPTURE(type.code);
            const auto page = JsonValue::parse(encode_problem_type(type));
            const auto answer = JsonValue::parse(encode_problem(make_problem(type.code, "")));
            REQUIRE(page);
            REQUIRE(answer);
            for (const char* member : {"type", "code", "title", "status"}) {
                CHECK(!page.value()[member].text().empty());
                CHECK(page.value()[member].text() == answer.value()[member].text());
            }
            CHECK(page.value()["retryable"].is_true() == answer.value()["retryable"].is_true());
            // Without words of its own an answer says what the page says.
            CHECK(page.value()["help"].text() == answer.value()["detail"].text());
            CHECK(!answer.value().has("clientOrderId"));
        }
        Problem problem = make_problem("queue_full", "");
        problem.client_order_id = "mine \"7\"";
        CHECK(JsonValue::parse(encode_problem(problem)).value()["clientOrderId"].text() == "mine \"7\"");
    }

    TEST_CASE("a problem says everything a program or a person needs") {
        Problem problem = make_problem("rate_limited", "31 submissions in a minute");
        problem.instance = "/api/orders/execute";
        problem.errors.push_back({"/amountIn", "amountIn: must be above zero"});
        problem.retry_after = std::chrono::seconds(2);
        problem.request_id = "r-1";
        const auto parsed = JsonValue::parse(encode_problem(problem));
        REQUIRE(parsed);
        const JsonValue& body = parsed.value();
        CHECK(body["type"].text() == "/problems/rate_limited");
        CHECK(body["title"].text() == "Too many submissions");
        CHECK(body["error"].text() == "Too many submissions");
        CHECK(body["status"].text() == "429");
        CHECK(body["code"].text() == "rate_limited");
        CHECK(body["detail"].text() == "31 submissions in a minute");
        CHECK(body["instance"].text() == "/api/orders/execute");
        CHECK(body["retryable"].is_true());
        CHECK(body.has("success"));
        CHECK(!body["success"].is_true());
        CHECK(body["errors"].items().front()["pointer"].text() == "/amountIn");
        CHECK(body["retryAfter"].text() == "2");
        CHECK(body["requestId"].text() == "r-1");
    }

    TEST_CASE("a misspelled word finds its neighbour, a foreign one does not") {
        const std::string_view words[] = {"PORT", "HOST", "QUEUE_CONCURRENCY"};
        CHECK(nearest_word("PROT", words) == "PORT");
        CHECK(nearest_word("PORTS", words) == "PORT");
        CHECK(nearest_word("queue_concurency", words) == "QUEUE_CONCURRENCY");
        CHECK(nearest_word("REDIS", words) == "");
        CHECK(nearest_word("", words) == "");
    }
}
