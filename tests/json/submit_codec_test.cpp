#include "libexec/json/submit_codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "libexec/base/random.hpp"
#include "libexec/json/value.hpp"

using namespace libexec;

namespace {

const TokenRegistry& tokens() {
    static const TokenRegistry registry = TokenRegistry::with_defaults();
    return registry;
}

OrderRequest order_of(std::string_view body) {
    const DecodedOrder decoded = decode_order_request(body, tokens());
    if (const auto* const problem = std::get_if<Problem>(&decoded))
        FAIL(body << " refused: " << problem->detail);
    return std::get<OrderRequest>(decoded);
}

Problem refusal_of(std::string_view body) {
    const DecodedOrder decoded = decode_order_request(body, tokens());
    if (!std::holds_alternative<Problem>(decoded)) FAIL("accepted: " << body);
    return std::get<Problem>(decoded);
}

std::set<std::string> pointers_of(const Problem& problem) {
    std::set<std::string> pointers;
    for (const FieldError& error : problem.errors) pointers.insert(error.pointer);
    return pointers;
}

OrderRequest ten_sol() { return order_of(R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"10"})"); }

std::string with(std::string_view member) {
    return R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"10",)" + std::string(member) + "}";
}

}  // namespace

TEST_SUITE("json/submit") {
    TEST_CASE("the plain order is a market order for native SOL with one percent of slippage") {
        const OrderRequest order = ten_sol();
        CHECK(order.token_in.symbol == "SOL");
        CHECK(order.token_out.symbol == "USDC");
        CHECK(order.mode == SwapMode::exact_in);
        CHECK(order.amount == Amount(10'000'000'000));
        CHECK(order.slippage.points() == 100);
        CHECK(order.native_in);
        CHECK(!order.native_out);
        CHECK(order.side == OrderSide::none);
        CHECK(!order.deadline);
    }

    TEST_CASE("every dialect of the same order is the same order") {
        for (
            const char* body : {
                R"({"type":"market","tokenIn":"SOL","tokenOut":"USDC","amountIn":"10","slippageBps":100})",
                R"({"type":"market","tokenIn":"SOL","tokenOut":"USDC","amountIn":10,"slippage":0.01})",
                R"({"orderType":"market","tokenIn":"SOL","tokenOut":"USDC","amountIn":10.0,"slippage":"0.0100"})",
                R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":1e1,"maxSlippageBps":100})",
                R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"10.000000000","slippage":1e-2})",
                R"(  {"amountIn":"010","tokenOut":"USDC","tokenIn":"SOL","slippageBps":1e2,"clientId":null}  )",
            }) {
            CAPTURE(body);
            CHECK(order_of(body) == ten_sol());
        }
    }

    TEST_CASE("selling the base asset fixes what goes in, buying it fixes what comes out") {
        const OrderRequest sell =
            order_of(R"({"side":"sell","baseAsset":"SOL","quoteAsset":"USDC","amount":1.5})");
        CHECK(sell.token_in.symbol == "SOL");
        CHECK(sell.mode == SwapMode::exact_in);
        CHECK(sell.amount == Amount(1'500'000'000));
        CHECK(sell.side == OrderSide::sell);
        CHECK(sell.native_in);

        const OrderRequest buy =
            order_of(R"({"clientId":"userA","side":"buy","baseAsset":"SOL","quoteAsset":"USDC","amount":1})");
        CHECK(buy.token_in.symbol == "USDC");
        CHECK(buy.token_out.symbol == "SOL");
        CHECK(buy.mode == SwapMode::exact_out);
        CHECK(buy.amount == Amount(1'000'000'000));
        CHECK(buy.side == OrderSide::buy);
        CHECK(buy.native_out);
        CHECK(!buy.native_in);
        CHECK(buy.client_id == "userA");
    }

    TEST_CASE("a side beside tokenIn and tokenOut is noted and changes nothing") {
        const OrderRequest order = order_of(with(R"("side":"buy","maxSlippageBps":100)"));
        CHECK(order.side == OrderSide::buy);
        CHECK(order.token_in.symbol == "SOL");
        CHECK(order.mode == SwapMode::exact_in);
    }

    TEST_CASE("amountOut fixes the output") {
        const OrderRequest order =
            order_of(R"({"tokenIn":"SOL","tokenOut":"USDC","amountOut":"1500.000001"})");
        CHECK(order.mode == SwapMode::exact_out);
        CHECK(order.amount == Amount(1'500'000'001));
    }

    TEST_CASE("SOL by name is native, SOL by its address is wrapped SOL") {
        const std::string wrapped = wrapped_sol_mint().to_string();
        const OrderRequest order =
            order_of(R"({"tokenIn":")" + wrapped + R"(","tokenOut":"USDC","amountIn":"1"})");
        CHECK(order.token_in.mint == wrapped_sol_mint());
        CHECK(!order.native_in);
        const Problem same =
            refusal_of(R"({"tokenIn":"SOL","tokenOut":")" + wrapped + R"(","amountIn":"1"})");
        CHECK(pointers_of(same) == std::set<std::string>{"/tokenOut"});
    }

    TEST_CASE("numbers are exact to the last base unit") {
        CHECK(order_of(R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":1e-9})").amount == Amount(1));
        CHECK(order_of(R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":0.1})").amount ==
              Amount(100'000'000));
        CHECK(order_of(R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":9007199.254740993})").amount ==
              Amount(9'007'199'254'740'993));
        CHECK(order_of(R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"9223372036.854775807"})").amount ==
              Amount(Amount::most));
        for (const std::uint64_t points : {0u, 1u, 33u, 50u, 250u, 9'999u, 10'000u}) {
            const std::string fraction = to_text({Amount(points), 4});
            CAPTURE(fraction);
            CHECK(order_of(with("\"slippage\":" + fraction)).slippage.points() == points);
        }
    }

    TEST_CASE("ids and a deadline are taken as they are") {
        const OrderRequest order =
            order_of(with(R"("clientId":"desk 7 é","clientOrderId":"a-1","deadlineMs":1500)"));
        CHECK(order.client_id == "desk 7 é");
        CHECK(order.client_order_id == "a-1");
        CHECK(order.deadline == std::chrono::milliseconds(1500));
    }

    TEST_CASE("a bad field is named together with its rule") {
        struct Row {
            std::string body;
            std::set<std::string> pointers;
            const char* says;
        };
        const std::string long_id(129, 'x');
        for (const Row& row : {
                 Row{"", {""}, "empty"},
                 Row{" \n", {""}, "empty"},
                 Row{"[]", {""}, "a list"},
                 Row{"\"SOL\"", {""}, "a text"},
                 Row{"{", {""}, "not JSON at byte 1"},
                 Row{with(R"("side":"buy")") + "x", {""}, "not JSON"},
                 Row{with(R"("side":"buy",)"), {""}, "not JSON"},
                 Row{with(R"("amountOut":NaN)"), {""}, "not JSON"},
                 Row{with("\"clientId\":\"\xff\""), {""}, "not JSON"},
                 Row{with("\"clientId\":\"\xed\xa0\x80\""), {""}, "not JSON"},
                 Row{with(R"("clientId":"\ud800")"), {""}, "not JSON"},
                 Row{with(R"("clientId":"\udc00")"), {""}, "surrogate"},
                 Row{with(R"("clientId":"\ud41d\ude00")"), {""}, "surrogate"},
                 Row{with(R"("\udfff":"a")"), {""}, "surrogate"},
                 Row{with("\"side\":\"buy\"") + std::string(1, '\0') + "junk", {""}, "NUL"},
                 Row{std::string(17, '[') + std::string(17, ']'), {""}, "16 levels"},
                 Row{std::string(100'000, '['), {""}, "16 levels"},
                 Row{with(R"("clientId":"a\u0000b")"), {"/clientId"}, "control"},
                 Row{with(R"("clientId":"")"), {"/clientId"}, "1 to 128"},
                 Row{with("\"clientOrderId\":\"" + long_id + "\""), {"/clientOrderId"}, "1 to 128"},
                 Row{with(R"("clientId":7)"), {"/clientId"}, "a number"},
                 Row{with(R"("amountln":"1")"), {"/amountln"}, "did you mean amountIn?"},
                 Row{with(R"("leverage":"1")"), {"/leverage"}, "not a field"},
                 Row{with(R"("a/b~c":1)"), {"/a~1b~0c"}, "not a field"},
                 Row{with(R"("amountIn":"11")"), {"/amountIn"}, "twice"},
                 Row{with(R"("type":"market","orderType":"market")"), {"/orderType"}, "send one"},
                 Row{with(R"("slippage":0.01,"slippageBps":100)"), {"/slippage"}, "send one"},
                 Row{with(R"("type":"limit")"), {"/type"}, "only market orders"},
                 Row{with(R"("orderType":"sniper")"), {"/orderType"}, "only market orders"},
                 Row{with(R"("type":"Market")"), {"/type"}, "must be \"market\""},
                 Row{with(R"("side":"BUY")"), {"/side"}, "\"buy\" or \"sell\""},
                 Row{with(R"("slippageBps":10001)"), {"/slippageBps"}, "0 to 10000"},
                 Row{with(R"("slippageBps":-1)"), {"/slippageBps"}, "0 to 10000"},
                 Row{with(R"("slippageBps":1.5)"), {"/slippageBps"}, "whole"},
                 Row{with(R"("slippageBps":"100")"), {"/slippageBps"}, "without quotes"},
                 Row{with(R"("slippage":0.00001)"), {"/slippage"}, "4 digits"},
                 Row{with(R"("slippage":1.0001)"), {"/slippage"}, "0 to 1"},
                 Row{with(R"("slippage":"1e-2")"), {"/slippage"}, "fraction"},
                 Row{with(R"("slippage":true)"), {"/slippage"}, "fraction"},
                 Row{with(R"("deadlineMs":0)"), {"/deadlineMs"}, "from 1"},
                 Row{with(R"("deadlineMs":86400001)"), {"/deadlineMs"}, "86400000"},
                 Row{with(R"("amountOut":"1")"), {"/amountOut"}, "does not go with amountIn"},
                 Row{with(R"("amount":"1")"), {"/amount"}, "baseAsset"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amount":"1"})",
                     {"/amount"},
                     "amountIn or amountOut"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC"})", {"/amountIn"}, "required"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":null})", {"/amountIn"}, "required"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"0"})", {"/amountIn"}, "above zero"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":0.0})", {"/amountIn"}, "above zero"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"-1"})", {"/amountIn"}, "decimal"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":-1})", {"/amountIn"}, "decimal"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1e3"})", {"/amountIn"}, "decimal"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1,5"})", {"/amountIn"}, "decimal"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":" 1"})", {"/amountIn"}, "decimal"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":""})", {"/amountIn"}, "decimal"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1.0000000001"})",
                     {"/amountIn"},
                     "9 digits"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":1e-10})", {"/amountIn"}, "9 digits"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"9223372036.854775808"})",
                     {"/amountIn"},
                     "2^63"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":1e300})", {"/amountIn"}, "2^63"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":["1"]})", {"/amountIn"}, "a list"},
                 Row{R"({"tokenIn":"SOL","tokenOut":"SOL","amountIn":"1"})", {"/tokenOut"}, "differ"},
                 Row{R"({"tokenIn":1,"tokenOut":"USDC","amountIn":"1"})", {"/tokenIn"}, "a number"},
                 Row{R"({"baseAsset":"SOL","quoteAsset":"USDC","amount":"1"})", {"/side"}, "required"},
                 Row{R"({"baseAsset":"SOL","side":"buy","amount":"1"})", {"/quoteAsset"}, "required"},
                 Row{R"({"baseAsset":"SOL","quoteAsset":"USDC","side":"buy"})", {"/amount"}, "required"},
             }) {
            CAPTURE(row.body.substr(0, 200));
            const Problem problem = refusal_of(row.body);
            CAPTURE(problem.detail);
            CHECK(problem.type->code == "invalid_body");
            CHECK(problem.type->status == 400);
            CHECK(pointers_of(problem) == row.pointers);
            const bool said = std::any_of(
                problem.errors.begin(), problem.errors.end(),
                [&](const FieldError& error) { return error.message.find(row.says) != std::string::npos; });
            CHECK_MESSAGE(said, row.says);
        }
    }

    TEST_CASE("all bad fields are listed at once") {
        const Problem problem = refusal_of(
            R"({"type":"limit","tokenIn":"SOL","tokenOut":"SOL","amountIn":"-1","slippageBps":99999,"size":1,"deadlineMs":"x"})");
        CHECK(pointers_of(problem) == std::set<std::string>{"/type", "/tokenOut", "/amountIn", "/slippageBps",
                                                            "/size", "/deadlineMs"});
        CHECK(pointers_of(refusal_of("{}")) == std::set<std::string>{"/tokenIn", "/tokenOut", "/amountIn"});
    }

    TEST_CASE("a mixture of both ways to name a pair is refused field by field") {
        const Problem problem = refusal_of(
            R"({"baseAsset":"SOL","quoteAsset":"USDC","side":"sell","tokenIn":"SOL","amountIn":"1","amount":"1"})");
        CHECK(pointers_of(problem) == std::set<std::string>{"/tokenIn", "/amountIn"});
    }

    TEST_CASE("a token nobody knows is its own kind of problem and suggests the nearest symbol") {
        const Problem problem = refusal_of(R"({"tokenIn":"sol","tokenOut":"DOGE9","amountIn":"1"})");
        CHECK(problem.type->code == "unknown_token");
        CHECK(pointers_of(problem) == std::set<std::string>{"/tokenIn", "/tokenOut"});
        CHECK(problem.errors.front().message.find("did you mean \"SOL\"?") != std::string::npos);
        CHECK(refusal_of(R"({"tokenIn":"sol","tokenOut":"USDC","amountIn":"x"})").type->code ==
              "invalid_body");
    }

    TEST_CASE("a long name from outside is cut between two characters") {
        std::string name = "ab";
        for (int i = 0; i < 40; ++i) name += "\u20ac";  // three bytes each: byte 64 is inside one
        const Problem problem = refusal_of("{\"" + name + "\":1,\"tokenOut\":\"" + name + "\"}");
        for (const FieldError& error : problem.errors) {
            const auto as_sent = JsonValue::parse(to_json_string(error.message)).value().text();
            CHECK(as_sent == error.message);
        }
        CHECK(problem.errors.front().pointer == "/" + name.substr(0, 62));
    }

    TEST_CASE("a body of thousands of unknown fields is answered briefly") {
        std::string body = "{";
        for (int i = 0; i < 5'000; ++i) body += "\"" + std::to_string(i) + "\":0,";
        body += "\"x\":0}";
        const Problem problem = refusal_of(body);
        CHECK(problem.errors.size() == 33);
        CHECK(problem.errors.back().message.find("more errors") != std::string::npos);
    }

    TEST_CASE("no damage to a body crashes the reader, and what it accepts is a possible order") {
        const std::string bodies[] = {
            R"({"type":"market","tokenIn":"SOL","tokenOut":"USDC","amountIn":"10","slippageBps":100,"clientId":"a"})",
            R"({"side":"buy","baseAsset":"SOL","quoteAsset":"USDC","amount":1.5e0,"slippage":0.01,"deadlineMs":5})",
        };
        const std::string_view pieces[] = {"{", "}",    "[",   "\"", "\\u0000", ":",
                                           ",", "null", "1e9", "-",  ".",       "SOL"};
        Random dice(9);
        int accepted = 0;
        for (int i = 0; i < 20'000; ++i) {
            std::string body = bodies[dice.below(2)];
            for (std::uint64_t hits = 1 + dice.below(3); hits > 0; --hits) {
                const std::size_t at = dice.below(body.size());
                switch (dice.below(4)) {
                    case 0:
                        body[at] = static_cast<char>(dice.next());
                        break;
                    case 1:
                        body.erase(at, 1 + dice.below(4));
                        break;
                    case 2:
                        body.insert(at, pieces[dice.below(std::size(pieces))]);
                        break;
                    default:
                        body[at] = static_cast<char>('0' + dice.below(10));
                        break;
                }
                if (body.empty()) body = "{";
            }
            const DecodedOrder decoded = decode_order_request(body, tokens());
            CAPTURE(body);
            if (const auto* const problem = std::get_if<Problem>(&decoded)) {
                CHECK(!problem->errors.empty());
                CHECK(JsonValue::parse(encode_problem(*problem)));
                continue;
            }
            const auto& order = std::get<OrderRequest>(decoded);
            CHECK(order.amount > Amount(0));
            CHECK(order.token_in.mint != order.token_out.mint);
            ++accepted;
        }
        CHECK(accepted > 100);
    }
}
