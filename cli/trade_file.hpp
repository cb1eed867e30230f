#pragma once

#include <istream>
#include <string>
#include <vector>

#include "trade.hpp"

namespace libexec::cli {

/// A line of a file of orders.
struct TradeLine {
    std::size_t number = 0;  ///< from 1
    Trade trade;
};

inline constexpr std::size_t trade_lines_most = 100'000;

/// Reads a file of orders, one a line: `SOL USDC 1`, `SOL/USDC 2 --slippage-bps 50`, `USDC SOL 3
/// --exact-out`, or `{"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1"}`. Blank lines and what follows `#`
/// are skipped. `usual` has the options that hold for lines without their own. Throws Trouble (usage) naming
/// every line that cannot be read, ten at most.
std::vector<TradeLine> read_trade_file(std::istream& in, const Trade& usual);

}  // namespace libexec::cli
