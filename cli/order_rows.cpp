#include "order_rows.hpp"

#include "amount_ratio.hpp"
#include "libexec/model/money.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// "2.9 s", "4 min", "3 h", "5 d": how long ago, in one word for a narrow column.
std::string age_text(Time from, Time now) {
    const auto age = std::max(now - from, Time::duration(0));
    if (age < std::chrono::minutes(1)) return elapsed_text(age);
    if (age < std::chrono::hours(1))
        return std::to_string(std::chrono::floor<std::chrono::minutes>(age).count()) + " min";
    if (age < std::chrono::hours(48))
        return std::to_string(std::chrono::floor<std::chrono::hours>(age).count()) + " h";
    return std::to_string(std::chrono::floor<std::chrono::days>(age).count()) + " d";
}

Cell amount_cell(const JsonValue& amount) {
    return Cell(without_trailing_zeros(amount.text()), amount.text());
}

}  // namespace

std::string sum_of_attempts(const JsonValue& order, std::string_view member) {
    std::optional<TokenAmount> sum;
    for (const JsonValue& attempt : order["attempts"].items()) {
        const Result<TokenAmount> part = parse_token_amount(attempt[member].text());
        if (!part) continue;
        if (!sum) sum = TokenAmount{Amount(0), part.value().decimals};
        const Result<Amount> total = add(sum->amount, part.value().amount);
        if (!total) return {};
        sum->amount = total.value();
    }
    return sum ? to_text(*sum) : std::string();
}

std::string fees_of(const JsonValue& order) { return sum_of_attempts(order, "fee"); }

std::optional<std::int64_t> fill_against_quote(const JsonValue& order) {
    const bool exact_out = order["mode"].text() == "exact_out";
    for (const JsonValue& attempt : order["attempts"].items()) {
        if (attempt["resolution"].text() != "landed_ok") continue;
        const auto gap = exact_out
                             ? signed_tenth_bps(attempt["amountIn"].text(), attempt["quotedIn"].text())
                             : signed_tenth_bps(attempt["amountOut"].text(), attempt["quotedOut"].text());
        if (!gap) return std::nullopt;
        return exact_out ? *gap : -*gap;
    }
    return std::nullopt;
}

Colour colour_of_status(std::string_view status) {
    if (status == "confirmed") return Colour::green;
    if (status == "failed" || status == "expired") return Colour::red;
    if (status == "cancelled") return Colour::grey;
    return Colour::yellow;
}

std::vector<Column> order_columns() {
    return {{"id", "ID"},
            {"pair", "PAIR"},
            {"amountIn", "IN", true},
            {"amountOut", "OUT", true},
            {"status", "STATUS"},
            {"dexUsed", "VENUE"},
            {"attempt", "ATT", true},
            {"ageMs", "AGE", true},
            {"reason", "REASON"},
            {"side", "SIDE", false, true},
            {"slippageBps", "MAX BPS", true, true},
            {"minAmountOut", "LEAST OUT", true, true},
            {"maxAmountIn", "MOST IN", true, true},
            {"quotedPrice", "QUOTED", true, true},
            {"executedPrice", "PRICE", true, true},
            {"fees", "FEES SOL", true, true},
            {"txHash", "TX", false, true},
            {"clientId", "CLIENT", false, true},
            {"clientOrderId", "CLIENT ORDER", false, true},
            {"retryOf", "RETRY OF", false, true},
            {"createdAt", "CREATED", false, true},
            {"updatedAt", "UPDATED", false, true}};
}

std::vector<Cell> order_row(const JsonValue& order, const std::string& id, Time now, const Style& style) {
    const auto text = [&order](std::string_view name) { return Cell(order[name].text()); };
    const std::string status = order["status"].text();
    const bool cancelling = order["cancelRequested"].is_true() && order["failure"].is_null();
    const std::string shown_status = order["inDoubt"].is_true() ? status + "?"
                                     : cancelling               ? status + "!"
                                                                : status;
    const auto created = order["createdAt"].time();
    const std::string attempts = order["attempt"].text() + "/" + order["maxAttempts"].text();
    const std::string age =
        created ? std::to_string(std::chrono::floor<std::chrono::milliseconds>(now - *created).count()) : "";
    std::vector<Cell> row;
    row.emplace_back(id, order["id"].text());
    row.emplace_back(order["tokenIn"].text() + "/" + order["tokenOut"].text());
    row.push_back(amount_cell(order["amountIn"]));
    row.push_back(amount_cell(order["amountOut"]));
    row.emplace_back(shown_status, status, colour_of_status(status));
    row.push_back(text("dexUsed"));
    row.emplace_back(attempts, order["attempt"].text());
    row.emplace_back(created ? age_text(*created, now) : "", age);
    row.emplace_back(order["failure"]["code"].text());
    row.push_back(text("side"));
    row.push_back(text("slippageBps"));
    row.push_back(amount_cell(order["minAmountOut"]));
    row.push_back(amount_cell(order["maxAmountIn"]));
    row.push_back(text("quotedPrice"));
    row.push_back(text("executedPrice"));
    row.emplace_back(fees_of(order));
    row.emplace_back(short_signature(order["txHash"].text(), style.ellipsis()), order["txHash"].text());
    row.push_back(text("clientId"));
    row.push_back(text("clientOrderId"));
    row.push_back(text("retryOf"));
    row.push_back(text("createdAt"));
    row.push_back(text("updatedAt"));
    return row;
}

}  // namespace libexec::cli
