// Every field of every dialect, times everything that may stand in its place.

#include "libexec/json/submit_codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "libexec/json/value.hpp"

using namespace libexec;

namespace {

using Strings = std::set<std::string>;

std::string joined(const Strings& strings) {
    std::string all;
    for (const std::string& one : strings) all += "[" + one + "]";
    return all;
}

/// What a field is decides what is wrong with a value.
enum class Kind : std::uint8_t { type, side, token, amount, points, fraction, id, deadline };
constexpr std::size_t kinds = 8;

struct Field {
    std::string name;
    std::string good;  ///< as JSON
    Kind kind;
    bool required;
};
using Dialect = std::vector<Field>;

/// Together these name every field there is.
const std::vector<Dialect>& dialects() {
    static const std::vector<Dialect> all{
        {{"type", "\"market\"", Kind::type, false},
         {"tokenIn", "\"SOL\"", Kind::token, true},
         {"tokenOut", "\"USDC\"", Kind::token, true},
         {"amountIn", "\"1.5\"", Kind::amount, true},
         {"slippageBps", "50", Kind::points, false},
         {"clientId", "\"desk\"", Kind::id, false},
         {"clientOrderId", "\"a-1\"", Kind::id, false},
         {"deadlineMs", "1000", Kind::deadline, false}},
        {{"orderType", "\"market\"", Kind::type, false},
         {"tokenIn", "\"SOL\"", Kind::token, true},
         {"tokenOut", "\"USDC\"", Kind::token, true},
         {"amountOut", "12.5", Kind::amount, true},
         {"slippage", "0.01", Kind::fraction, false},
         {"side", "\"sell\"", Kind::side, false}},
        {{"side", "\"buy\"", Kind::side, true},
         {"baseAsset", "\"SOL\"", Kind::token, true},
         {"quoteAsset", "\"USDC\"", Kind::token, true},
         {"amount", "\"1\"", Kind::amount, true},
         {"maxSlippageBps", "100", Kind::points, false}},
    };
    return all;
}

std::string body_of(const Dialect& dialect) {
    std::string body = "{";
    for (const Field& field : dialect) {
        if (field.good.empty()) continue;
        body += (body.size() > 1 ? ",\"" : "\"") + field.name + "\":" + field.good;
    }
    return body + "}";
}

/// The dialect with another value in one place; an empty one leaves the field out.
Dialect with(Dialect dialect, const std::string& name, const std::string& value) {
    for (Field& field : dialect) {
        if (field.name == name) field.good = value;
    }
    return dialect;
}

DecodedOrder decode(const std::string& body) {
    static const TokenRegistry tokens = TokenRegistry::with_defaults();
    return decode_order_request(body, tokens);
}

/// The pointers of a refusal; empty for an order. A refusal has to be one through and through.
Strings refused(const std::string& body, std::string_view says, std::string_view code = {}) {
    const DecodedOrder decoded = decode(body);
    const auto* const problem = std::get_if<Problem>(&decoded);
    if (problem == nullptr) return {};
    CHECK(problem->type->status == 400);
    if (!code.empty()) CHECK(problem->type->code == code);
    Strings pointers;
    for (const FieldError& error : problem->errors) {
        pointers.insert(error.pointer);
        CAPTURE(error.message);
        CHECK(error.message.find(says) != std::string::npos);
        // The message names the field it is about, and a body's message the body.
        CHECK(error.message.starts_with(error.pointer.empty() ? "the body" : error.pointer.substr(1) + ": "));
    }
    CHECK(JsonValue::parse(encode_problem(*problem)));
    return pointers;
}

constexpr const char* ok = "";

/// A value, and what each kind of field says to it.
struct Row {
    std::string name;
    std::string value;
    const char* says[kinds];  ///< in the order of Kind; `ok`: accepted
};

constexpr const char* text = "must be a text such as";
constexpr const char* word = "must be \"market\"";
constexpr const char* side = "must be \"buy\" or \"sell\"";
constexpr const char* unknown = "is not a known symbol or mint";
constexpr const char* decimal = "decimal";
constexpr const char* digits = "digits after the point";
constexpr const char* zero = "must be above zero";
constexpr const char* large = "2^63";
constexpr const char* whole = "must be a whole number from";
constexpr const char* share = "must be a fraction from 0 to 1";
constexpr const char* bytes = "must have 1 to 128 bytes and no control characters";

const std::vector<Row>& rows() {
    const std::string zeros29(29, '0');
    const std::string long_text = "\"" + std::string(10'000, 'x') + "\"";
    static const std::vector<Row> all{
        {"a truth", "true", {text, text, text, decimal, whole, share, text, whole}},
        {"a list", "[]", {text, text, text, decimal, whole, share, text, whole}},
        {"a list of the right thing", "[\"1\"]", {text, text, text, decimal, whole, share, text, whole}},
        {"an object", "{}", {text, text, text, decimal, whole, share, text, whole}},
        {"a number", "7", {text, text, text, ok, ok, share, text, ok}},
        {"slippage of five", "5", {text, text, text, ok, ok, share, text, ok}},
        {"an empty text", "\"\"", {word, side, unknown, decimal, whole, share, bytes, whole}},
        {"a blank", "\" \"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"minus one", "-1", {text, text, text, decimal, whole, share, text, whole}},
        {"minus one as text", "\"-1\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"zero", "0", {text, text, text, zero, ok, ok, text, whole}},
        {"zero as text", "\"0\"", {word, side, unknown, zero, whole, ok, ok, whole}},
        {"zero with a huge exponent", "0e999999999", {text, text, text, decimal, whole, share, text, whole}},
        {"NaN as text", "\"NaN\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"infinity as text", "\"Infinity\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"1e400", "1e400", {text, text, text, large, whole, share, text, whole}},
        {"1e400 as text", "\"1e400\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"an exponent beyond 64 bits",
         "1e99999999999999999999",
         {text, text, text, decimal, whole, share, text, whole}},
        {"1e-300", "1e-300", {text, text, text, digits, whole, share, text, whole}},
        {"30 decimals", "1." + zeros29 + "1", {text, text, text, digits, whole, share, text, whole}},
        {"30 decimals as text",
         "\"1." + zeros29 + "1\"",
         {word, side, unknown, digits, whole, share, ok, whole}},
        {"30 decimals of zeros", "1." + zeros29 + "0", {text, text, text, ok, ok, ok, text, ok}},
        {"half a basis point", "0.00005", {text, text, text, ok, whole, share, text, whole}},
        {"2^63 - 1", "9223372036854775807", {text, text, text, large, whole, share, text, whole}},
        {"2^63", "9223372036854775808", {text, text, text, large, whole, share, text, whole}},
        {"2^64 as text", "\"18446744073709551616\"", {word, side, unknown, large, whole, share, ok, whole}},
        {"10 000 characters", long_text, {word, side, unknown, decimal, whole, share, bytes, whole}},
        {"10 000 digits", std::string(10'000, '9'), {text, text, text, large, whole, share, text, whole}},
        {"a NUL", R"("1\u0000")", {word, side, unknown, decimal, whole, share, bytes, whole}},
        {"an escape character",
         R"("\u001b[31m")",
         {word, side, unknown, decimal, whole, share, bytes, whole}},
        {"a blank before", "\" 1\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"a plus", "\"+1\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"a comma", "\"1,5\"", {word, side, unknown, decimal, whole, share, ok, whole}},
        {"other digits", "\"\u0661\"", {word, side, unknown, decimal, whole, share, ok, whole}},
    };
    return all;
}

}  // namespace

TEST_SUITE("json/submit matrix") {
    TEST_CASE("the three dialects as they are") {
        for (const Dialect& dialect : dialects()) CHECK(refused(body_of(dialect), "nothing").empty());
    }

    TEST_CASE("a field that is left out or null is missed only where it is needed") {
        for (const Dialect& dialect : dialects()) {
            for (const Field& field : dialect) {
                for (const std::string& value : {std::string(), std::string("null")}) {
                    CAPTURE(field.name);
                    CAPTURE(value);
                    const Strings pointers =
                        refused(body_of(with(dialect, field.name, value)), "required", "invalid_body");
                    if (!field.required) {
                        CHECK(pointers.empty());
                    } else {
                        // An exact output that is left out leaves amountIn, the canonical one, to ask for.
                        CHECK(pointers ==
                              Strings{field.name == "amountOut" ? "/amountIn" : "/" + field.name});
                    }
                }
            }
        }
    }

    TEST_CASE("a value in the wrong place is refused by its field's own rule, and by no other field") {
        int cells = 0;
        for (const Row& row : rows()) {
            for (const Dialect& dialect : dialects()) {
                for (const Field& field : dialect) {
                    CAPTURE(row.name);
                    CAPTURE(field.name);
                    const std::string_view says = row.says[static_cast<std::size_t>(field.kind)];
                    const std::string_view code = says == unknown ? "unknown_token" : "invalid_body";
                    const Strings pointers =
                        refused(body_of(with(dialect, field.name, row.value)), says, code);
                    CHECK(joined(pointers) == (says == ok ? "" : "[/" + field.name + "]"));
                    ++cells;
                }
            }
        }
        CHECK(cells == static_cast<int>(rows().size()) * 19);
    }

    TEST_CASE("the same bad value everywhere is refused everywhere, in one answer") {
        for (const Row& row : rows()) {
            for (Dialect dialect : dialects()) {
                CAPTURE(row.name);
                CAPTURE(dialect.front().name);
                Strings expected;
                for (Field& field : dialect) {
                    field.good = row.value;
                    // The tokens are wrong as well here, and of one without decimals this would be an amount.
                    if (field.kind == Kind::amount && field.good == "9223372036854775807") continue;
                    if (row.says[static_cast<std::size_t>(field.kind)] != ok)
                        expected.insert("/" + field.name);
                }
                CHECK(joined(refused(body_of(dialect), "", "invalid_body")) == joined(expected));
            }
        }
    }

    TEST_CASE("a field given twice, the same or another one") {
        for (const Dialect& dialect : dialects()) {
            for (const Field& field : dialect) {
                for (const std::string& value : {field.good, std::string("null"), std::string("[]")}) {
                    CAPTURE(field.name);
                    std::string body = body_of(dialect);
                    body.insert(body.size() - 1, ",\"" + field.name + "\":" + value);
                    CHECK(refused(body, "given twice", "invalid_body") == Strings{"/" + field.name});
                }
            }
        }
    }

    TEST_CASE("a field that is nearly spelled right is refused and the right one named") {
        for (const Dialect& dialect : dialects()) {
            for (const Field& field : dialect) {
                const std::string wrong = field.name + field.name.back();
                CAPTURE(wrong);
                std::string body = body_of(dialect);
                body.insert(body.size() - 1, ",\"" + wrong + "\":" + field.good);
                CHECK(refused(body, "did you mean " + field.name + "?", "invalid_body") ==
                      Strings{"/" + wrong});
            }
        }
    }

    TEST_CASE("what is no JSON in any place is refused as a whole") {
        const std::string nul(1, '\0');
        const std::pair<std::string, const char*> values[] = {
            {"NaN", "not JSON"},
            {"Infinity", "not JSON"},
            {"-Infinity", "not JSON"},
            {"0x10", "not JSON"},
            {"01", "not JSON"},
            {"1.", "not JSON"},
            {".5", "not JSON"},
            {"+1", "not JSON"},
            {"'SOL'", "not JSON"},
            {"\"a\nb\"", "not JSON"},
            {"\"\xff\"", "not JSON"},
            {"\"\xc0\xaf\"", "not JSON"},
            {"\"\xed\xa0\x80\"", "not JSON"},
            {"\"\xf4\x90\x80\x80\"", "not JSON"},
            {R"("\ud800")", "not JSON"},
            {R"("\udc00")", "not JSON"},
            {R"("\ud800A")", "not JSON"},
            {R"("\x41")", "not JSON"},
            {"\"a" + nul + "b\"", "NUL"},
            {"/* 1 */ 1", "not JSON"},
            {std::string(16, '[') + std::string(16, ']'), "16 levels"},
            {std::string(20'000, '['), "16 levels"},
        };
        for (const auto& [value, says] : values) {
            for (const Dialect& dialect : dialects()) {
                for (const Field& field : dialect) {
                    CAPTURE(value.substr(0, 40));
                    CHECK(refused(body_of(with(dialect, field.name, value)), says, "invalid_body") ==
                          Strings{""});
                }
            }
        }
    }

    TEST_CASE("a body that is no object is refused as a whole") {
        const std::string good = body_of(dialects().front());
        const std::pair<std::string, const char*> bodies[] = {
            {"", "the body is empty"},
            {" \t\r\n", "the body is empty"},
            {"null", "is null: send an object"},
            {"[]", "a list: send an object"},
            {"\"\"", "a text: send an object"},
            {"0", "a number: send an object"},
            {"false", "true or false: send an object"},
            {"[" + good + "]", "a list: send an object"},
            {"\xef\xbb\xbf" + good, "not JSON"},
            {good + "{}", "not JSON"},
            {good + " x", "not JSON"},
            {good + ",", "not JSON"},
            {good + "//", "not JSON"},
            {"// order\n" + good, "not JSON"},
            {good.substr(0, good.size() - 1) + ",}", "not JSON"},
            {good.substr(0, good.size() - 1), "not JSON"},
            {"{tokenIn:\"SOL\"}", "not JSON"},
            {std::string(1'000'000, '['), "16 levels"},
            {std::string(1'000'000, '{'), "not JSON"},
        };
        for (const auto& [body, says] : bodies) {
            CAPTURE(body.substr(0, 60));
            CHECK(refused(body, says, "invalid_body") == Strings{""});
        }
    }

    TEST_CASE("a number beyond any double hides no other mistake, and no place in the body") {
        const Strings pointers = refused(
            R"({"tokenIn":"SOL","tokenOut":"US\"1e400D","amountIn":-1.5E+999,"slippageBps":1e400,"deadlineMs":3,"x":1e9999})",
            "", "invalid_body");
        CHECK(joined(pointers) == "[/amountIn][/slippageBps][/tokenOut][/x]");
        const DecodedOrder cut = decode(R"({"a":1e400,"b":1e400x})");
        CHECK(std::get<Problem>(cut).detail.find("at byte 20") != std::string::npos);
        for (const char* const body :
             {"{\"a\":1e400,\"b\":01e400}", "{\"a\":1e400,\"b\":1.e400}", "{\"a\":1e400"}) {
            CHECK(joined(refused(body, "not JSON", "invalid_body")) == "[]");
        }
    }

    TEST_CASE("one token on both sides is no order, by symbol, by mint or as wrapped SOL") {
        const std::string sol = wrapped_sol_mint().to_string();
        for (const auto& [in, out] : {std::pair<std::string, std::string>{"SOL", "SOL"},
                                      {"SOL", sol},
                                      {sol, "SOL"},
                                      {sol, sol},
                                      {"USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"}}) {
            CAPTURE(in);
            CAPTURE(out);
            const Dialect pair =
                with(with(dialects()[0], "tokenIn", '"' + in + '"'), "tokenOut", '"' + out + '"');
            CHECK(refused(body_of(pair), "must differ from tokenIn", "invalid_body") == Strings{"/tokenOut"});
            for (const char* const said : {"\"buy\"", "\"sell\""}) {
                const Dialect assets = with(
                    with(with(dialects()[2], "baseAsset", '"' + in + '"'), "quoteAsset", '"' + out + '"'),
                    "side", said);
                CHECK(refused(body_of(assets), "must differ from", "invalid_body").size() == 1);
            }
        }
    }

    TEST_CASE("amounts at their limits, to the last base unit") {
        const auto amount = [](const std::string& name, const std::string& value) {
            const DecodedOrder decoded = decode(body_of(with(dialects()[0], name, value)));
            const auto* const order = std::get_if<OrderRequest>(&decoded);
            return order != nullptr ? order->amount.base_units() : 0;
        };
        CHECK(amount("amountIn", "\"0.000000001\"") == 1);
        CHECK(amount("amountIn", "1e-9") == 1);
        CHECK(amount("amountIn", "\"0.0000000001\"") == 0);
        CHECK(amount("amountIn", "\"9223372036.854775807\"") == Amount::most);
        CHECK(amount("amountIn", "9223372036854775807e-9") == Amount::most);
        CHECK(amount("amountIn", "\"9223372036.854775808\"") == 0);
        CHECK(amount("amountIn", "9007199254.740993") == 9'007'199'254'740'993'000);
    }

    TEST_CASE("limit and sniper orders are refused, not run as market orders") {
        for (const char* const type : {"limit", "sniper"}) {
            const std::string value = std::string("\"") + type + "\"";
            CHECK(refused(body_of(with(dialects()[0], "type", value)), "only market orders",
                          "invalid_body") == Strings{"/type"});
            CHECK(refused(body_of(with(dialects()[1], "orderType", value)), "only market orders",
                          "invalid_body") == Strings{"/orderType"});
        }
    }
}
