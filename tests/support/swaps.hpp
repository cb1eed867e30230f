#pragma once

#include <cstdint>
#include <string>

#include "libexec/model/token.hpp"
#include "libexec/model/transaction.hpp"

namespace libexec::test {

/// A token of the default registry.
inline Token token(const std::string& symbol) {
    static const TokenRegistry registry = TokenRegistry::with_defaults();
    return registry.find(symbol).value();
}

inline QuoteRequest ask_for(const std::string& symbol_in, const std::string& symbol_out,
                            std::uint64_t base_units, std::uint64_t chance_key = 1,
                            std::uint32_t attempt = 1) {
    QuoteRequest request;
    request.token_in = token(symbol_in);
    request.token_out = token(symbol_out);
    request.amount = Amount(base_units);
    request.chance_key = chance_key;
    request.attempt = attempt;
    return request;
}

/// The id of the n-th order of a test.
inline OrderId order_id(std::uint64_t n) {
    Uuid::Bytes bytes{};
    for (std::size_t i = 16; i-- > 8; n >>= 8) bytes[i] = static_cast<std::uint8_t>(n & 0xff);
    bytes[6] = 0x70;
    bytes[8] = static_cast<std::uint8_t>(bytes[8] | 0x80);
    return Uuid(bytes);
}

/// 10 SOL for 1500 USDC at meteora, at most 1 % less; chance and order id follow the key.
inline SwapPlan some_plan(std::uint64_t chance_key, std::uint32_t attempt) {
    SwapPlan plan;
    plan.order = order_id(chance_key);
    plan.attempt = attempt;
    plan.chance_key = chance_key;
    plan.token_in = token("SOL");
    plan.token_out = token("USDC");
    plan.quote.venue = "meteora";
    plan.quote.pool = "meteora:SOL-USDC";
    plan.quote.amount_in = Amount(10'000'000'000);
    plan.quote.amount_out = Amount(1'500'000'000);
    plan.quote.fee = Bps::of(20).value();
    plan.quote.venue_fee = Amount(20'000'000);
    plan.quote.network_cost = Amount(750);
    plan.quote.liquidity = Amount(5'000'000'000'000);
    plan.limit = Amount(1'485'000'000);
    return plan;
}

}  // namespace libexec::test
