#include "trade_words.hpp"

#include <algorithm>

#include "trouble.hpp"

namespace libexec::cli {
std::string read_trade_amount(const std::string& word) {
    std::string amount;
    for (const char c : word) {
        if (c != '_') amount.push_back(c);
    }
    const bool shape = !amount.empty() && amount.find_first_not_of("0123456789.") == std::string::npos &&
                       std::count(amount.begin(), amount.end(), '.') <= 1 && amount.front() != '.' &&
                       amount.back() != '.';
    if (!shape) refuse("'" + word + "' is not an amount", "write a decimal number such as 10 or 0.25");
    if (amount.find_first_of("123456789") == std::string::npos)
        refuse("the amount is zero", "give an amount above zero");
    return amount;
}

std::vector<WordSpec> trade_word_specs() {
    using Count = WordSpec::Count;
    return {{"IN", "What to give, or a pair such as SOL/USDC", Count::optional, Completes::token},
            {"OUT", "What to receive; left out after a pair", Count::optional, Completes::token},
            {"AMOUNT", "How much of IN, in token units such as 0.25", Count::optional}};
}

std::vector<OptionSpec> trade_option_specs() {
    return {
        {"--slippage-bps", "N", "Worst price accepted, in basis points from the quote", "the server's, 100"},
        {"--exact-out", "", "AMOUNT is what to receive, of OUT"}};
}

void read_trade_words(const std::vector<std::string>& words, const std::string& shape, Trade& trade) {
    const std::string in = words.empty() ? "" : words[0];
    const std::size_t slash = in.find('/');
    const bool pair = slash != std::string::npos;
    const std::size_t expected = pair ? 2 : 3;
    if (words.size() > expected) {
        if (pair && words.size() == 3)
            refuse("a pair and one more token: '" + in + "' and '" + words[1] + "'", shape);
        refuse("one word too many: '" + words[expected] + "'", shape);
    }
    trade.token_in = in.substr(0, slash);
    if (pair) {
        trade.token_out = in.substr(slash + 1);
    } else if (words.size() > 1) {
        trade.token_out = words[1];
    }
    if (trade.token_in.empty() || trade.token_out.empty()) refuse("a trade takes two tokens", shape);
    if (trade.token_in == trade.token_out) refuse("the two tokens are the same: " + trade.token_in, shape);
    if (words.size() < expected) refuse("the amount is missing", shape);
    trade.amount = read_trade_amount(words.back());
}

Trade read_trade(const Arguments& arguments) {
    Trade trade;
    std::vector<std::string> words;
    for (const std::string_view name : {"IN", "OUT", "AMOUNT"}) {
        if (arguments.has(name)) words.push_back(arguments.text(name));
    }
    read_trade_words(words, "write SOL USDC 10, or SOL/USDC 10", trade);
    if (const auto bps = arguments.whole("slippage-bps", 0, 10'000))
        trade.slippage_bps = static_cast<std::uint32_t>(*bps);
    trade.exact_out = arguments.has("exact-out");
    return trade;
}

}  // namespace libexec::cli
