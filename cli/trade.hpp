#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace libexec::cli {

/// An order as a person words it. The server knows the tokens' decimals and has the last word.
struct Trade {
    std::string token_in;
    std::string token_out;
    std::string amount;  ///< decimal digits, of token_in, or of token_out with `exact_out`
    std::optional<std::uint32_t> slippage_bps;
    bool exact_out = false;
    std::string client_order_id;
};

struct SubmitOptions {
    Trade trade;
    std::string idempotency_key;  ///< empty: one is made
    bool wait = true;
    bool retry = false;  ///< wait and repeat when refused for now
};

}  // namespace libexec::cli
