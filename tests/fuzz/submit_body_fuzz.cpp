// Submit bodies: whatever is accepted is a possible order and reads the same when it is written in the plain
// dialect; whatever is refused says why in a document of its own.

#include "fuzz/fuzz_target.hpp"
#include "libexec/json/submit_codec.hpp"
#include "libexec/json/value.hpp"

using namespace libexec;
using fuzz::require;

namespace {

const TokenRegistry& tokens() {
    static const TokenRegistry registry = TokenRegistry::with_defaults();
    return registry;
}

std::string name_of(const Token& token, bool native) {
    const bool wrapped = token.mint == wrapped_sol_mint() && !native;
    return to_json_string(wrapped ? token.mint.to_string() : token.symbol);
}

std::string written_plainly(const OrderRequest& order) {
    const bool exact_in = order.mode == SwapMode::exact_in;
    std::string body =
        R"({"type":"market","tokenIn":)" + name_of(order.token_in, order.native_in) +
        ",\"tokenOut\":" + name_of(order.token_out, order.native_out) +
        (exact_in ? ",\"amountIn\":\"" : ",\"amountOut\":\"") +
        to_text({order.amount, exact_in ? order.token_in.decimals : order.token_out.decimals}) +
        "\",\"slippageBps\":" + std::to_string(order.slippage.points());
    if (order.side != OrderSide::none)
        body += order.side == OrderSide::buy ? R"(,"side":"buy")" : R"(,"side":"sell")";
    if (!order.client_id.empty()) body += ",\"clientId\":" + to_json_string(order.client_id);
    if (!order.client_order_id.empty()) body += ",\"clientOrderId\":" + to_json_string(order.client_order_id);
    if (order.deadline) body += ",\"deadlineMs\":" + std::to_string(order.deadline->count());
    return body + "}";
}

void check_order(const OrderRequest& order) {
    using namespace std::chrono_literals;
    require(order.amount > Amount(0) && order.amount <= Amount(Amount::most),
            "an amount is above zero and below 2^63");
    require(order.token_in.mint != order.token_out.mint, "the two tokens differ");
    require(order.slippage.points() <= Bps::whole, "slippage is a share of the whole");
    require(!order.deadline || (*order.deadline >= 1ms && *order.deadline <= 24h),
            "a deadline is within a day");
    require(order.client_id.size() <= 128 && order.client_order_id.size() <= 128, "ids are short");
    const DecodedOrder again = decode_order_request(written_plainly(order), tokens());
    const auto* const same = std::get_if<OrderRequest>(&again);
    require(same != nullptr && *same == order, "an order reads the same in the plain dialect");
}

void check_problem(const Problem& problem) {
    require(problem.type != nullptr && problem.type->status == 400, "a bad body is the client's mistake");
    require(problem.type->code == "invalid_body" || problem.type->code == "unknown_token",
            "its code is one of two");
    require(!problem.errors.empty() && problem.errors.size() <= 33, "errors are listed, and not without end");
    const std::string text = encode_problem(problem);
    require(text.size() < 64 * 1024, "a problem is shorter than the largest body");
    const auto document = JsonValue::parse(text);
    require(static_cast<bool>(document), "a problem is JSON");
    const auto listed = document.value()["errors"].items();
    require(listed.size() == problem.errors.size(), "every error is on the wire");
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const std::string& pointer = problem.errors[i].pointer;
        require(pointer.empty() || pointer.starts_with('/'), "a pointer is one of RFC 6901");
        require(listed[i]["pointer"].text() == pointer, "a pointer survives the wire");
        require(!problem.errors[i].message.empty(), "an error says something");
        require(listed[i]["message"].text() == problem.errors[i].message, "a message survives the wire");
    }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = fuzz::text_of(data, size);
    const DecodedOrder decoded = decode_order_request(body, tokens());
    const auto* const order = std::get_if<OrderRequest>(&decoded);
    if (order != nullptr) {
        check_order(*order);
    } else {
        check_problem(std::get<Problem>(decoded));
    }

    const DecodedOrder padded = decode_order_request("\r\n\t " + std::string(body) + " \n", tokens());
    require(padded.index() == decoded.index(), "blanks around a body change nothing");
    if (order != nullptr) require(std::get<OrderRequest>(padded) == *order, "nor do they change the order");
    return 0;
}
