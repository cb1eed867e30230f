#pragma once

#include <cstdint>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/model/order.hpp"
#include "libexec/model/token.hpp"

namespace libexec {

/// Sells exactly `amount` of `token_in` for as much of `token_out` as the best venue gives.
/// Shape:  tokens by symbol ("SOL" is the trader's native coin) or base58 mint; further fields of the request
///         (client ids, a deadline) may be set afterwards.
/// Unit:   `amount` in token units as decimal text, such as "10" or "0.25", never a double; slippage in basis
///         points, 100 is 1 %.
/// Errors: unknown_token, bad_amount, invalid_parameter: one sentence with the argument, its rule and the
/// fix.
Result<OrderRequest> sell_order(const TokenRegistry& tokens, std::string_view amount,
                                std::string_view token_in, std::string_view token_out,
                                std::uint64_t slippage_bps = 100);

/// Buys exactly `amount` of `token_out` for as little of `token_in` as the best venue takes. Otherwise as
/// `sell_order`.
Result<OrderRequest> buy_order(const TokenRegistry& tokens, std::string_view amount,
                               std::string_view token_out, std::string_view token_in,
                               std::uint64_t slippage_bps = 100);

}  // namespace libexec
