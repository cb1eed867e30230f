#include "decision_view.hpp"

#include <algorithm>
#include <sstream>

#include "amount_ratio.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

bool is_exact_out(const JsonValue& decision) { return decision["mode"].text() == "exact_out"; }

const std::string& chosen_net(const JsonValue& decision, const std::vector<JsonValue>& quotes) {
    static const std::string none;
    const std::string& chosen = decision["chosenDex"].text();
    if (chosen.empty()) return none;
    for (const JsonValue& quote : quotes) {
        if (quote["venue"].text() == chosen) return quote["net"].text();
    }
    return none;
}

std::string note_of(const JsonValue& quote, const std::string& chosen, const std::string& best_net) {
    const JsonValue silence = quote["error"];
    if (!silence.is_null()) {
        const std::string& detail = silence["detail"].text();
        return silence["code"].text() + (detail.empty() ? "" : ": " + detail);
    }
    if (quote["venue"].text() == chosen) return "chosen";
    const auto tenths = signed_tenth_bps(quote["net"].text(), best_net);
    if (!tenths || *tenths == 0) return quote["why"].text();
    return signed_bps_text(*tenths);
}

std::string percent_of(const JsonValue& bps) {
    const auto points = bps.whole();
    return points ? percent_text(*points) : std::string();
}

Cell amount(const JsonValue& value) { return Cell(without_trailing_zeros(value.text()), value.text()); }

}  // namespace

Sheet quotes_sheet(const JsonValue& decision) {
    Sheet sheet({{"venue", "VENUE"},
                 {"price", "PRICE", true},
                 {"feeBps", "FEE", true},
                 {"net", is_exact_out(decision) ? "IN WITH FEES" : "OUT AFTER FEE", true},
                 {"priceImpactBps", "IMPACT", true},
                 {"liquidity", "LIQ", true},
                 {"latencyMs", "LATENCY", true},
                 {"note", "NOTE"},
                 {"why", "WHY", false, true},
                 {"amountIn", "IN", true, true},
                 {"amountOut", "OUT", true, true},
                 {"fee", "FEE PAID", true, true},
                 {"networkCost", "NETWORK", true, true},
                 {"pool", "POOL", false, true},
                 {"attempt", "ATTEMPT", true, true},
                 {"decidedAt", "DECIDED", false, true},
                 {"slot", "SLOT", true, true},
                 {"ageMs", "AGE", true, true}});
    add_quotes(sheet, decision);
    return sheet;
}

void add_quotes(Sheet& sheet, const JsonValue& decision) {
    const std::vector<JsonValue> quotes = decision["quotes"].items();
    const std::string& chosen = decision["chosenDex"].text();
    const std::string& best = chosen_net(decision, quotes);
    for (const JsonValue& quote : quotes) {
        const bool answered = quote["error"].is_null();
        const std::string& latency = quote["latencyMs"].text();
        const bool won = answered && quote["venue"].text() == chosen;
        const std::string note = note_of(quote, chosen, best);
        std::vector<Cell> row;
        row.emplace_back(quote["venue"].text(), quote["venue"].text(), won ? Colour::green : Colour::none);
        row.emplace_back(short_price(quote["price"].text()), quote["price"].text());
        row.emplace_back(percent_of(quote["feeBps"]), quote["feeBps"].text());
        row.emplace_back(quote["net"].text());
        row.emplace_back(percent_of(quote["priceImpactBps"]), quote["priceImpactBps"].text());
        row.emplace_back(rough_amount(quote["liquidity"].text()), quote["liquidity"].text());
        row.emplace_back(latency.empty() ? "" : latency.substr(0, latency.find('.')) + " ms", latency);
        row.emplace_back(note, note, answered ? Colour::none : Colour::yellow);
        row.emplace_back(quote["why"].text());
        row.push_back(amount(quote["amountIn"]));
        row.push_back(amount(quote["amountOut"]));
        row.push_back(amount(quote["fee"]));
        row.push_back(amount(quote["networkCost"]));
        row.emplace_back(quote["pool"].text());
        row.emplace_back(decision["attempt"].text());
        row.emplace_back(decision["decidedAt"].text());
        row.emplace_back(quote["slot"].text());
        row.emplace_back(quote["ageMs"].text());
        sheet.add(std::move(row), quote);
    }
}

std::string choice_text(const JsonValue& decision, const Style& style) {
    const std::string& chosen = decision["chosenDex"].text();
    if (chosen.empty()) return "no venue";
    const std::vector<JsonValue> quotes = decision["quotes"].items();
    const std::string& best = chosen_net(decision, quotes);
    const bool exact_out = is_exact_out(decision);
    const JsonValue* second = nullptr;
    for (const JsonValue& quote : quotes) {
        if (!quote["error"].is_null() || quote["venue"].text() == chosen) continue;
        const bool nearer =
            second == nullptr || (exact_out ? is_above((*second)["net"].text(), quote["net"].text())
                                            : is_above(quote["net"].text(), (*second)["net"].text()));
        if (nearer) second = &quote;
    }
    const std::string name = printable(style, chosen);
    if (second == nullptr) return name + ", the only one with an offer";
    const std::string& next = (*second)["net"].text();
    const auto tenths = tenth_bps_between(best, next);
    if (!tenths || *tenths == 0) return name + ", on equal output";
    const std::string symbol = decision[exact_out ? "tokenIn" : "tokenOut"]["symbol"].text();
    return name + ", best by " + gap_text(best, next) + " " + printable(style, symbol) + " (" +
           tenth_bps_text(*tenths) + ")";
}

std::string table_text(const Context& context, const Sheet& sheet, std::size_t indent) {
    std::ostringstream text;
    Style narrower = context.console.style;
    narrower.columns -= std::min(narrower.columns, indent);
    Console console{text, context.console.err, narrower};
    Options options = context.options;
    options.output = Output::table;
    sheet.print(Context{context.wire, options, console, context.clock});
    std::string indented;
    const std::string table = text.str();
    for (std::size_t begin = 0; begin < table.size();) {
        const std::size_t end = table.find('\n', begin);
        indented += std::string(indent, ' ') + table.substr(begin, end - begin + 1);
        begin = end + 1;
    }
    return indented;
}

}  // namespace libexec::cli
