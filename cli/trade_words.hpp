#pragma once

#include <string>
#include <vector>

#include "arguments.hpp"
#include "command.hpp"
#include "trade.hpp"

namespace libexec::cli {

/// The words and options of a trade, for the commands that take one: submit and quote.
std::vector<WordSpec> trade_word_specs();
std::vector<OptionSpec> trade_option_specs();

/// `SOL USDC 10` or `SOL/USDC 10`, with --slippage-bps and --exact-out. Throws Trouble (usage).
Trade read_trade(const Arguments& arguments);
/// A decimal number above zero, `_` between digits allowed. Throws Trouble (usage).
std::string read_trade_amount(const std::string& word);
/// The same from the words of a line; `shape` is an example for the complaint.
void read_trade_words(const std::vector<std::string>& words, const std::string& shape, Trade& trade);

}  // namespace libexec::cli
