#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "libexec/json/problem.hpp"
#include "libexec/model/order.hpp"
#include "libexec/model/token.hpp"

namespace libexec {

/// The order a body asks for, or a problem that lists every bad field at once.
using DecodedOrder = std::variant<OrderRequest, Problem>;

/// Reads a submit body in any of the accepted dialects.
/// Shape:  a JSON object; unknown members and members given twice are refused by name.
/// Unit:   amounts in token units, as decimal text or as a number read as decimal text; an exponent is exact
///         in a number and refused in a string.
/// Errors: `invalid_body`, or `unknown_token` when nothing else is wrong.
DecodedOrder decode_order_request(std::string_view body, const TokenRegistry& tokens);

/// What a retry changes about the order it repeats.
struct RetryChanges {
    std::optional<Bps> slippage;
};
using DecodedRetry = std::variant<RetryChanges, Problem>;

/// Reads the body of a retry: nothing at all, or a JSON object whose one possible member is `slippageBps`, by
/// the rules of a submit body. Errors: `invalid_body`.
DecodedRetry decode_retry_request(std::string_view body);

/// Slippage of an order that does not say: 1 %.
inline constexpr std::uint32_t slippage_default_bps = 100;

}  // namespace libexec
