#include "libexec/model/order_builder.hpp"

#include <string>

#include "libexec/base/front_of.hpp"

namespace libexec {
namespace {

constexpr std::size_t shown_bytes_most = 64;
constexpr std::size_t symbols_most = 12;

std::string shown(std::string_view text) {
    return "'" + std::string(front_of(text, shown_bytes_most)) +
           (text.size() > shown_bytes_most ? "...'" : "'");
}

Rejection unknown_token(const TokenRegistry& tokens, std::string_view field, std::string_view name) {
    std::string known;
    for (std::size_t i = 0; i < tokens.all().size() && i < symbols_most; ++i) {
        known += (i == 0 ? "" : ", ") + tokens.all()[i].symbol;
    }
    return reject(Reason::unknown_token, std::string(field) + ": " + shown(name) +
                                             " is not a known symbol or mint: use one of " + known +
                                             ", a base58 mint, or add it with Config::tokens_file");
}

Rejection bad_amount(std::string_view detail, const Token& token) {
    return reject(Reason::bad_amount, "amount: " + std::string(detail) +
                                          ": write a decimal above zero such as \"1.5\", with at most " +
                                          std::to_string(token.decimals) + " digits after the point for " +
                                          token.symbol);
}

Result<OrderRequest> build(const TokenRegistry& tokens, SwapMode mode, std::string_view amount,
                           std::string_view token_in, std::string_view token_out,
                           std::uint64_t slippage_bps) {
    const std::optional<Token> in = tokens.find(token_in);
    if (!in) return unknown_token(tokens, "token_in", token_in);
    const std::optional<Token> out = tokens.find(token_out);
    if (!out) return unknown_token(tokens, "token_out", token_out);
    if (in->mint == out->mint) {
        return reject(Reason::invalid_parameter,
                      "token_out: must differ from token_in: both are " + in->symbol + ", choose another");
    }
    const Token& fixed = mode == SwapMode::exact_in ? *in : *out;
    const Result<Amount> base_units = parse_token_units(amount, fixed.decimals, false);
    if (!base_units) return bad_amount(base_units.error().detail, fixed);
    if (base_units.value() == Amount(0)) return bad_amount("zero buys nothing", fixed);
    const Result<Bps> slippage = Bps::of(slippage_bps);
    if (!slippage) {
        return reject(Reason::invalid_parameter, "slippage_bps: must be 0 to 10000, got " +
                                                     std::to_string(slippage_bps) + ": 100 is 1 %");
    }
    OrderRequest request;
    request.token_in = *in;
    request.token_out = *out;
    request.mode = mode;
    request.amount = base_units.value();
    request.slippage = slippage.value();
    // A trader's SOL is native; its address names wrapped SOL, which needs no wrapping.
    request.native_in = token_in == "SOL" && in->mint == wrapped_sol_mint();
    request.native_out = token_out == "SOL" && out->mint == wrapped_sol_mint();
    return request;
}

}  // namespace

Result<OrderRequest> sell_order(const TokenRegistry& tokens, std::string_view amount,
                                std::string_view token_in, std::string_view token_out,
                                std::uint64_t slippage_bps) {
    return build(tokens, SwapMode::exact_in, amount, token_in, token_out, slippage_bps);
}

Result<OrderRequest> buy_order(const TokenRegistry& tokens, std::string_view amount,
                               std::string_view token_out, std::string_view token_in,
                               std::uint64_t slippage_bps) {
    return build(tokens, SwapMode::exact_out, amount, token_in, token_out, slippage_bps);
}

}  // namespace libexec
