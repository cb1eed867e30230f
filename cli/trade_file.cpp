#include "trade_file.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "libexec/json/nearest_word.hpp"
#include "libexec/json/value.hpp"
#include "text.hpp"
#include "trade_words.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

const std::string shape = "write SOL USDC 10, SOL/USDC 10, or a JSON object with tokenIn, tokenOut, amountIn";
constexpr std::size_t troubles_shown = 10;
constexpr std::size_t line_bytes_most = 4'096;

[[noreturn]] void refuse_trade(std::string what) { throw Trouble(usage_complaint(std::move(what), shape)); }

std::uint32_t read_bps(const std::string& word) {
    std::uint32_t bps = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, bps);
    if (error != std::errc{} || stop != end || bps > 10'000)
        refuse_trade("the slippage '" + word + "' is no whole number from 0 to 10000");
    return bps;
}

Trade read_words(const std::string& line, Trade trade) {
    std::istringstream words(line);
    std::vector<std::string> plain;
    const auto value_of = [&words](const std::string& option, std::size_t equals) {
        std::string value;
        if (equals != std::string::npos) return option.substr(equals + 1);
        if (!(words >> value)) refuse_trade(option + " needs a value");
        return value;
    };
    for (std::string word; words >> word;) {
        if (word.front() == '#') break;
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (!word.starts_with("--")) {
            plain.push_back(word);
        } else if (name == "--exact-out" && equals == std::string::npos) {
            trade.exact_out = true;
        } else if (name == "--slippage-bps") {
            trade.slippage_bps = read_bps(value_of(word, equals));
        } else if (name == "--client-order-id") {
            trade.client_order_id = value_of(word, equals);
        } else {
            refuse_trade("a line has no option " + word +
                         ": there are --slippage-bps, --exact-out and --client-order-id");
        }
    }
    read_trade_words(plain, shape, trade);
    return trade;
}

Trade read_object(const std::string& line, Trade trade) {
    constexpr std::string_view known[] = {"type",      "tokenIn",     "tokenOut",     "amountIn",
                                          "amountOut", "slippageBps", "clientOrderId"};
    const Result<JsonValue> parsed = JsonValue::parse(line);
    if (!parsed) refuse_trade("not an object of JSON: " + parsed.error().detail);
    const JsonValue& object = parsed.value();
    for (const std::string& name : object.names()) {
        if (std::find(std::begin(known), std::end(known), name) != std::end(known)) continue;
        const std::string_view near = nearest_word(name, known);
        refuse_trade("there is no field " + name +
                     (near.empty() ? std::string() : ": did you mean " + std::string(near) + "?"));
    }
    if (object.has("type") && object["type"].text() != "market") refuse_trade("the type is not market");
    if (object.has("amountIn") == object.has("amountOut")) refuse_trade("it takes amountIn or amountOut");
    trade.exact_out = object.has("amountOut");
    if (object.has("slippageBps")) trade.slippage_bps = read_bps(object["slippageBps"].text());
    trade.client_order_id = object["clientOrderId"].text();
    read_trade_words({object["tokenIn"].text(), object["tokenOut"].text(),
                      object[trade.exact_out ? "amountOut" : "amountIn"].text()},
                     shape, trade);
    return trade;
}

}  // namespace

std::vector<TradeLine> read_trade_file(std::istream& in, const Trade& usual) {
    std::vector<TradeLine> lines;
    std::string troubles;
    std::size_t bad = 0;
    std::size_t number = 0;
    for (std::string text; std::getline(in, text);) {
        number += 1;
        const std::string line(trim(text));
        if (line.empty() || line.front() == '#') continue;
        try {
            if (line.size() > line_bytes_most) refuse_trade("longer than 4096 bytes");
            lines.push_back(
                {number, line.front() == '{' ? read_object(line, usual) : read_words(line, usual)});
        } catch (const Trouble& trouble) {
            if (++bad <= troubles_shown)
                troubles += "\n  - line " + std::to_string(number) + ": " + trouble.complaint().what;
        }
        if (lines.size() > trade_lines_most)
            throw Trouble(usage_complaint("more than 100000 orders in one file", "split the file"));
    }
    if (bad > troubles_shown) troubles += "\n  - and " + std::to_string(bad - troubles_shown) + " more";
    if (bad > 0) {
        throw Trouble(usage_complaint(std::to_string(bad) + (bad == 1 ? " line" : " lines") +
                                          " cannot be read, so none was sent" + troubles,
                                      shape));
    }
    if (lines.empty()) throw Trouble(usage_complaint("there is no order in the file", shape));
    return lines;
}

}  // namespace libexec::cli
