#include "exit_code.hpp"

#include <doctest/doctest.h>

#include "trouble.hpp"

using namespace libexec::cli;

TEST_SUITE("cli/exit_code") {
    TEST_CASE("every answer of the server has the exit code that the manual says") {
        struct Row {
            int status;
            int code;
        };
        for (const Row& row :
             {Row{400, 2}, Row{401, 2}, Row{404, 4}, Row{405, 2}, Row{409, 8}, Row{413, 2}, Row{415, 2},
              Row{429, 7}, Row{500, 1}, Row{502, 3}, Row{503, 3}, Row{504, 3}, Row{302, 1}}) {
            CAPTURE(row.status);
            CHECK(static_cast<int>(exit_code_for_status(row.status)) == row.code);
        }
    }

    TEST_CASE("an order that did not fill is a failure, however it ended") {
        CHECK(static_cast<int>(exit_code_for_order("confirmed")) == 0);
        for (const char* status : {"failed", "cancelled", "expired"}) {
            CAPTURE(status);
            CHECK(static_cast<int>(exit_code_for_order(status)) == 5);
        }
    }

    TEST_CASE("every complaint says what happened, whether funds moved, whether to repeat, what to do") {
        HttpAnswer answer;
        for (const int status : {400, 404, 409, 418, 429, 500, 503}) {
            for (const bool placing : {true, false}) {
                for (const char* body : {"", "<html>", R"({"code":"rate_limited","title":"Too many"})"}) {
                    CAPTURE(status);
                    CAPTURE(placing);
                    CAPTURE(body);
                    answer.status = status;
                    answer.body = body;
                    const Complaint complaint = refusal_complaint(answer, placing);
                    CHECK_FALSE(complaint.what.empty());
                    CHECK_FALSE(complaint.funds.empty());
                    CHECK_FALSE(complaint.repeat.empty());
                    CHECK_FALSE(complaint.next.empty());
                }
            }
        }
    }

    TEST_CASE("a server that failed while placing an order is not said to have placed none") {
        HttpAnswer answer;
        answer.status = 500;
        CHECK(refusal_complaint(answer, true).funds.find("unknown") == 0);
        answer.status = 503;
        answer.body = R"({"code":"service_unavailable","title":"No orders now"})";
        CHECK(refusal_complaint(answer, true).funds.find("moved no funds") != std::string::npos);
    }

    TEST_CASE("all bad fields of a refusal are shown") {
        HttpAnswer answer;
        answer.status = 400;
        answer.body =
            R"({"code":"invalid_body","title":"Bad","errors":[{"message":"tokenIn: first"},{"message":"tokenOut: second"}]})";
        const std::string text = complaint_text(refusal_complaint(answer, true));
        CHECK(text.find("tokenIn: first") != std::string::npos);
        CHECK(text.find("tokenOut: second") != std::string::npos);
    }

    TEST_CASE("a complaint for programs is the server's own problem document, or one in its shape") {
        HttpAnswer answer;
        answer.status = 429;
        answer.body = "{\"code\":\"queue_full\",\n \"title\":\"Full\"}";
        CHECK(complaint_json(refusal_complaint(answer, true)) == R"({"code":"queue_full", "title":"Full"})");
        const std::string own = complaint_json(unreachable_complaint("http://h", "a \"reason\""));
        CHECK(own.find(R"("code":"server_unreachable")") != std::string::npos);
        CHECK(own.find(R"(a \"reason\")") != std::string::npos);
    }
}
