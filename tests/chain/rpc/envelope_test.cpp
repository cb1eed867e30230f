#include "chain/rpc/envelope.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <variant>

#include "chain/rpc/answer_checks.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("chain/rpc/envelope") {
    TEST_CASE("an answer is to its own question, and is a result or an error") {
        const auto decode = [](const std::string& text) { return decode_rpc_answer(text, 7, 1'000); };
        const std::string good = R"({"jsonrpc":"2.0","result":{"a":1},"id":7})";
        REQUIRE(decode(good));
        CHECK(std::get<JsonValue>(decode(good).value())["a"].whole() == 1);
        CHECK(std::get<JsonValue>(decode(R"({"jsonrpc":"2.0","result":null,"id":7})").value()).is_null());
        const Result<RpcOutcome> error = decode(
            R"({"jsonrpc":"2.0","error":{"code":-32005,"message":"Node is\nbehind","data":{"numSlotsBehind":42}},"id":7})");
        REQUIRE(error);
        CHECK(std::get<RpcError>(error.value()).code == -32'005);
        CHECK(std::get<RpcError>(error.value()).message == "Node is behind");
        // A node that could not read the question does not know its number.
        CHECK(decode(R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null})"));

        for (const char* bad : {"",
                                "{",
                                "<html>busy</html>",
                                "[]",
                                "7",
                                "null",
                                R"([{"jsonrpc":"2.0","result":1,"id":7}])",
                                R"({"jsonrpc":"2.0","result":1,"id":8})",
                                R"({"jsonrpc":"2.0","result":1,"id":"7"})",
                                R"({"jsonrpc":"2.0","result":1,"id":7.0})",
                                R"({"jsonrpc":"2.0","result":1,"id":null})",
                                R"({"jsonrpc":"2.0","result":1})",
                                R"({"jsonrpc":"1.0","result":1,"id":7})",
                                R"({"result":1,"id":7})",
                                R"({"jsonrpc":"2.0","id":7})",
                                R"({"jsonrpc":"2.0","error":null,"id":7})",
                                R"({"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":8})",
                                R"({"jsonrpc":"2.0","error":{"code":1},"id":7})",
                                R"({"jsonrpc":"2.0","error":{"code":"1","message":"x"},"id":7})",
                                R"({"jsonrpc":"2.0","error":{"message":"x"},"id":7})",
                                R"({"jsonrpc":"2.0","error":"x","id":7})",
                                R"({"jsonrpc":"2.0","result":1,"error":{"code":1,"message":"x"},"id":7})"}) {
            CAPTURE(bad);
            CHECK_FALSE(decode(bad));
        }
        CHECK_FALSE(decode_rpc_answer(good, 7, 3));
    }

    TEST_CASE("an error's code says who is to blame, and its words are kept") {
        using Next = ErrorMeaning::Next;
        const auto meaning = [](std::int64_t code, const std::string& data = "null") {
            RpcError error;
            error.code = code;
            error.message = "the node's words";
            error.data = parsed(data);
            return meaning_of(error);
        };
        CHECK(meaning(-32602).next == Next::give_up);
        CHECK(meaning(-32602).why.reason == Reason::invalid_parameter);
        CHECK(meaning(-32005, R"({"numSlotsBehind":42})").next == Next::behind);
        CHECK(meaning(-32005, R"({"numSlotsBehind":42})").slots_behind == 42);
        CHECK_FALSE(meaning(-32005).slots_behind);
        CHECK(meaning(-32016).next == Next::ask_another);
        CHECK(meaning(-32601).next == Next::ask_another);
        CHECK(meaning(-32429).next == Next::rest);
        CHECK(meaning(-32429).why.reason == Reason::rate_limited);
        CHECK(meaning(-32603).next == Next::blame);
        CHECK(meaning(INT64_MIN).next == Next::blame);
        for (const std::int64_t code : {-32602, -32005, -32016, -32601, -32429, -32603, 7})
            CHECK(meaning(code).why.detail.find("the node's words") != std::string::npos);

        const ErrorMeaning refused = meaning(
            -32002, R"({"err":{"InstructionError":[2,{"Custom":6001}]},"logs":["a","b","Program log: )"
                    R"(Error: slippage","last"]})");
        CHECK(refused.next == Next::give_up);
        CHECK(refused.why.reason == Reason::chain_rejected);
        CHECK(refused.why.detail ==
              "the node's words; {\"InstructionError\":[2,{\"Custom\":6001}]}; log: b | Program log: Error: "
              "slippage | last");
        REQUIRE(refused.transaction_error);
        CHECK(refused.transaction_error->instruction == 2);
        CHECK(refused.transaction_error->custom == 6'001);
        CHECK(meaning(-32002, R"({"err":"BlockhashNotFound"})").why.reason == Reason::stale_blockhash);
        CHECK(meaning(-32003).why.reason == Reason::chain_rejected);
    }
}
